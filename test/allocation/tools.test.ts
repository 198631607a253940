import { describe, expect, it } from 'vitest';
import { refuseTools, toolFlaw } from '../../src/allocation/tools.js';
import { BUILT_IN_MODES, EVERYTHING } from '../../src/contract/modes.js';
import { draftOf } from '../planning/drafts.js';

const call = { kind: 'tool' as const, server: 'files', tool: 'read', with: {}, output: null };
const modes = {
  ...BUILT_IN_MODES,
  own: [{ ...EVERYTHING, name: 'own', description: '', tools: ['mcp__files__*'] }],
};

describe('a tool of a server that a plan calls', () => {
  it('is allowed by the mode that its task names, or there is none', () => {
    expect(toolFlaw(call, modes)).toBeUndefined();
    for (const mode of ['code', 'own']) expect(toolFlaw({ ...call, mode }, modes)).toBeUndefined();
    expect(toolFlaw({ ...call, mode: 'ask' }, modes)).toBe('the mode ask does not allow mcp__files__read');
    expect(toolFlaw({ ...call, server: 'web', mode: 'own' }, modes)).toMatch(/does not allow mcp__web__read/);
    expect(toolFlaw({ ...call, mode: 'constructor' }, modes)).toMatch(/there is no mode "constructor"/);
  });

  it('else the plan is refused with the path to it', () => {
    const draft = draftOf([{ id: 'a' }, { id: 'b', action: { ...call, mode: 'ask' } }]);
    expect(() => refuseTools(draft, modes)).toThrow('tasks[1].mode: the mode ask does not allow mcp__files__read');
    expect(() => refuseTools(draftOf([{ id: 'a', action: call }]), modes)).not.toThrow();
  });
});

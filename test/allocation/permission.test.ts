import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { isToChange, modeNameOf, permissionOf, variablesUnder, wholeTools } from '../../src/allocation/permission.js';
import type { Mode, ModeTable } from '../../src/contract/mode.js';
import { BUILT_IN_MODES, EVERYTHING } from '../../src/contract/modes.js';
import { agent } from './agents.js';

const tools = (given: string[], mode: string, table: ModeTable = BUILT_IN_MODES): string[] | undefined =>
  permissionOf(agent('a', { tools: given, mode }), { modes: table, mode: undefined })?.tools;
const own = (rights: Partial<Mode>): ModeTable => ({
  own: [{ ...EVERYTHING, name: 'own', description: '', ...rights }],
});

describe('an agent whose file names no mode', () => {
  test.each([
    [['Read', 'Grep'], 'ask'],
    [['Read', 'Bash(git log:*)', 'Bash(git diff)'], 'review'],
    [['Read', 'Edit'], 'code'],
    [['Read', 'Bash'], 'code'],
    [['Read', 'Bash(git:*)'], 'code'],
    [['Read', 'WebFetch'], 'code'],
    [['mcp__server__tool'], 'code'],
    [[], 'ask'],
  ])('and whose tools are %j works in mode %s, with all of its tools', (given, mode) => {
    expect(modeNameOf(agent('a', { tools: given }))).toBe(mode);
    expect(permissionOf(agent('a', { tools: given }), { modes: BUILT_IN_MODES, mode: undefined })?.tools).toEqual(
      given,
    );
  });

  it('and which is a program works in mode code, for nobody knows what it can do', () => {
    expect(modeNameOf(agent('a', { runtime: 'command', tools: [] }))).toBe('code');
  });
});

describe('the tools for a program that takes no rule narrower than a tool', () => {
  const whole = (given: string[], rights: Partial<Mode>): string[] => {
    const asked = agent('a', { runtime: 'codex', tools: given, mode: 'own' });
    const permission = permissionOf(asked, { modes: own(rights), mode: undefined });
    return permission ? wholeTools(asked, permission) : [];
  };

  it('are whole for editing where only a mode narrows them, for what it changes elsewhere is undone', () => {
    expect(whole(['Read', 'Edit'], { write: ['docs/**'] })).toContain('Edit');
    expect(whole(['Read', 'Edit(docs/**)'], {})).not.toContain('Edit');
    expect(whole(['Read', 'Edit'], { write: [] })).toEqual(['Read']);
  });

  it('are never whole for commands that a mode narrows', () => {
    expect(whole(['Bash'], { commands: ['npm test'] })).toEqual(['Bash(npm test:*)']);
    expect(whole(['Bash'], {})).toEqual(['Bash']);
  });
});

describe('the tools of an agent', () => {
  it('are those that its file names and its mode allows', () => {
    expect(tools(['Read', 'Edit', 'Bash', 'WebFetch'], 'debug')).toEqual(['Read', 'Edit', 'Bash']);
    expect(tools(['Read', 'Edit', 'Bash(rm:*)'], 'ask')).toEqual(['Read']);
  });

  it('that run commands run those of the mode, and no other', () => {
    const modes = own({ commands: ['npm test', 'git log'] });
    expect(tools(['Bash'], 'own', modes)).toEqual(['Bash(npm test:*)', 'Bash(git log:*)']);
    expect(tools(['Bash(npm test)', 'Bash(npm test --watch:*)'], 'own', modes)).toHaveLength(2);
    expect(tools(['Bash(npm:*)'], 'own', modes)).toEqual(['Bash(npm test:*)']);
    expect(tools(['Bash(npm)', 'Bash(npm testing)', 'Bash(rm:*)'], 'own', modes)).toEqual([]);
  });

  it('that edit do so where the mode writes, and that fetch do so from its hosts', () => {
    const modes = own({ write: ['docs/**', '!docs/old/**'], hosts: ['example.com', '*.example.org'] });
    expect(tools(['Write', 'Edit(src/**)'], 'own', modes)).toEqual(['Write(docs/**)', 'Edit(docs/**)', 'Edit(src/**)']);
    expect(tools(['WebFetch', 'WebSearch'], 'own', modes)).toEqual([
      'WebFetch(domain:example.com)',
      'WebFetch(domain:*.example.org)',
    ]);
    expect(tools(['WebFetch(domain:a.example.org)', 'WebFetch(domain:evil.com)'], 'own', modes)).toEqual([
      'WebFetch(domain:a.example.org)',
    ]);
  });

  it('are never more than its file names, nor more than a narrower mode of its task allows', () => {
    const tool = fc.constantFrom('Read', 'Edit', 'Write', 'Bash', 'Bash(git log:*)', 'Bash(git:*)', 'WebFetch', 'Task');
    const name = fc.constantFrom(...Object.keys(BUILT_IN_MODES));
    fc.assert(
      fc.property(fc.uniqueArray(tool), name, name, (given, first, second) => {
        const of = (mode: string | undefined) =>
          permissionOf(agent('a', { tools: given, mode: first }), { modes: BUILT_IN_MODES, mode });
        const [wide, narrow] = [of(undefined), of(second)];
        const names = (list: readonly string[] = []): string[] => list.map((entry) => entry.replace(/\(.*/, ''));
        // Rules of the name Edit are how Claude Code knows the files of any tool that writes.
        const allowed = new Set([...names(given), ...(given.includes('Write') ? ['Edit'] : [])]);
        expect(names(wide?.tools).filter((entry) => !allowed.has(entry))).toEqual([]);
        const wider = new Set([...names(wide?.tools), ...(wide?.tools.includes('Write') ? ['Edit'] : [])]);
        expect(names(narrow?.tools).filter((entry) => !wider.has(entry))).toEqual([]);
      }),
    );
  });

  it('are unknown where the mode is, also one of the names that every object has', () => {
    expect(tools(['Read'], 'nowhere')).toBeUndefined();
    expect(tools(['Read'], 'constructor')).toBeUndefined();
  });
});

it('an agent is there to change files where it has a tool for it and its mode and its task let it', () => {
  const is = (given: string[], mode: string, task?: string): boolean => {
    const made = agent('a', { tools: given, mode });
    const permission = permissionOf(made, { modes: BUILT_IN_MODES, mode: task });
    return permission !== undefined && isToChange(made, permission);
  };
  expect([is(['Edit'], 'code'), is(['Edit'], 'architect'), is(['Bash'], 'code')]).toEqual([true, true, false]);
  expect([is(['Edit'], 'review'), is(['Edit'], 'code', 'ask')]).toEqual([false, false]);
});

it('variables reach an agent as far as all of its modes let them', () => {
  const modes = own({ environment: ['NPM_*', 'CI'] });
  const permission = permissionOf(agent('a', { mode: 'own' }), {
    modes: { ...BUILT_IN_MODES, ...modes },
    mode: 'code',
  });
  expect(permission && variablesUnder(['NPM_TOKEN', 'CI', 'CI_TOKEN'], permission)).toEqual(['NPM_TOKEN', 'CI']);
});

describe('the tools that a skill names', () => {
  const under = (given: string[], named: string[], mode = 'code') => {
    const skill = { name: 'notes', about: '', tools: named, output: null };
    return permissionOf(agent('a', { tools: given, mode }), { modes: BUILT_IN_MODES, mode: undefined, skill });
  };

  it('narrow what its agent may do, and never widen it', () => {
    const named = ['Read', 'Bash(git log *)', 'Write(docs/**)', 'WebFetch(domain:a.org)', 'mcp__files__*'];
    const permission = under(['Read', 'Grep', 'Bash', 'Edit', 'Write', 'WebFetch', 'mcp__files__read'], named);
    expect(permission?.tools).toEqual([
      'Read',
      'Bash(git log:*)',
      'Write(docs/**)',
      'Edit(docs/**)',
      'WebFetch(domain:a.org)',
      'mcp__files__read',
    ]);
    expect(permission?.modes.at(-1)).toMatchObject({ write: ['docs/**'], commands: ['git log'], hosts: ['a.org'] });
    expect(permission?.name).toBe('code, skill notes');
    expect(under(['Read'], named)?.tools).toEqual(['Read']);
    expect(under(['Read', 'Bash', 'Write'], named, 'ask')?.tools).toEqual(['Read']);
  });

  it('let it change nothing where none of them changes anything', () => {
    const looking = under(['Read', 'Edit'], ['Read', 'Grep']);
    expect(looking?.modes.at(-1)?.write).toEqual([]);
    expect(looking && isToChange(agent('a', { tools: ['Read', 'Edit'] }), looking)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { rightsOf } from '../../../src/activities/conversation/may-call.js';
import { permissionOf } from '../../../src/allocation/permission.js';
import { BUILT_IN_MODES } from '../../../src/contract/modes.js';
import { agent } from '../../allocation/agents.js';

const rights = (tools: string[], mode: string, taskMode?: string) => {
  const permission = permissionOf(agent('a', { tools, mode }), { modes: BUILT_IN_MODES, mode: taskMode });
  if (!permission) throw new Error('no such mode');
  return rightsOf(permission);
};
const command = (text: string): { command: string } => ({ command: text });

describe('what a model may call', () => {
  it('is what its file names and its mode allows', () => {
    const reviewer = rights(['Read', 'Edit', 'Bash'], 'review');
    expect(['Read', 'Edit', 'Bash', 'Write'].map(reviewer.has)).toEqual([true, false, true, false]);
    expect(reviewer.mayCall('Bash', command('git diff HEAD'))).toBe(true);
    expect(reviewer.mayCall('Bash', command('rm -rf .'))).toBe(false);
    expect(reviewer.mayCall('Bash', command('git diff; rm -rf .'))).toBe(false);
    expect(reviewer.mayWrite('Edit', 'a.ts')).toBe(false);
  });

  it('is narrowed by a rule of the file, and by the mode of the task', () => {
    const tester = rights(['Edit(docs/**)', 'Bash(npm test:*)', 'Bash(make)'], 'code');
    expect(tester.mayCall('Bash', command('npm test -- a'))).toBe(true);
    expect(tester.mayCall('Bash', command('npm testing'))).toBe(false);
    expect(tester.mayCall('Bash', command('make all'))).toBe(false);
    expect([tester.mayWrite('Edit', 'docs/a.md'), tester.mayWrite('Edit', 'src/a.ts')]).toEqual([true, false]);
    expect(rights(['Edit', 'Bash'], 'code', 'ask').has('Edit')).toBe(false);
  });

  it('writes only what every mode names', () => {
    const architect = rights(['Edit', 'Write'], 'architect');
    expect(architect.mayWrite('Write', 'a.md')).toBe(true);
    expect(architect.mayWrite('Edit', 'src/docs/a.txt')).toBe(true);
    expect(architect.mayWrite('Edit', 'src/a.ts')).toBe(false);
  });
});

import { expect, it } from 'vitest';
import { mayBeAsked } from '../../src/allocation/asking.js';
import { BUILT_IN_MODES } from '../../src/contract/modes.js';

const under = (...names: string[]) => ({
  name: names.join(', '),
  modes: names.flatMap((name) => BUILT_IN_MODES[name] ?? []),
  tools: [],
});
const bash = (command: string) => ({ tool: 'Bash', input: { command } });

it('a call that the mode allows may be asked for', () => {
  expect(mayBeAsked(under('code'), bash('rm -rf .'))).toBe(true);
  expect(mayBeAsked(under('code'), { tool: 'WebFetch', input: { url: 'https://example.com' } })).toBe(true);
  expect(mayBeAsked(under('review'), bash('git diff HEAD'))).toBe(true);
  expect(mayBeAsked(under('architect'), { tool: 'Write', input: { file_path: 'a.md' } })).toBe(true);
});

it('a call that one of the modes denies is never asked for, however it is wrapped', () => {
  for (const command of [
    'touch x',
    'git difftool',
    'git diff; rm x',
    'git diff $(rm x)',
    'git diff > x',
    'git diff\nrm x',
  ])
    expect(mayBeAsked(under('review'), bash(command))).toBe(false);
  expect(mayBeAsked(under('code', 'ask'), bash('git diff'))).toBe(false);
  expect(mayBeAsked(under('debug'), { tool: 'WebFetch', input: { url: 'https://example.com' } })).toBe(false);
  expect(mayBeAsked(under('review'), { tool: 'Edit', input: {} })).toBe(false);
  expect(mayBeAsked(under('review'), { tool: 'Bash', input: null })).toBe(false);
});

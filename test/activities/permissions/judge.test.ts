import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { globMatcher, judgeChanges } from '../../../src/activities/permissions/judge.js';
import type { EntryKind, FileChange } from '../../../src/contract/change.js';
import { BUILT_IN_MODES, EVERYTHING } from '../../../src/contract/modes.js';

const mode = (write: string[]) => ({ ...EVERYTHING, name: 'own', description: '', write });
const file = (path: string, more: Partial<FileChange> = {}): FileChange => ({
  path,
  before: 'file',
  after: 'file',
  ...more,
});
const link = (path: string, target: string): FileChange => file(path, { before: 'none', after: 'link', target });

/** The one list that a single change comes to stand in. */
function fate(change: FileChange, write = ['**'], prefix = ''): string {
  const verdict = judgeChanges([change], { modes: [mode(write)], prefix });
  return Object.entries(verdict).find(([, list]) => (list as unknown[]).length > 0)?.[0] ?? 'none';
}

describe('a change', () => {
  test.each([
    [file('src/a.ts'), ['src/**'], 'allowed'],
    [file('src/.hidden/a.ts'), ['src/**'], 'allowed'],
    [file('source/a.ts'), ['src/**'], 'refused'],
    [file('src/a.ts', { after: 'none' }), ['docs/**'], 'refused'],
    [file('src/a.ts'), [], 'refused'],
    [file('src/secret/a.ts'), ['**', '!**/secret/**'], 'refused'],
    [file('src/a.ts'), ['!**/secret/**'], 'refused'],
    [file('a!b'), ['a!b'], 'allowed'],
  ])('%j under %j is %s', (change, write, expected) => {
    expect(fate(change, write)).toBe(expected);
  });

  test.each([
    '.github/workflows/ci.yml',
    '.GitHub/Workflows/ci.yml',
    'packages/a/.npmrc',
    '.gitlab-ci.yml',
    '.claude/settings.json',
    '.claude/agents/a.md',
    '.mcp.json',
    '.husky/pre-commit',
    '.gitattributes',
    'baton.yaml',
    'Jenkinsfile',
    'deep/.git/hooks/pre-commit',
  ])('of %s is protected in any mode that may write it, also its removal', (path) => {
    expect(fate(file(path))).toBe('protected');
    expect(fate(file(path, { after: 'none' }))).toBe('protected');
    expect(fate(file(path), ['src/**'])).toBe('refused');
  });

  it('that makes a file executable is protected; one of a file that was so is not', () => {
    expect(fate(file('run.sh', { before: 'none', after: 'executable' }))).toBe('protected');
    expect(fate(file('run.sh', { after: 'executable' }))).toBe('protected');
    expect(fate(file('run.sh', { before: 'executable', after: 'executable' }))).toBe('allowed');
  });

  it('of a repository within the repository is refused', () => {
    expect(fate(file('sub', { before: 'none', after: 'submodule' }))).toBe('refused');
    expect(fate(file('sub', { before: 'submodule', after: 'none' }))).toBe('refused');
  });

  test.each([
    ['a/b', '../c', 'allowed'],
    ['a/b', './c/../d', 'allowed'],
    ['a/b', '../../c', 'refused'],
    ['a', '/etc/passwd', 'refused'],
    ['a', '.git/config', 'refused'],
    ['a', 'x/.GIT/hooks', 'refused'],
    ['a', '', 'refused'],
  ])('that makes %s a link to %s is %s', (path, target, expected) => {
    expect(fate(link(path, target))).toBe(expected);
  });

  it('is matched from the workspace’s folder, and outside of it refused', () => {
    expect(fate(file('app/src/a.ts'), ['src/**'], 'app/')).toBe('allowed');
    expect(fate(file('src/a.ts'), ['**'], 'app/')).toBe('refused');
    expect(fate(file('application/a.ts'), ['**'], 'app/')).toBe('refused');
    expect(fate(link('app/a', '../b'), ['**'], 'app/')).toBe('refused');
  });

  it('is refused where one of several modes refuses it', () => {
    const { refused } = judgeChanges([file('a.ts')], {
      modes: [...(BUILT_IN_MODES['code'] ?? []), ...(BUILT_IN_MODES['architect'] ?? [])],
      prefix: '',
    });
    expect(refused.map(({ why }) => why)).toEqual(['not writable in mode architect']);
  });
});

it('each change comes to stand in one list, and a narrower glob never allows more', () => {
  const name = fc.stringMatching(/^[a-c.]{1,3}$/).filter((part) => part !== '.' && part !== '..');
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const kind = fc.constantFrom<EntryKind[]>('none', 'file', 'executable', 'link', 'submodule');
  const change = fc.record({ path, before: kind, after: kind, target: path });
  const globs = fc.array(fc.constantFrom('**', 'a/**', '*', '**/*.b', '!a/b/**', '!**/c'), { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(change), globs, fc.constantFrom('a/**', 'b'), (changes, write, other) => {
      const verdict = judgeChanges(changes, { modes: [mode(write)], prefix: '' });
      const all = [...verdict.allowed, ...[...verdict.refused, ...verdict.protected].map((entry) => entry.change)];
      expect(new Set(all)).toEqual(new Set(changes));
      expect(all).toHaveLength(changes.length);
      const narrower = judgeChanges(changes, { modes: [mode(write), mode([other])], prefix: '' });
      expect(narrower.allowed.filter((entry) => !verdict.allowed.includes(entry))).toEqual([]);
    }),
  );
});

it('a glob is matched in no time against the paths that would make a careless matcher run for ever', () => {
  const matches = globMatcher(['+(a|aa)+(a|aa)+(a|aa)b', '**/**/**/**/**/x', '{a,b,c}{a,b,c}{a,b,c}/**']);
  const began = performance.now();
  for (const path of ['a'.repeat(4000), 'a/'.repeat(2000), `${'a'.repeat(60)}c`]) expect(matches(path)).toBe(false);
  expect(performance.now() - began).toBeLessThan(5000);
});

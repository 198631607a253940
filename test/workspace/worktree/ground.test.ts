import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { REQUEST_ID_PATTERN } from '../../../src/contract/names.js';
import { branchOf, refOf } from '../../../src/workspace/worktree/branch.js';
import { requireGround } from '../../../src/workspace/worktree/ground.js';
import { folderWith, git, put, repositoryWith } from '../folders.js';

const id = fc.stringMatching(new RegExp(REQUEST_ID_PATTERN.source.replace('{0,199}', '{0,30}')));
const risky = fc
  .array(fc.constantFrom('a', 'A', '.', '..', '.lock', ':', '@', '-', '3a', '2e'), { maxLength: 8 })
  .map((parts) => `r${parts.join('')}`);

it('any id of a request makes a branch that git takes', () => {
  fc.assert(
    fc.property(fc.oneof(risky, id), (request) => {
      execFileSync('git', ['check-ref-format', refOf(branchOf(request))]);
    }),
    { numRuns: 150 },
  );
});

it('two requests never share a branch', () => {
  fc.assert(
    fc.property(risky, risky, (a, b) => (branchOf(a) === branchOf(b)) === (a === b)),
    { numRuns: 5000 },
  );
  expect(branchOf('a'.repeat(200))).toBe(`baton/${'a'.repeat(200)}`);
  expect(branchOf(':'.repeat(100))).not.toBe(branchOf(':'.repeat(101)));
  expect(branchOf(`a${':'.repeat(199)}`).length).toBeLessThan(100);
});

it('an ordinary id stands in the branch as it is', () => {
  expect(branchOf('req-20260101-ab12')).toBe('baton/req-20260101-ab12');
});

it('uncommitted files of the whole repository are counted, also from a subfolder', async () => {
  const repository = repositoryWith({ 'a.txt': '1', 'sub/b.txt': '2', '.gitignore': 'out\n' });
  const ground = () => requireGround(join(repository, 'sub'), 'r');
  expect(await ground()).toEqual({
    repository,
    prefix: 'sub/',
    head: git(repository, 'rev-parse', 'HEAD').trim(),
    uncommitted: 0,
  });
  put(repository, { 'a.txt': 'changed', 'new.txt': 'n', out: 'ignored' });
  expect((await ground()).uncommitted).toBe(2);
});

it('without a repository, a commit or a free name it says what to do', async () => {
  const plain = folderWith({ a: '1' });
  const empty = folderWith();
  git(empty, 'init', '-q');
  const taken = repositoryWith({ a: '1' });
  git(taken, 'branch', 'baton/r');
  const blocked = repositoryWith({ a: '1' });
  git(blocked, 'branch', 'baton');
  for (const [folder, message, hint] of [
    [plain, 'no git repository', 'git init'],
    [empty, 'no commit yet', 'git commit'],
    [taken, 'there is a branch baton/r already', 'git branch -m baton/r'],
    [blocked, 'there is a branch baton already', 'git branch -m baton '],
  ] as const) {
    await expect(requireGround(folder, 'r')).rejects.toMatchObject({
      code: 'no_worktree',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    });
  }
});

/** For root only a mount can forbid to write; it is made in a mount namespace of its own. */
const READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" --input-type=module -e "$3"';

it('a repository that cannot be written to is told as such', async () => {
  const repository = repositoryWith({ a: '1' });
  if (process.getuid?.() === 0) {
    const entry = pathToFileURL(resolve('dist/workspace/worktree/ground.js')).href;
    const program = `import { requireGround } from ${JSON.stringify(entry)};
      await requireGround(${JSON.stringify(repository)}, 'r').then(() => console.log('fine'), ({ code }) => console.log(code));`;
    const args = ['-m', 'sh', '-c', READ_ONLY, 'sh', repository, process.execPath, program];
    expect(execFileSync('unshare', args, { encoding: 'utf8' })).toBe('no_worktree\n');
    return;
  }
  chmodSync(join(repository, '.git'), 0o500);
  await expect(requireGround(repository, 'r')).rejects.toMatchObject({ code: 'no_worktree' });
  chmodSync(join(repository, '.git'), 0o700);
});

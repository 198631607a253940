import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { refOf } from './branch.js';
import { askGit, git, writeGit } from './git.js';
import { inTurn } from './turns.js';

/** What is kept of a request's branch among its files. */
export interface KeptBranch {
  v: 1;
  /** Top folder of the repository, and the workspace's folder in it with a slash at its end. */
  repository: string;
  prefix: string;
  branch: string;
  /** HEAD as it was when the first agent began. */
  base: string;
  /** The last commit that Baton put on the branch; null while no agent has changed anything. */
  tip: string | null;
}

/** Where the next agent begins: the branch's tip, or its base where no agent has changed anything. */
export async function tipOf({ repository, branch, base, tip }: KeptBranch): Promise<string> {
  const found = await askGit(repository, ['rev-parse', '--verify', '--quiet', `${refOf(branch)}^{commit}`]);
  if (found !== undefined) return found;
  if (tip === null) return base;
  throw new BatonError('no_worktree', `the branch ${branch}, which holds what the agents changed, is gone`, {
    hint: `make it again with: git branch ${branch} ${tip}`,
  });
}

/** Makes a worktree, detached at the commit; no hook of the repository runs. Gives the repository's data folder of it. */
export async function checkOut(kept: KeptBranch, path: string, commit: string, signal?: AbortSignal): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const args = ['worktree', 'add', '--quiet', '--detach', path, commit];
  await oneByOne(kept.repository, () => git(kept.repository, args, { signal }));
  // Nobody else has written there yet.
  const link = await readFile(join(path, '.git'), 'utf8').catch(() => '');
  if (!link.startsWith(LINK)) throw new BatonError('no_worktree', `${path} is no worktree, though git has made it`);
  return resolve(path, link.slice(LINK.length).replace(/\n$/, ''));
}

const LINK = 'gitdir: ';

const turns = new Map<string, Promise<unknown>>();

/** What adds worktrees or removes them: git fails where it finds another one that is only half made. */
const oneByOne = <T>(repository: string, work: () => Promise<T>): Promise<T> => inTurn(turns, repository, work);

/** Has git forget a worktree, whatever is left of it. */
export async function forget(repository: string, path: string): Promise<void> {
  if (!(await isFolder(repository))) return;
  await oneByOne(repository, () => writeGit(repository, ['worktree', 'remove', '--force', '--force', path]));
}

/** The worktrees that a repository knows of, there or not. */
export async function registered(repository: string): Promise<string[]> {
  if (!(await isFolder(repository))) return [];
  const lines = ((await askGit(repository, ['worktree', 'list', '--porcelain'])) ?? '').split('\n');
  return lines.flatMap((line) => (line.startsWith('worktree ') ? [line.slice('worktree '.length)] : []));
}

/** The workspace's folder in a worktree; one that HEAD does not hold is made, empty. */
export async function folderIn(path: string, { prefix }: KeptBranch): Promise<string> {
  const folder = prefix === '' ? path : join(path, prefix);
  await mkdir(folder, { recursive: true });
  return folder;
}

export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

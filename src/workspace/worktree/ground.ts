import { access, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { findRepository, runGit } from '../git.js';
import { branchOf, refOf } from './branch.js';
import { askGit } from './git.js';

/** What agents that write start from. */
export interface Ground {
  /** Top folder of the repository. */
  repository: string;
  /** The workspace's folder in it, with a slash at its end; empty for the top. */
  prefix: string;
  /** The commit that HEAD names. */
  head: string;
  /** Files of the whole repository that differ from HEAD; new ones that are not ignored count too. */
  uncommitted: number;
}

/**
 * Looks whether agents of a request can work in worktrees of this workspace; changes nothing.
 * @throws BatonError `no_worktree` with what to do: no git, no repository, no commit, not writable, or a branch of that name is there
 */
export async function requireGround(workspace: string, request: string): Promise<Ground> {
  const found = await findRepository(workspace);
  if (found.kind === 'none') {
    throw noWorktree(`${workspace} is in no git repository that can be read`, 'git init && git add -A && git commit');
  }
  if (found.kind === 'refused') throw noWorktree(found.why, 'git status');
  const head = await askGit(workspace, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  if (head === undefined) throw noWorktree(`${found.top} has no commit yet`, 'git add -A && git commit');
  await requireWritable(workspace);
  await requireFreeName(workspace, branchOf(request));
  const prefix = (await askGit(workspace, ['rev-parse', '--show-prefix'])) ?? '';
  return { repository: found.top, prefix, head, uncommitted: await uncommittedOf(found.top) };
}

async function requireWritable(workspace: string): Promise<void> {
  const folder = await askGit(workspace, ['rev-parse', '--git-common-dir']);
  if (folder === undefined) throw noWorktree('git does not say where the repository keeps its data', 'git status');
  await access(resolve(workspace, folder), constants.W_OK | constants.X_OK).catch(() => {
    throw noWorktree(`${folder} cannot be written to`, 'git clone, and use the clone as the workspace');
  });
}

async function requireFreeName(workspace: string, branch: string): Promise<void> {
  // A branch called `baton` would be a file where git needs a folder; so would one called `baton-agents`.
  for (const name of [branch, 'baton', 'baton-agents']) {
    const run = await runGit(workspace, ['show-ref', '--verify', '--quiet', refOf(name)]);
    if (run.kind !== 'ended' || run.exitCode !== 0) continue;
    throw noWorktree(`there is a branch ${name} already`, `git branch -m ${name} another-name`);
  }
}

async function uncommittedOf(top: string): Promise<number> {
  const args = ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=normal', '--ignore-submodules=all'];
  const run = await runGit(top, args);
  // Where git gave no answer in time, the careful reading is that there are changes.
  if (run.kind !== 'ended' || run.exitCode !== 0) return 1;
  let entries = 0;
  for (const byte of run.stdout) if (byte === 0) entries += 1;
  return entries;
}

const noWorktree = (why: string, remedy: string): BatonError =>
  new BatonError('no_worktree', `agents work in git worktrees, and none can be made here: ${why}`, {
    path: 'workspace',
    hint: `try: ${remedy}`,
  });

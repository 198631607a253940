import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, opendir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from '../git.js';
import { storeError } from './atomic.js';
import { safeJoin } from './paths.js';

/**
 * Removes a file or folder below the data folder in one step, as seen from outside: it is set aside in `tmp`, then deleted. What a link names
 * is never touched. False where there is nothing.
 * @throws BatonError `bad_input` for a path that leads out of the data folder, `io`
 */
export async function removeBelow(home: string, ...parts: readonly string[]): Promise<boolean> {
  const path = await safeJoin(home, ...parts);
  if (!(await lstat(path).catch(() => undefined))) return false;
  const aside = await safeJoin(home, 'tmp', randomUUID());
  try {
    await mkdir(join(home, 'tmp'), { recursive: true, mode: 0o700 });
    await rename(path, aside);
    await removeTree(aside);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw storeError(error, 'could not be removed');
  }
}

/** Folders that are closed to their owner, as package caches are, are opened first. */
async function removeTree(path: string): Promise<void> {
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 3 });
  await remove().catch(async () => {
    await openFolders(path);
    await remove();
  });
}

async function openFolders(path: string): Promise<void> {
  if (!(await lstat(path).catch(() => undefined))?.isDirectory()) return;
  await chmod(path, 0o700);
  for await (const entry of await opendir(path)) if (entry.isDirectory()) await openFolders(join(path, entry.name));
}

/** How deep below a request's folder of worktrees they lie. */
const WORKTREE_DEPTH = 2;

/** The worktrees at or below a folder; links are not followed. */
export async function worktreesIn(folder: string, depth = WORKTREE_DEPTH): Promise<string[]> {
  if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return [];
  if ((await lstat(join(folder, '.git')).catch(() => undefined))?.isFile()) return [folder];
  const found: string[] = [];
  if (depth === 0) return found;
  for await (const entry of await opendir(folder)) {
    if (entry.isDirectory()) found.push(...(await worktreesIn(join(folder, entry.name), depth - 1)));
  }
  return found;
}

/** Has git forget worktrees of which only themselves tell whose they are. Branches stay; what git refuses goes with its folder all the same. */
export async function forgetWorktrees(folder: string): Promise<void> {
  for (const path of await worktreesIn(folder)) {
    const asked = await runGit(path, ['rev-parse', '--path-format=absolute', '--git-common-dir']);
    const repository =
      asked.kind === 'ended' && asked.exitCode === 0 ? asked.stdout.toString('utf8').trim() : undefined;
    if (repository) await runGit(repository, ['worktree', 'remove', '--force', '--force', path]);
  }
}

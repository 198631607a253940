import { readFile } from 'node:fs/promises';

/** What is kept beside a worktree, so that a worker that takes it up knows what it is. It is written when the worktree is whole. */
export interface TreeState {
  v: 1;
  /** The attempt at its task that works in it. */
  attempt: number;
  /** The repository's own data of the worktree. */
  gitDir: string;
  /** The commit that it began at. */
  start: string;
  /** Of a repair: files that hold two versions between markers. */
  conflicts?: string[];
  /** How the agent ended, once it has. */
  ended?: unknown;
}

/** Undefined where there is none that can be read, as after a crash while the worktree was made. */
export async function readTreeState(path: string): Promise<TreeState | undefined> {
  try {
    return JSON.parse(await readFile(`${path}.json`, 'utf8')) as TreeState;
  } catch {
    return undefined;
  }
}

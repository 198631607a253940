import { lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LIMITS } from '../contract/limits.js';
import { homePaths } from './home.js';

/** Parts of the data folder; `other` is what belongs to none, settings among it. */
export type HomePart = 'database' | 'artifacts' | 'requests' | 'worktrees' | 'logs' | 'run' | 'temporary' | 'other';

const PART_OF_FOLDER: Readonly<Record<string, HomePart>> = {
  artifacts: 'artifacts',
  requests: 'requests',
  worktrees: 'worktrees',
  logs: 'logs',
  run: 'run',
  tmp: 'temporary',
};

/** The part that an entry directly in the data folder belongs to. Copies of the database count as the database. */
export function partOf(home: string, name: string): HomePart {
  if (name.startsWith(basename(homePaths(home).database))) return 'database';
  if (name.endsWith('.tmp')) return 'temporary';
  return Object.hasOwn(PART_OF_FOLDER, name) ? (PART_OF_FOLDER[name] ?? 'other') : 'other';
}

/** Bytes of files, links not followed. `whole` is false where there were more files than are looked at. */
export interface FolderSize {
  bytes: number;
  whole: boolean;
}

/** The data folder's size, as a whole and by part. */
export function sizeOfHome(home: string): FolderSize & { parts: Record<HomePart, number> } {
  const parts = { database: 0, artifacts: 0, requests: 0, worktrees: 0, logs: 0, run: 0, temporary: 0, other: 0 };
  const count = { files: 0 };
  let [bytes, whole] = [0, true];
  for (const name of namesIn(home)) {
    const size = sizeBelow(join(home, name), count);
    parts[partOf(home, name)] += size.bytes;
    bytes += size.bytes;
    whole &&= size.whole;
  }
  return { bytes, whole, parts };
}

/** The size of a file, or of what a folder holds; 0 where there is nothing. */
export const sizeOfPath = (path: string): FolderSize => sizeBelow(path, { files: 0 });

function sizeBelow(path: string, count: { files: number }): FolderSize {
  let bytes = 0;
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (++count.files > LIMITS.homeFiles) return { bytes, whole: false };
    const found = lstatSync(next, { throwIfNoEntry: false });
    if (!found?.isDirectory()) bytes += found?.size ?? 0;
    else for (const name of namesIn(next)) waiting.push(join(next, name));
  }
  return { bytes, whole: true };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

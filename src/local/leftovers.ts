import { lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LIMITS } from '../contract/limits.js';
import { homePaths } from './home.js';

/** A file or folder that nothing needs any more. `parts` is its path below the data folder. */
export interface Leftover {
  kind: 'log' | 'database copy' | 'temporary';
  parts: readonly string[];
}

/**
 * What may go besides requests: rotated logs last written before `before`, copies of the database made before an upgrade but for the newest,
 * and what writers that were killed left behind. Times in ms since the epoch. Links are passed over.
 */
export function findLeftovers(home: string, { before, now }: { before: number; now: number }): Leftover[] {
  const stale = now - LIMITS.temporaryFileAgeMs;
  return [
    ...entriesIn(home, 'logs')
      .filter(({ name, at }) => name.endsWith('.log.1') && at < before)
      .map(leftover('log')),
    ...oldCopies(home)
      .filter(({ at }) => at < stale)
      .map(leftover('database copy')),
    ...[[], ['run']].flatMap((folder) =>
      entriesIn(home, ...folder)
        .filter(({ name, at, isFolder }) => !isFolder && /\.tmp$/.test(name) && at < stale)
        .map(leftover('temporary')),
    ),
    ...[['tmp'], ['artifacts', 'tmp']].flatMap((folder) =>
      entriesIn(home, ...folder)
        .filter(({ at }) => at < stale)
        .map(leftover('temporary')),
    ),
  ];
}

interface Entry {
  parts: readonly string[];
  name: string;
  at: number;
  isFolder: boolean;
}

const leftover =
  (kind: Leftover['kind']) =>
  ({ parts }: Entry): Leftover => ({ kind, parts });

/** `temporal.db.before-VERSION` with its log; one without its main file was cut off. */
function oldCopies(home: string): Entry[] {
  const mark = `${basename(homePaths(home).database)}.before-`;
  const all = entriesIn(home).filter(
    ({ name, isFolder }) => name.startsWith(mark) && !isFolder && !/\.tmp$/.test(name),
  );
  const [newest] = all.filter(({ name }) => !name.endsWith('-wal')).sort((a, b) => b.at - a.at);
  return all.filter(({ name }) => name !== newest?.name && name !== `${newest?.name ?? ''}-wal`);
}

function entriesIn(home: string, ...folder: string[]): Entry[] {
  const path = join(home, ...folder);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(path).flatMap((name) => {
    const found = lstatSync(join(path, name), { throwIfNoEntry: false });
    if (!found || found.isSymbolicLink()) return [];
    return [{ parts: [...folder, name], name, at: found.mtimeMs, isFolder: found.isDirectory() }];
  });
}

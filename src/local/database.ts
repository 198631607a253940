import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { writeFileAtomic } from './atomic-file.js';
import { homePaths } from './home.js';
import { startTimeOf } from './process-identity.js';
import { endProcess, pause } from './processes.js';
import { readJsonFile } from './run-files.js';
import { compareVersions, parseVersion } from './versions.js';

/**
 * Refuses (BatonError `no_server`) a server older than the one that last wrote the database, whose tables it would not understand; before
 * a newer one opens it, keeps a copy as `temporal.db.before-VERSION`.
 */
export function guardDatabase(home: string, serverVersion: string): void {
  const { database } = homePaths(home);
  const written = databaseVersion(home);
  if (written === undefined || !existsSync(database)) return;
  const order = compareVersions(serverVersion, written);
  if (order < 0) {
    throw new BatonError(
      'no_server',
      `The database ${database} was last written by Temporal server ${written}; this one is ${serverVersion}.`,
      {
        hint: `Put a \`temporal\` with server ${written} or newer on PATH, or set BATON_HOME to another folder.`,
      },
    );
  }
  if (order > 0) copyDatabase(database, `${database}.before-${serverVersion}`);
}

/** The log goes first and the main file last: a copy whose main file is there is whole. */
function copyDatabase(database: string, to: string): void {
  rmSync(`${to}-wal`, { force: true });
  for (const suffix of ['-wal', '']) {
    if (!existsSync(`${database}${suffix}`)) continue;
    copyFileSync(`${database}${suffix}`, `${to}${suffix}.tmp`, constants.COPYFILE_FICLONE);
    renameSync(`${to}${suffix}.tmp`, `${to}${suffix}`);
  }
}

/**
 * Records which server writes the database from now on. Called before it opens it, so that a crash cannot lose the fact, and again with
 * `served` once it answered.
 */
export function recordDatabaseVersion(home: string, serverVersion: string, served: boolean): void {
  const before = readRecord(home);
  const once = served || before?.served === true;
  if (before?.version === serverVersion && before.served === once) return;
  writeFileAtomic(versionFile(home), `${JSON.stringify({ v: 1, version: serverVersion, served: once })}\n`);
}

export function databaseVersion(home: string): string | undefined {
  return readRecord(home)?.version;
}

/**
 * Removes a database whose first server ended before it ever answered. A server makes its tables only where there is no file, so a file
 * with a part of them would never work; nothing was acknowledged from it.
 */
export function removeUnservedDatabase(home: string): void {
  if (readRecord(home)?.served !== false) return;
  const { database } = homePaths(home);
  for (const suffix of ['-wal', '-shm', '']) rmSync(`${database}${suffix}`, { force: true });
}

/** The server makes its files readable for all; the data folder may be open. What it makes later takes the mode of the main file. */
export function closeDatabaseFiles(home: string): void {
  const { database } = homePaths(home);
  for (const path of [database, `${database}-wal`, `${database}-shm`]) {
    if (existsSync(path)) chmodSync(path, 0o600);
  }
}

function readRecord(home: string): { version: string; served: boolean } | undefined {
  const value = readJsonFile(versionFile(home)) as { version?: unknown; served?: unknown } | null | undefined;
  if (typeof value?.version !== 'string' || !parseVersion(value.version)) return undefined;
  return { version: value.version, served: value.served !== false };
}

const versionFile = (home: string): string => join(homePaths(home).run, 'server-version.json');

/**
 * Waits until no process has the database open: two servers on one file would write over each other (with a write-ahead log nothing stops
 * the second). A server that nobody looks after any more is ended; anything else is named in a BatonError (`no_server`).
 */
export async function waitForDatabase(
  home: string,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { database } = homePaths(home);
  const end = Date.now() + LIMITS.databaseWaitMs;
  let told = false;
  for (let holders = databaseHolders(database); holders.length > 0; holders = databaseHolders(database)) {
    signal.throwIfAborted();
    if (!told) onProgress(`waiting for another process (${holders.join(', ')}) to close the database`);
    told = true;
    if (Date.now() >= end) {
      await endOrphans(holders, database);
      if (databaseHolders(database).length === 0) return;
      throw new BatonError(
        'no_server',
        `The database ${database} is open in another process (${holders.join(', ')}).`,
        {
          hint: 'End that process and try again.',
        },
      );
    }
    await pause(LIMITS.processPollMs, signal);
  }
}

async function endOrphans(holders: number[], database: string): Promise<void> {
  for (const pid of holders) {
    const line = commandLineOf(pid);
    const startTime = startTimeOf(pid);
    if (startTime === undefined || !line.includes('start-dev') || !line.includes(database)) continue;
    await endProcess({ pid, startTime }, LIMITS.stopGraceMs);
  }
}

/** Processes of this user that have the file open: from `/proc` on Linux, else from `lsof` if it is there. */
export function databaseHolders(database: string): number[] {
  if (!existsSync(database)) return [];
  if (process.platform !== 'linux') return lsofHolders(database);
  const target = realpathSync(database);
  const holds = (pid: string): boolean => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === target);
    } catch {
      return false;
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && holds(name))
    .map(Number);
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function lsofHolders(database: string): number[] {
  try {
    const printed = execFileSync('lsof', ['-t', database], {
      encoding: 'utf8',
      timeout: LIMITS.controlMs,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return printed
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  } catch {
    return [];
  }
}

function commandLineOf(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', timeout: LIMITS.controlMs });
  } catch {
    return '';
  }
}

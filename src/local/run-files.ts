import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../contract/limits.js';
import { readBounded, writeFileAtomic } from './atomic-file.js';
import { homePaths } from './home.js';
import { isAlive } from './process-identity.js';

/**
 * `BATON_HOME/run/server.json` and `worker.json`: a process of the pair, recorded as soon as it exists. `startTime` tells it from a later
 * process with the same number; `address` is `host:port` of the Temporal server; `uiUrl` is null where Baton knows no Temporal Web.
 */
export interface RunFile {
  v: 1;
  pid: number;
  startTime: string;
  address: string;
  uiUrl: string | null;
  version: string;
  state: 'starting' | 'ready';
}

export type RunFileName = 'server' | 'worker';

const pathOf = (home: string, name: RunFileName): string => join(homePaths(home).run, `${name}.json`);

export function writeRunFile(home: string, name: RunFileName, file: RunFile): void {
  writeFileAtomic(pathOf(home, name), `${JSON.stringify(file)}\n`);
}

/** Removes the record of a process that ended; one that names a living process, of whomever, stays. */
export function removeRunFile(home: string, name: RunFileName): void {
  if (liveRunFile(home, name)) return;
  rmSync(pathOf(home, name), { force: true });
}

/** The record as it was written, whether its process lives or not; `undefined` if there is none or it cannot be used. */
export function readRunFile(home: string, name: RunFileName): RunFile | undefined {
  const value = readJsonFile(pathOf(home, name));
  return isRunFile(value) ? value : undefined;
}

/** The record if its very process still runs. */
export function liveRunFile(home: string, name: RunFileName): RunFile | undefined {
  const file = readRunFile(home, name);
  return file !== undefined && isAlive(file.pid, file.startTime) ? file : undefined;
}

/** The JSON in a small file, or `undefined` if it is missing, too long, or no JSON. */
export function readJsonFile(path: string): unknown {
  const read = readBounded(path, LIMITS.runFileBytes);
  if (read.kind !== 'text') return undefined;
  try {
    return JSON.parse(read.bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isRunFile(value: unknown): value is RunFile {
  if (typeof value !== 'object' || value === null) return false;
  const file = value as Record<string, unknown>;
  return (
    file['v'] === 1 &&
    Number.isSafeInteger(file['pid']) &&
    typeof file['startTime'] === 'string' &&
    typeof file['address'] === 'string' &&
    (file['uiUrl'] === null || typeof file['uiUrl'] === 'string') &&
    typeof file['version'] === 'string' &&
    (file['state'] === 'starting' || file['state'] === 'ready')
  );
}

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError, type ErrorCode, ERRORS } from '../../contract/errors.js';
import { writeFileAtomic } from '../atomic-file.js';
import { homePaths } from '../home.js';
import { readJsonFile } from '../run-files.js';

/** `run/failure.json`: why the last supervisor could not start its pair, for the commands that wait for it. */
const failureFile = (home: string): string => join(homePaths(home).run, 'failure.json');

export function writeFailure(home: string, error: unknown): void {
  const { code, message, hint } = error instanceof BatonError ? error : new BatonError('internal', String(error));
  // Bounded, because what is read back is.
  const text = { v: 1, at: Date.now(), code, message: message.slice(0, 8000), hint: hint?.slice(0, 1000) };
  try {
    writeFileAtomic(failureFile(home), `${JSON.stringify(text)}\n`);
  } catch {
    // The data folder may be what failed; the error itself is thrown either way.
  }
}

export function clearFailure(home: string): void {
  rmSync(failureFile(home), { force: true });
}

/** The failure recorded at or after `since` (milliseconds since the epoch), as the error that it was. */
export function readFailure(home: string, since: number): BatonError | undefined {
  const value = readJsonFile(failureFile(home)) as Record<string, unknown> | null | undefined;
  if (typeof value?.['at'] !== 'number' || value['at'] < since) return undefined;
  const code = String(value['code']);
  const known: ErrorCode = code in ERRORS ? (code as ErrorCode) : 'internal';
  const hint = value['hint'];
  return new BatonError(known, String(value['message']), typeof hint === 'string' ? { hint } : {});
}

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { LIMITS } from '../../contract/limits.js';
import { compareVersions } from '../versions.js';
import { runCommand } from './run-command.js';

/** The version that Baton fetches. Later ones cannot be installed with `go install`. */
export const TEMPORAL_CLI_VERSION = '1.5.1';
export const OLDEST_SERVER_VERSION = '1.29.0';

/** A program that can serve; `version` is that of the server inside, which differs from the program's own. */
export interface ServerBinary {
  path: string;
  version: string;
  source: 'PATH' | 'cache' | 'download' | 'go install';
}

/** `broken`: it is there and cannot be what it should be. `unknown`: it is missing, or the machine was too busy to tell. */
export type BinaryCheck =
  { kind: 'usable'; binary: ServerBinary } | { kind: 'broken'; reason: string } | { kind: 'unknown'; reason: string };

/** Runs `path --version` and reads the server's version out of it. */
export async function checkBinary(path: string, source: ServerBinary['source']): Promise<BinaryCheck> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return { kind: 'unknown', reason: `${path} is not there` };
  if (!isExecutable(path)) return { kind: 'broken', reason: `${path} is not executable` };
  const run = await runCommand({
    command: [path, '--version'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    timeMs: LIMITS.versionCheckMs,
  });
  if (run.kind === 'timeout') return { kind: 'unknown', reason: `${path} --version did not end in time` };
  if (run.kind === 'failed') return { kind: 'broken', reason: `${path} --version failed: ${run.reason}` };
  const version = /\bServer v?(\d+\.\d+\.\d+)/i.exec(run.stdout)?.[1];
  if (version === undefined) return { kind: 'broken', reason: `${path} does not say which server it holds` };
  if (compareVersions(version, OLDEST_SERVER_VERSION) < 0) {
    return { kind: 'broken', reason: `${path} holds server ${version}; ${OLDEST_SERVER_VERSION} or newer is needed` };
  }
  return { kind: 'usable', binary: { path, version, source } };
}

/** The first usable `temporal` on the PATH of `env`; relative entries of PATH are passed over. */
export async function findOnPath(
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ kind: 'usable'; binary: ServerBinary } | { kind: 'none'; reason: string }> {
  const reasons: string[] = [];
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const path = join(folder, 'temporal');
    if (!isExecutable(path)) continue;
    const check = await checkBinary(path, 'PATH');
    if (check.kind === 'usable') return check;
    reasons.push(check.reason);
  }
  return { kind: 'none', reason: reasons.length > 0 ? reasons.join('; ') : 'no `temporal` there' };
}

/** The path of a program on PATH, or undefined. */
export function programOnPath(program: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { BatonError } from '../contract/errors.js';

/** Every place under Baton's data folder, as absolute paths. */
export interface HomePaths {
  home: string;
  run: string;
  logs: string;
  artifacts: string;
  requests: string;
  worktrees: string;
  usageLimits: string;
  database: string;
  key: string;
  config: string;
  serverLog: string;
  workerLog: string;
  supervisorLog: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The data folder that `env` names: `BATON_HOME` (made absolute), else `baton` in the XDG state folder. Touches no disk. */
export function resolveHome(env: Env = process.env, cwd: string = process.cwd()): string {
  if (env['BATON_HOME']) return resolve(cwd, env['BATON_HOME']);
  return join(xdgFolder(env, 'XDG_STATE_HOME', ['.local', 'state']), 'baton');
}

/** The cache folder: `baton` in the XDG cache folder. It does not follow `BATON_HOME`, so a new data folder fetches nothing again. */
export function resolveCache(env: Env = process.env): string {
  return join(xdgFolder(env, 'XDG_CACHE_HOME', ['.cache']), 'baton');
}

/** The XDG specification has relative values ignored. */
function xdgFolder(env: Env, name: string, fallback: string[]): string {
  const value = env[name];
  if (value && isAbsolute(value)) return value;
  return join(env['HOME'] || homedir(), ...fallback);
}

export function homePaths(home: string): HomePaths {
  const logs = join(home, 'logs');
  return {
    home,
    run: join(home, 'run'),
    logs,
    artifacts: join(home, 'artifacts'),
    requests: join(home, 'requests'),
    worktrees: join(home, 'worktrees'),
    usageLimits: join(home, 'usage-limits'),
    database: join(home, 'temporal.db'),
    key: join(home, 'key'),
    config: join(home, 'baton.yaml'),
    serverLog: join(logs, 'server.log'),
    workerLog: join(logs, 'worker.log'),
    supervisorLog: join(logs, 'supervisor.log'),
  };
}

/** Creates the data folder and the folders in it (0700) and returns their paths. Throws a BatonError (`io`) where that cannot be. */
export function ensureHome(home: string): HomePaths {
  const paths = homePaths(home);
  for (const folder of [paths.home, paths.run, paths.logs, paths.artifacts, paths.requests]) {
    ensurePrivateFolder(folder, 'Set BATON_HOME to a folder that you can write to.');
  }
  return paths;
}

/** Creates `folder` (0700) with its parents where missing. Throws a BatonError (`io`) with `hint` if it cannot be written to. */
export function ensurePrivateFolder(folder: string, hint: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder');
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BatonError('io', `The folder ${folder} cannot be used: ${why}`, { hint, cause });
  }
}

import { mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { ensurePrivateFolder, resolveCache } from '../home.js';
import { waitForLock } from '../lock.js';
import { download } from './download.js';
import { goInstall } from './go-install.js';
import { checkBinary, findOnPath, type ServerBinary, TEMPORAL_CLI_VERSION } from './verify.js';

export interface FindOptions {
  env?: Readonly<Record<string, string | undefined>>;
  /** One line of what is going on, the first within a second of anything that takes longer. */
  onProgress?: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * A `temporal` program whose server is new enough: on PATH, else in Baton's cache, else downloaded, else built with Go; the last two fill
 * the cache, one process at a time. Throws a BatonError (`no_server`) that lists what was tried, or what `signal` was aborted with.
 */
export async function findServerBinary(options: FindOptions = {}): Promise<ServerBinary> {
  const env = options.env ?? process.env;
  const onProgress = options.onProgress ?? (() => undefined);
  const signal = options.signal ?? new AbortController().signal;
  const tried: string[] = [];
  const onPath = await findOnPath(env);
  if (onPath.kind === 'usable') return onPath.binary;
  tried.push(`PATH: ${onPath.reason}`);
  const folder = join(resolveCache(env), 'temporal');
  const cached = cachedBinaryPath(env);
  const kept = await useCached(cached);
  if (kept) return kept;
  ensurePrivateFolder(folder, 'Set XDG_CACHE_HOME to a folder that you can write to, or put `temporal` on PATH.');
  const wait = (): void => onProgress('another command is fetching the Temporal server; waiting for it');
  const lock = await waitForLock(`temporal binary in ${realpathSync(folder)}`, wait, signal);
  try {
    const fetchedMeanwhile = await useCached(cached);
    if (fetchedMeanwhile) return fetchedMeanwhile;
    tried.push('cache: nothing usable');
    return await fetchBinary({ env, onProgress, signal, folder, cached, tried });
  } finally {
    await lock.release();
  }
}

/** Where Baton keeps the program that it fetched. */
export function cachedBinaryPath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(resolveCache(env), 'temporal', `v${TEMPORAL_CLI_VERSION}`, 'temporal');
}

/** A cached program that does not run is removed, so that it is fetched again. */
async function useCached(path: string): Promise<ServerBinary | undefined> {
  const check = await checkBinary(path, 'cache');
  if (check.kind === 'usable') return check.binary;
  if (check.kind === 'broken') rmSync(path, { force: true, recursive: true });
  return undefined;
}

interface Fetch {
  env: Readonly<Record<string, string | undefined>>;
  onProgress: (line: string) => void;
  signal: AbortSignal;
  folder: string;
  cached: string;
  tried: string[];
}

async function fetchBinary(fetching: Fetch): Promise<ServerBinary> {
  removeLeftovers(fetching.folder);
  const ways = [
    { source: 'download', get: download },
    { source: 'go install', get: goInstall },
  ] as const;
  for (const { source, get } of ways) {
    const into = join(fetching.folder, `.fetch-${process.pid}-${source.replace(' ', '-')}`);
    mkdirSync(into, { recursive: true, mode: 0o700 });
    try {
      const got = await get({ env: fetching.env, into, onProgress: fetching.onProgress, signal: fetching.signal });
      const check = await checkBinary(got, source);
      if (check.kind !== 'usable') throw new Error(check.reason);
      mkdirSync(join(fetching.cached, '..'), { recursive: true, mode: 0o700 });
      renameSync(got, fetching.cached);
      return { ...check.binary, path: fetching.cached };
    } catch (error) {
      fetching.signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      fetching.tried.push(`${source}: ${reason}`);
      fetching.onProgress(`${source} of the Temporal server did not work: ${reason}`);
    } finally {
      rmSync(into, { recursive: true, force: true });
    }
  }
  throw new BatonError('no_server', `No Temporal server could be found or fetched.\n  ${fetching.tried.join('\n  ')}`, {
    hint:
      'Install Go (https://go.dev/dl) or put `temporal` (https://docs.temporal.io/cli) on PATH and try again, ' +
      'or set TEMPORAL_ADDRESS to a server that runs.',
  });
}

/** What an interrupted fetch left behind; the lock is held, so nobody uses it. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith('.fetch-')) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

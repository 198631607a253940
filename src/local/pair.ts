import { setTimeout as sleep } from 'node:timers/promises';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { NAMESPACE } from '../contract/names.js';
import { existingCluster } from './cluster.js';
import { askSupervisor, supervisorLockName, type SupervisorStatus } from './control.js';
import { ensureHome, homePaths } from './home.js';
import { ensureKey, readKey } from './key.js';
import { type Lock, tryLock } from './lock.js';
import { logTail } from './logs.js';
import { answers, splitAddress } from './ports.js';
import { endProcess, startProcess } from './processes.js';
import { liveRunFile, removeRunFile, type RunFile } from './run-files.js';
import { readFailure } from './supervision/failure.js';
import { compareVersions } from './versions.js';

/** Where the pair works. `embedded`: the server is Baton's own. */
export interface PairPlace {
  address: string;
  uiUrl: string | null;
  namespace: string;
  embedded: boolean;
}

export interface EnsureOptions {
  home: string;
  /** The argv of a process that calls `runSupervisor` for the `BATON_HOME` of its environment. */
  supervisorCommand: readonly string[];
  onProgress?: (line: string) => void;
  /** Baton's version: an older worker is asked to drain and replaced; with a newer one this only talks. */
  version?: string;
  /** Ends the waiting, not the pair that is starting. */
  signal?: AbortSignal;
}

const PAIR_START_MS = LIMITS.downloadMs + LIMITS.serverBuildMs + LIMITS.serverStartMs + 3 * LIMITS.workerStartMs;
const STOP_MS = 2 * LIMITS.stopGraceMs + LIMITS.serverStartMs;

/**
 * The pair of this data folder, started in the background if none runs; two commands at once get one. Throws the BatonError with which the
 * start failed (`no_server`, `no_worker`), or `refused` if the pair that runs works for another cluster than the settings name.
 */
export async function ensurePair(options: EnsureOptions): Promise<PairPlace> {
  const home = ensureHome(options.home).home;
  ensureKey(home);
  const onProgress = options.onProgress ?? (() => undefined);
  const cluster = await existingCluster(home);
  const found = await askSupervisor(home, 'status');
  if (found) {
    refuseOtherCluster(found, cluster);
    if (options.version !== undefined && compareVersions(found.version, options.version) < 0) {
      onProgress(`replacing the worker of Baton ${found.version}`);
      await askSupervisor(home, 'replace', STOP_MS);
    } else if (await isReady(found)) return placeOf(found);
  }
  return waitForPair({ ...options, home, onProgress });
}

async function waitForPair(options: EnsureOptions & { onProgress: (line: string) => void }): Promise<PairPlace> {
  const { home, onProgress, signal } = options;
  const began = Date.now();
  let starts = 0;
  let running = false;
  // What a supervisor says before it has begun to do anything.
  let said = 'starting';
  while (Date.now() - began < PAIR_START_MS) {
    signal?.throwIfAborted();
    const status = await askSupervisor(home, 'status');
    if (status && (await isReady(status))) return placeOf(status);
    if (status) {
      if (status.step !== said) onProgress(status.step);
      said = status.step;
    } else if (!running) {
      const failure = readFailure(home, began);
      if (failure) throw failure;
      if (starts === LIMITS.supervisorStarts) break;
      if (starts === 0) onProgress("starting Baton's server and worker in the background");
      starts++;
      running = true;
      await spawnSupervisor(options, () => (running = false));
    }
    await sleep(LIMITS.pairPollMs, undefined, signal ? { signal } : {});
  }
  const { supervisorLog } = homePaths(home);
  throw new BatonError('internal', `The background pair did not start.\n${logTail(supervisorLog)}`, {
    hint: `Its log is ${supervisorLog}. \`baton doctor\` may say more.`,
  });
}

/** Starts the supervisor in a session of its own and calls back when it is gone. */
async function spawnSupervisor(options: EnsureOptions, onGone: () => void): Promise<void> {
  const { process: supervisor } = await startProcess({
    command: options.supervisorCommand,
    env: { ...process.env, BATON_HOME: options.home },
    cwd: options.home,
    logPath: homePaths(options.home).supervisorLog,
  });
  void supervisor.exited.then(onGone);
}

/** The supervisor may know less than the moment: a server that was killed just now no longer takes connections. */
async function isReady(status: SupervisorStatus): Promise<boolean> {
  if (status.state !== 'ready' || status.address === null) return false;
  const parts = splitAddress(status.address);
  return !status.embedded || (parts !== undefined && (await answers(parts.host, parts.port, LIMITS.connectMs)));
}

function placeOf(status: SupervisorStatus): PairPlace {
  return {
    address: status.address ?? '',
    uiUrl: status.uiUrl,
    namespace: status.namespace,
    embedded: status.embedded,
  };
}

function refuseOtherCluster(
  status: SupervisorStatus,
  wanted: { address: string; namespace: string } | undefined,
): void {
  const same = wanted ? status.address === wanted.address && status.namespace === wanted.namespace : status.embedded;
  if (same || status.address === null) return;
  const asked = wanted ? `the Temporal settings name ${wanted.address}` : 'the Temporal settings name no cluster';
  throw new BatonError('refused', `The pair of this data folder works for ${status.address}; ${asked}.`, {
    hint: 'End it with `baton down` and try again, or use another BATON_HOME.',
  });
}

/** What runs, without starting or asking anything: from the settings and the run files. */
export interface FoundPair extends PairPlace {
  server: RunFile | undefined;
  worker: RunFile | undefined;
}

/** The place of the pair if an existing cluster is named or the embedded server lives; else undefined. */
export async function findPair(options: {
  home: string;
  env?: Readonly<Record<string, string | undefined>>;
}): Promise<FoundPair | undefined> {
  const { home } = options;
  const cluster = await existingCluster(home, options.env);
  const worker = liveRunFile(home, 'worker');
  if (cluster) return { ...cluster, uiUrl: null, embedded: false, server: undefined, worker };
  const server = liveRunFile(home, 'server');
  if (!server) return undefined;
  return { address: server.address, uiUrl: server.uiUrl, namespace: NAMESPACE, embedded: true, server, worker };
}

/** What `stopPair` ended, by process id. */
export interface StoppedPair {
  supervisor: number | null;
  worker: number | null;
  server: number | null;
}

/** Ends worker, server and supervisor of this data folder, also where the supervisor is gone. All null if nothing ran. */
export async function stopPair(options: { home: string }): Promise<StoppedPair> {
  const { home } = options;
  const key = readKey(home);
  if (key === undefined) return { supervisor: null, worker: null, server: null };
  const [worker, server] = [liveRunFile(home, 'worker'), liveRunFile(home, 'server')];
  const stopped = await askSupervisor(home, 'stop', STOP_MS);
  const lock = await lockSupervisor(home, key);
  try {
    for (const name of ['worker', 'server'] as const) {
      const left = liveRunFile(home, name);
      if (left) await endProcess(left, LIMITS.stopGraceMs);
      removeRunFile(home, name);
    }
  } finally {
    await lock.release();
  }
  return { supervisor: stopped?.pid ?? null, worker: worker?.pid ?? null, server: server?.pid ?? null };
}

/** Keeps every supervisor of this data folder from starting. Throws a BatonError (`internal`) if one holds on to its lock. */
export async function lockSupervisor(home: string, key: string): Promise<Lock> {
  const end = Date.now() + LIMITS.controlMs;
  for (;;) {
    const lock = await tryLock(supervisorLockName(home, key));
    if (lock) return lock;
    if (Date.now() < end) await sleep(LIMITS.readyPollMs);
    else
      throw new BatonError('internal', 'The supervisor of the pair does not answer.', {
        hint: `End it by hand (its process id is in \`baton doctor\`); its log is ${homePaths(home).supervisorLog}.`,
      });
  }
}

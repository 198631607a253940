import { realpathSync } from 'node:fs';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { serveControl, supervisorLockName } from './control.js';
import { deferred } from './deferred.js';
import { ensureHome, homePaths } from './home.js';
import { ensureKey, readKey } from './key.js';
import { tryLock } from './lock.js';
import { trimLog } from './logs.js';
import type { ServerBinary } from './server-binary/verify.js';
import { clearFailure, writeFailure } from './supervision/failure.js';
import { type IdleOptions, watchIdle } from './supervision/idle.js';
import { Pair, type PairEvent } from './supervision/pair-keeper.js';

export interface SupervisorOptions extends IdleOptions {
  home: string;
  /** The worker's argv. It prints `BATON_WORKER_READY` on a line of its own once it polls. */
  workerCommand: readonly string[];
  /** Baton's version, recorded in `worker.json`. */
  version: string;
  /** Used instead of looking for one. */
  serverBinary?: ServerBinary;
  /** In the foreground the loss of the terminal ends the pair too. */
  foreground: boolean;
  onEvent?: (event: SupervisorEvent) => void;
  /** How long a worker may take to end after it was asked to. */
  graceMs?: number;
}

export type EndReason = 'asked' | 'signal' | 'idle' | 'replaced' | 'home_gone';
export type SupervisorEvent = PairEvent | { kind: 'stopping'; why: EndReason };
export type SupervisorEnd = { kind: 'already_running' } | { kind: 'ended'; why: EndReason };

/**
 * Keeps one server and one worker for a data folder running, until it is asked to end, gets a signal, or they are idle. Returns at once if
 * another supervisor does so already. Throws a BatonError, which is recorded for the commands that wait, if the pair cannot be started.
 */
export async function runSupervisor(options: SupervisorOptions): Promise<SupervisorEnd> {
  const home = realpathSync(ensureHome(options.home).home);
  const key = ensureKey(home);
  const lock = await tryLock(supervisorLockName(home, key));
  if (!lock) return { kind: 'already_running' };
  const emit = options.onEvent ?? (() => undefined);
  const pair = new Pair({ ...options, home, graceMs: options.graceMs ?? LIMITS.stopGraceMs, onEvent: emit });
  const ending = deferred<EndReason>();
  const ended = deferred<undefined>();
  let lastAsked = Date.now();
  serveControl(lock.server, key, async (op) => {
    if (op === 'restart-worker') await pair.restartWorker();
    if (op === 'stop' || op === 'replace') {
      ending.resolve(op === 'stop' ? 'asked' : 'replaced');
      await ended.promise;
    }
    lastAsked = Date.now();
    return pair.status();
  });
  const onSignal = (): void => ending.resolve('signal');
  const signals = options.foreground ? (['SIGTERM', 'SIGINT', 'SIGHUP'] as const) : (['SIGTERM', 'SIGINT'] as const);
  for (const signal of signals) process.on(signal, onSignal);
  const stopWatching = watchHome(home, key, () => ending.resolve('home_gone'));
  const stopIdle = watchIdle({ options, pair, lastAsked: () => lastAsked, onIdle: () => ending.resolve('idle') });
  try {
    clearFailure(home);
    const why = await Promise.race([ending.promise, pair.run()]);
    emit({ kind: 'stopping', why });
    await pair.end({ keepServer: why === 'replaced' });
    return { kind: 'ended', why };
  } catch (error) {
    await pair.end({ keepServer: false });
    writeFailure(home, error);
    throw error instanceof BatonError ? error : new BatonError('internal', String(error), { cause: error });
  } finally {
    stopWatching();
    stopIdle();
    for (const signal of signals) process.off(signal, onSignal);
    ended.resolve(undefined);
    await lock.release();
  }
}

/** Bounds the logs, and notices a data folder that was deleted or replaced under its supervisor. */
function watchHome(home: string, key: string, onGone: () => void): () => void {
  const { serverLog, workerLog, supervisorLog } = homePaths(home);
  const timer = setInterval(() => {
    try {
      if (readKey(home) !== key) return onGone();
      for (const log of [serverLog, workerLog, supervisorLog]) trimLog(log);
    } catch {
      onGone();
    }
  }, LIMITS.supervisorWatchMs);
  return () => clearInterval(timer);
}

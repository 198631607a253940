import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { openLog, sizeOf } from './logs.js';
import { isAlive, startTimeOf } from './process-identity.js';

/** A process of the pair, started here or found. `exited` resolves, once, to how it ended as a person reads it. */
export interface WatchedProcess {
  pid: number;
  startTime: string;
  exited: Promise<string>;
}

export interface Start {
  command: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  logPath: string;
}

/**
 * Starts a process in a session of its own with both outputs in a log, so that it outlives its starter. `logFrom` is the byte of the log
 * at which its output begins. Throws a BatonError (`not_installed`) if it cannot be started.
 */
export async function startProcess(start: Start): Promise<{ process: WatchedProcess; logFrom: number }> {
  const [program = '', ...args] = start.command;
  const log = openLog(start.logPath);
  const logFrom = sizeOf(start.logPath);
  try {
    const child = spawn(program, args, {
      cwd: start.cwd,
      env: start.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    const exited = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with code ${code}`));
    });
    const failed = new Promise<Error>((resolve) => child.once('error', resolve));
    if (child.pid === undefined) {
      const cause = await failed;
      throw new BatonError('not_installed', `${program} could not be started: ${cause.message}`, { cause });
    }
    child.unref();
    // A child that is gone already has no start time; the empty one never equals a living process's.
    return { process: { pid: child.pid, startTime: startTimeOf(child.pid) ?? '', exited }, logFrom };
  } finally {
    closeSync(log);
  }
}

/** Watches a process that someone else started. Polling it keeps no event loop alive. */
export function adoptProcess(pid: number, startTime: string): WatchedProcess {
  const exited = new Promise<string>((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(pid, startTime)) return;
      clearInterval(timer);
      resolve('ended');
    }, LIMITS.processPollMs);
    timer.unref();
  });
  return { pid, startTime, exited };
}

/** TERM, then after the grace KILL to its whole group. Resolves when it is gone; a process that was gone before is fine. */
export async function endProcess(target: { pid: number; startTime: string }, graceMs: number): Promise<void> {
  sendSignal(target, 'SIGTERM', false);
  if (await goneWithin(target, graceMs)) return;
  sendSignal(target, 'SIGKILL', true);
  await goneWithin(target, LIMITS.stopGraceMs);
}

function sendSignal(target: { pid: number; startTime: string }, signal: NodeJS.Signals, group: boolean): void {
  if (!isAlive(target.pid, target.startTime)) return;
  for (const pid of group ? [-target.pid, target.pid] : [target.pid]) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in between, or leads no group.
    }
  }
}

async function goneWithin(target: { pid: number; startTime: string }, ms: number): Promise<boolean> {
  const end = Date.now() + ms;
  while (isAlive(target.pid, target.startTime)) {
    if (Date.now() >= end) return false;
    await sleep(LIMITS.readyPollMs);
  }
  return true;
}

/** Sleeps; an abort ends it early and is no error. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}

/** Waits for `promise`, at most until `signal` is aborted: then undefined. Leaves no listener behind. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let stop = (): void => undefined;
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

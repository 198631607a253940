import { closeSync, copyFileSync, fstatSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../contract/limits.js';

/** Opens a log for appending, by file descriptor. A log over the limit is first set aside as `NAME.1`, in place of an older one. */
export function openLog(path: string): number {
  if (sizeOf(path) > LIMITS.logBytes) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/**
 * Bounds a log that a running process appends to: what it holds is copied to `NAME.1` and cut off. Lines written between the two are
 * lost, which a log can bear; the writer's descriptor stays good, so the log outlives its supervisor.
 */
export function trimLog(path: string): void {
  if (sizeOf(path) <= LIMITS.logBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}

export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * What a program that broke down wrote after byte `from`, without the stacks of its threads, which come after the cause and can be longer
 * than any tail of the log; at most the last `LIMITS.logTailBytes` of that.
 */
export function logOfFailure(path: string, from: number): string {
  const [cause = ''] = read(path, from, LIMITS.failureLogBytes).split(/^goroutine \d+ /m, 1);
  return cause.trim().slice(-LIMITS.logTailBytes);
}

/** The end of a log, at most `LIMITS.logTailBytes`, never from before byte `from`. */
export function logTail(path: string, from = 0): string {
  return read(path, Math.max(from, sizeOf(path) - LIMITS.logTailBytes), LIMITS.logTailBytes).trim();
}

function read(path: string, from: number, bytes: number): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(Math.max(0, Math.min(bytes, fstatSync(file).size - from)));
    const length = readSync(file, buffer, 0, buffer.length, from);
    return buffer.subarray(0, length).toString('utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * Waits until a whole line of the log after byte `from` is `line`. A file rather than a pipe carries it, because a pipe would break when
 * the reader dies and take the writer with it. Resolves to false when `signal` is aborted first.
 */
export async function waitForLine(path: string, from: number, line: string, signal: AbortSignal): Promise<boolean> {
  const wanted = Buffer.from(`${line}\n`);
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(64 * 1024);
    let position = from;
    let rest = Buffer.from('\n');
    while (!signal.aborted) {
      const length = readSync(file, buffer, 0, buffer.length, position);
      position += length;
      const text = Buffer.concat([rest, buffer.subarray(0, length)]);
      if (text.includes(Buffer.concat([Buffer.from('\n'), wanted]))) return true;
      rest = Buffer.from(text.subarray(Math.max(0, text.length - wanted.length)));
      if (length === 0) await sleep(LIMITS.readyPollMs, undefined, { signal }).catch(() => undefined);
    }
    return false;
  } finally {
    closeSync(file);
  }
}

import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { findMembers, readProc } from '../../../src/agents/process/find.js';
import { runProcess } from '../../../src/agents/process/run.js';
import type { ProcessEnd, ProcessHooks, ProcessSpec } from '../../../src/agents/process/run.js';

export const newKey = (): string => `baton-test-${randomUUID()}`;

/** Pids of the living processes that carry the marker. */
export const carriers = (key: string): number[] =>
  findMembers(readProc(), { keys: new Set([key]), leaders: new Set(), known: new Set() }).map((row) => row.pid);

/** Whether a process of the task is this command, with its arguments after spaces. */
export const isRunning = (key: string, command: string): boolean =>
  carriers(key).some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim() === command;
    } catch {
      return false;
    }
  });

export const isAlive = (pid: number): boolean => readProc().some((row) => row.pid === pid);

/** Waits until it holds; fails after 10 s. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const began = Date.now();
  while (!holds()) {
    if (Date.now() - began > 10_000) throw new Error(`it did not come to be that ${what}`);
    await sleep(20);
  }
}

export interface RunOptions extends Partial<ProcessSpec> {
  hooks?: Partial<ProcessHooks>;
}

/** Runs argv with limits that no healthy command meets. */
export function run(argv: string[], { hooks, ...more }: RunOptions = {}): Promise<ProcessEnd> {
  const spec: ProcessSpec = {
    argv,
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    taskKey: newKey(),
    timeLimitMs: 60_000,
    killGraceMs: 1500,
    outputBytes: 1024 * 1024,
    ...more,
  };
  return runProcess(spec, { signal: new AbortController().signal, ...hooks });
}

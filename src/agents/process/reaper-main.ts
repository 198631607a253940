/**
 * The reaper's program. It reads `+KEY`, `+KEY PID` and `-KEY`, one a line; when its input ends, the worker that wrote it is gone, and
 * every process of a key that is open is killed. It imports next to nothing: one of it runs beside every worker.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../contract/limits.js';
import { findMembers, hasProc, readProc, readPs } from './find.js';
import type { Target } from './find.js';

const open = new Map<string, Set<number>>();
let rest = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) take(line);
});
process.stdin.on('error', () => undefined);
process.stdin.once('close', () => void reap());
// It ends by the end of its input alone: a signal to all processes of a service must not remove the guard first.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

function take(line: string): void {
  const [key = '', pid] = line.slice(1).split(' ');
  if (line.startsWith('-')) open.delete(key);
  if (!line.startsWith('+')) return;
  const pids = open.get(key) ?? new Set();
  open.set(key, pids);
  if (pid !== undefined && Number(pid) > 1) pids.add(Number(pid));
}

async function reap(): Promise<void> {
  if (open.size === 0) process.exit(0);
  const proc = hasProc();
  // Groups are trusted only where there are no markers: a group's number may belong to another by now.
  const leaders = new Set(proc ? [] : [...open.values()].flatMap((pids) => [...pids]));
  const all: Target = { keys: new Set(open.keys()), leaders, known: new Set() };
  const began = performance.now();
  for (;;) {
    const passed = performance.now() - began;
    if (passed > LIMITS.reaperMs) process.exit(0);
    // A new worker may by now run the same task again, under the same key.
    const target: Target = passed > LIMITS.reaperNewProcessMs ? { ...all, keys: new Set() } : all;
    for (const row of findMembers(proc ? readProc() : await readPs(), target)) {
      try {
        process.kill(row.pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    }
    await sleep(LIMITS.processScanIntervalMs);
  }
}

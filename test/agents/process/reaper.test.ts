import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endLeftovers } from '../../../src/agents/process/end.js';
import { hasProc, MARKER, readProc } from '../../../src/agents/process/find.js';
import { createReaper } from '../../../src/agents/process/reaper.js';
import type { Reaper } from '../../../src/agents/process/reaper.js';
import { compile } from './compiled.js';
import { carriers, isAlive, newKey, until } from './helpers.js';

let compiled: ReturnType<typeof compile>;
beforeAll(() => void (compiled = compile()));
afterAll(() => compiled.remove());

const entry = (): string => compiled.file('agents/process/reaper-main.js');
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

function reaperWith(onWarning: (message: string) => void = () => undefined, program = entry()): Reaper {
  const reaper = createReaper({ onWarning, entry: program });
  cleanUps.push(() => reaper.close());
  return reaper;
}

/** A process that carries the marker and is no child of a task that runs here. */
function bystander(key: string): ChildProcess {
  const child = spawn('sleep', ['60'], {
    env: { PATH: process.env['PATH'], [MARKER]: key },
    detached: true,
    stdio: 'ignore',
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  return child;
}

const reapersOf = (parent: number): number[] =>
  readProc()
    .filter((row) => row.parent === parent && readFileSync(`/proc/${row.pid}/cmdline`, 'utf8').includes('reaper-main'))
    .map((row) => row.pid);

const worker = (): string => `
  import { createReaper } from ${JSON.stringify(compiled.url('agents/process/reaper.js'))};
  import { runProcess } from ${JSON.stringify(compiled.url('agents/process/run.js'))};
  const reaper = createReaper({ onWarning: (message) => console.error(message) });
  const script = 'setsid sh -c "trap \\'\\' TERM HUP; sleep 60; sleep 60" & (sleep 60; sleep 60) & sleep 60; sleep 60';
  for (const taskKey of process.argv.slice(2)) {
    reaper.add(taskKey);
    void runProcess({ argv: ['bash', '-c', script], cwd: '/', env: { PATH: process.env.PATH }, taskKey,
      timeLimitMs: 60000, killGraceMs: 1500, outputBytes: 1024 },
      { signal: new AbortController().signal, onStart: (pid) => reaper.started(taskKey, pid) });
  }
`;

describe.skipIf(!hasProc())('the reaper', () => {
  it('leaves no process of ten trees within 2 s of kill -9 of their worker', async () => {
    const keys = Array.from({ length: 10 }, newKey);
    const file = compiled.file('worker.js');
    writeFileSync(file, worker());
    const child = spawn(process.execPath, [file, ...keys], { stdio: 'inherit' });
    cleanUps.push(...keys.map((key) => () => endLeftovers(key)));
    await until(() => keys.every((key) => carriers(key).length >= 5), 'all trees are complete');
    const [reaper = 0] = reapersOf(child.pid ?? 0);
    expect(isAlive(reaper)).toBe(true);

    child.kill('SIGKILL');
    const began = Date.now();
    await until(() => keys.every((key) => carriers(key).length === 0), 'all processes are gone');
    expect(Date.now() - began).toBeLessThan(2000);
    await until(() => !isAlive(reaper), 'the reaper has ended too');
    expect(keys.flatMap(carriers)).toEqual([]);
  }, 40_000);

  it('kills when it is closed what is still open, and spares what was removed', async () => {
    const reaper = reaperWith();
    const [open, removed] = [newKey(), newKey()];
    for (const key of [open, removed]) {
      reaper.add(key);
      bystander(key);
    }
    reaper.remove(removed);
    await until(() => carriers(open).length === 1 && carriers(removed).length === 1, 'both run');
    await reaper.close();
    expect(carriers(open)).toEqual([]);
    expect(carriers(removed)).toHaveLength(1);
  });

  it('keeps a key that was added twice until it is removed twice', async () => {
    const reaper = reaperWith();
    const key = newKey();
    reaper.add(key);
    reaper.add(key);
    reaper.remove(key);
    bystander(key);
    await until(() => carriers(key).length === 1, 'it runs');
    await reaper.close();
    expect(carriers(key)).toEqual([]);
  });

  it('that dies is replaced, and the new one knows the open keys', async () => {
    const warnings: string[] = [];
    const reaper = reaperWith((message) => warnings.push(message));
    const key = newKey();
    reaper.add(key);
    await until(() => reapersOf(process.pid).length === 1, 'it runs');
    const [first = 0] = reapersOf(process.pid);
    process.kill(first, 'SIGKILL');
    await until(() => reapersOf(process.pid).some((pid) => pid !== first), 'another runs');
    expect(warnings).toHaveLength(1);
    bystander(key);
    await until(() => carriers(key).length === 1, 'it runs');
    await reaper.close();
    expect(carriers(key)).toEqual([]);
  });

  it('is not ended by TERM, which a service sends to all its processes', async () => {
    reaperWith();
    await until(() => reapersOf(process.pid).length === 1, 'it runs');
    const [pid = 0] = reapersOf(process.pid);
    // Before its handlers are set, of which HUP is the last, it would die of the signal.
    await until(() => caught(pid, 1), 'it handles HUP');
    process.kill(pid, 'SIGTERM');
    await sleep(200);
    expect(isAlive(pid)).toBe(true);
  });

  it('that cannot start is a warning, and the worker goes on', async () => {
    const warnings: string[] = [];
    const reaper = reaperWith((message) => warnings.push(message), '/no/such/program.js');
    reaper.add(newKey());
    await until(() => warnings.length > 0, 'a warning came');
    reaper.remove('unknown');
    await reaper.close();
    expect(warnings[0]).toContain('exit code 1');
  });

  it('carries neither a marker nor anything else of the worker in its environment', async () => {
    reaperWith();
    await until(() => reapersOf(process.pid).length === 1, 'it runs');
    const [pid = 0] = reapersOf(process.pid);
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('');
  });

  it('refuses a key that could be taken for two lines', () => {
    expect(() => reaperWith().add('a\n+b')).toThrow('task key');
  });
});

/** Whether the process has a handler for the signal. */
function caught(pid: number, signal: number): boolean {
  const mask = /SigCgt:\s*([0-9a-f]+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

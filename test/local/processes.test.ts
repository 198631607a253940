import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import { logOfFailure, logTail, openLog, trimLog, waitForLine } from '../../src/local/logs.js';
import { isAlive, startTimeOf } from '../../src/local/process-identity.js';
import { adoptProcess, endProcess, startProcess } from '../../src/local/processes.js';
import { liveRunFile, readRunFile, removeRunFile, type RunFile, writeRunFile } from '../../src/local/run-files.js';
import { keepAlive } from '../../src/local/supervision/keep-alive.js';
import { temporaryFolder } from './helpers/folders.js';

function homeWithRun(): string {
  const home = temporaryFolder();
  mkdirSync(join(home, 'run'));
  return home;
}

const record = (pid: number, startTime: string): RunFile => ({
  v: 1,
  pid,
  startTime,
  address: '127.0.0.1:7233',
  uiUrl: null,
  version: '0.1.0',
  state: 'ready',
});

async function endedProcess(): Promise<{ pid: number; startTime: string }> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  const startTime = startTimeOf(pid) ?? '';
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { pid, startTime };
}

describe('a run file', () => {
  it('names a live process only as long as that very process lives', async () => {
    const home = homeWithRun();
    const own = startTimeOf(process.pid) ?? '';
    writeRunFile(home, 'worker', record(process.pid, own));
    expect(liveRunFile(home, 'worker')).toEqual(record(process.pid, own));
    removeRunFile(home, 'worker');
    expect(liveRunFile(home, 'worker')).toBeDefined();
    // The number is in use again, by a process that started at another time.
    writeRunFile(home, 'worker', record(process.pid, `${own}9`));
    expect(liveRunFile(home, 'worker')).toBeUndefined();
    expect(readRunFile(home, 'worker')?.pid).toBe(process.pid);
    const dead = await endedProcess();
    writeRunFile(home, 'worker', record(dead.pid, dead.startTime));
    expect(liveRunFile(home, 'worker')).toBeUndefined();
    removeRunFile(home, 'worker');
    expect(readRunFile(home, 'worker')).toBeUndefined();
  });

  it('that is torn, foreign or too long counts as none, and is for its owner alone', () => {
    const home = homeWithRun();
    writeRunFile(home, 'server', record(1, 'x'));
    expect(statSync(join(home, 'run', 'server.json')).mode & 0o777).toBe(0o600);
    for (const text of ['', '{"v":1,"pid":', 'null', '[]', '{"v":2}', `"${'x'.repeat(LIMITS.runFileBytes)}"`]) {
      writeFileSync(join(home, 'run', 'server.json'), text);
      expect(readRunFile(home, 'server')).toBeUndefined();
    }
  });
});

describe('the identity of a process', () => {
  it('is stable, differs from process to process, and is none for a process that is gone or a zombie', async () => {
    expect(startTimeOf(process.pid)).toBe(startTimeOf(process.pid));
    expect(isAlive(process.pid, startTimeOf(process.pid) ?? '')).toBe(true);
    expect([startTimeOf(0), startTimeOf(-1), startTimeOf(2 ** 40), startTimeOf(1.5)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(startTimeOf((await endedProcess()).pid)).toBeUndefined();
  });

  it('is read past a program name with spaces and parentheses', async () => {
    const folder = temporaryFolder();
    const program = join(folder, 'a) S 1 (b');
    writeFileSync(program, '#!/bin/sh\nread line\n', { mode: 0o755 });
    const child = spawn(program, [], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    expect(startTimeOf(child.pid ?? 0)).toMatch(/:\d+$|\d{4}$/);
    child.stdin.end();
    await once(child, 'exit');
  });
});

describe('ending a process', () => {
  it('asks first, and forces one that does not listen together with its group', async () => {
    const folder = temporaryFolder();
    const script = `trap '' TERM; sleep 300 & echo child $!; while :; do sleep 0.1; done`;
    const logPath = join(folder, 'log');
    const started = await startProcess({ command: ['sh', '-c', script], env: process.env, cwd: folder, logPath });
    while (!logTail(logPath)) await sleep(20);
    const childPid = Number(/\d+/.exec(logTail(logPath))?.[0]);
    const childStart = startTimeOf(childPid) ?? '';
    expect(isAlive(childPid, childStart)).toBe(true);
    await endProcess(started.process, 300);
    expect(await started.process.exited).toBe('ended by SIGKILL');
    while (isAlive(childPid, childStart)) await sleep(20);
    await endProcess(started.process, 300);
  });

  it('of someone else is noticed', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const found = adoptProcess(child.pid ?? 0, startTimeOf(child.pid ?? 0) ?? '');
    await endProcess(found, 5000);
    expect(await found.exited).toBe('ended');
  });

  it('is an error when the program is not there', async () => {
    const folder = temporaryFolder();
    const start = startProcess({
      command: ['no-such-program'],
      env: process.env,
      cwd: folder,
      logPath: join(folder, 'log'),
    });
    await expect(start).rejects.toMatchObject({ code: 'not_installed' });
  });
});

describe('a log', () => {
  it('over the limit is set aside when it is opened, and cut while it is written to', () => {
    const path = join(temporaryFolder(), 'log');
    writeFileSync(path, 'x'.repeat(LIMITS.logBytes + 1));
    openLog(path);
    expect([statSync(path).size, statSync(`${path}.1`).size]).toEqual([0, LIMITS.logBytes + 1]);
    writeFileSync(path, 'y'.repeat(LIMITS.logBytes + 2));
    trimLog(path);
    expect([statSync(path).size, statSync(`${path}.1`).size]).toEqual([0, LIMITS.logBytes + 2]);
    expect(readFileSync(`${path}.1`, 'utf8').startsWith('y')).toBe(true);
  });

  it('shows a line once it stands there whole, also in pieces and not as a part of another', async () => {
    const path = join(temporaryFolder(), 'log');
    writeFileSync(path, 'READY\nold\n');
    const from = statSync(path).size;
    const waiting = waitForLine(path, from, 'READY', AbortSignal.timeout(10_000));
    const { appendFile } = await import('node:fs/promises');
    for (const piece of ['not READY\n', 'READY or not\nREA', 'DY']) {
      await appendFile(path, piece);
      await sleep(80);
    }
    expect(await Promise.race([waiting, sleep(200).then(() => 'still waiting')])).toBe('still waiting');
    await appendFile(path, '\n');
    expect(await waiting).toBe(true);
    expect(await waitForLine(path, statSync(path).size, 'READY', AbortSignal.timeout(100))).toBe(false);
  });
});

describe('keeping a process alive', () => {
  const gone = (why: string): { pid: number; startTime: string; exited: Promise<string> } => ({
    pid: 0,
    startTime: '',
    exited: Promise.resolve(why),
  });

  it('starts it again whenever it ends, later and later if it dies fast, until it is stopped', async () => {
    const stop = new AbortController();
    const starts: number[] = [];
    const downs: string[] = [];
    await keepAlive({
      start: async () => {
        starts.push(performance.now());
        if (starts.length === 5) stop.abort();
        return gone(`end ${starts.length}`);
      },
      firstDelayMs: 20,
      maxDelayMs: 80,
      mayRetry: () => true,
      onDown: (why) => downs.push(why),
      signal: stop.signal,
    });
    expect(downs).toEqual(['end 1', 'end 2', 'end 3', 'end 4']);
    const waits = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
    expect(waits.map((wait, index) => wait >= [19, 39, 79, 79][index]!)).toEqual([true, true, true, true]);
  });

  it('gives up with the last error once it may not try again', async () => {
    let starts = 0;
    const keeping = keepAlive({
      start: () => Promise.reject(new Error(`no ${++starts}`)),
      firstDelayMs: 1,
      maxDelayMs: 1,
      mayRetry: (failed) => failed < 3,
      onDown: () => undefined,
      signal: new AbortController().signal,
    });
    await expect(keeping).rejects.toThrow('no 3');
  });
});

describe('the log of a program that broke down', () => {
  it('gives its cause, however long the stacks behind it are, and nothing from before its start', () => {
    const path = join(temporaryFolder(), 'server.log');
    const before = 'address already in use, long ago\n';
    const cause =
      'level=ERROR msg="Failed to start" error="bind: address already in use"\npanic: nil pointer dereference';
    writeFileSync(path, `${before}${cause}\n\ngoroutine 1 [running]:\n${'frame at file.go:1\n'.repeat(2000)}`);
    expect(logOfFailure(path, before.length)).toBe(cause);
    writeFileSync(path, `${'x'.repeat(10_000)}the end\n`);
    expect(logOfFailure(path, 0)).toHaveLength(LIMITS.logTailBytes);
    expect(logOfFailure(path, 0)).toMatch(/the end$/);
    expect(logOfFailure(`${path}.none`, 0)).toBe('');
  });
});

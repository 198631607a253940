import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endLeftovers } from '../../../src/agents/process/end.js';
import { hasProc, readProc } from '../../../src/agents/process/find.js';
import { createLauncher } from '../../../src/agents/process/launcher.js';
import type { Launcher } from '../../../src/agents/process/launcher.js';
import { compile } from './compiled.js';
import { carriers, isAlive, newKey, run, until } from './helpers.js';
import type { RunOptions } from './helpers.js';

let compiled: ReturnType<typeof compile>;
beforeAll(() => void (compiled = compile()));
afterAll(() => compiled.remove());

const folder = mkdtempSync(join(tmpdir(), 'baton-launcher-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const entry = (): string => compiled.file('agents/process/launcher-main.js');

function launcher(): Launcher {
  const made = createLauncher(entry());
  cleanUps.push(() => made.close());
  return made;
}

const through = (made: Launcher, argv: string[], { hooks, ...more }: RunOptions = {}) =>
  run(argv, { ...more, hooks: { ...hooks, start: made.start } });

const launchersOf = (parent: number): number[] =>
  readProc()
    .filter(
      (row) => row.parent === parent && readFileSync(`/proc/${row.pid}/cmdline`, 'utf8').includes('launcher-main'),
    )
    .map((row) => row.pid);

/** Whether a process has a handler for a signal, by its number. */
function catches(pid: number, signal: number): boolean {
  const mask = /SigCgt:\s+(\w+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

const failing = join(folder, 'no-interpreter');
writeFileSync(failing, '#!/does/not/exist\n', { mode: 0o755 });

describe('a process that the launcher starts', () => {
  it.each<[string, string[], RunOptions]>([
    ['prints and exits', ['sh', '-c', 'echo out; echo err >&2; exit 3'], {}],
    ['reads what it is given', ['cat'], { stdin: 'ä'.repeat(100_000) }],
    ['has nothing to read', ['cat'], {}],
    [
      'sees its environment, folder and name alone',
      ['sh', '-c', 'env | sort; pwd; echo $0'],
      { cwd: folder, taskKey: 'key-1' },
    ],
    ['dies by a signal', ['sh', '-c', 'kill -9 $$'], {}],
    ['has an argument that is too long', ['echo', 'x'.repeat(300_000)], {}],
    ['has no interpreter', [failing], {}],
    ['prints bytes that are no text', ['printf', '\\377\\000\\376'], {}],
  ])('that %s, ends as a child of the worker does', async (_, argv, options) => {
    const [theirs, ours] = [await through(launcher(), argv, options), await run(argv, options)];
    const comparable = ({ startedAt, durationMs, ...rest }: typeof ours) => ({
      ...rest,
      timed: startedAt + durationMs > 0,
    });
    expect(comparable(theirs)).toEqual(comparable(ours));
  });

  it('leads a session of its own', async () => {
    let pid = 0;
    const end = await through(launcher(), ['sh', '-c', 'ps -o sid= -p $$'], {
      hooks: { onStart: (started) => (pid = started) },
    });
    expect(Number(end.output.toString())).toBe(pid);
  });

  it('has all of its output, in the order of each stream, with many at once', async () => {
    const made = launcher();
    const script = 'i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done';
    const ends = await Promise.all(Array.from({ length: 12 }, () => through(made, ['sh', '-c', script])));
    const lines = Array.from({ length: 2000 }, (_, i) => String(i)).join('\n');
    for (const end of ends) expect(end.output.toString()).toBe(`${lines}\n`);
  });

  it('is ended with its whole tree by a cancel', async () => {
    const taskKey = newKey();
    const abort = new AbortController();
    const script = 'setsid sleep 60 & sleep 60';
    const ending = through(launcher(), ['sh', '-c', script], { taskKey, hooks: { signal: abort.signal } });
    await until(() => carriers(taskKey).length >= 3, 'the tree is there');
    abort.abort('cancel');
    expect(await ending).toMatchObject({ cause: 'cancel', exitCode: null, survivors: [] });
    expect(carriers(taskKey)).toEqual([]);
  });

  it('is not waited for by who holds its pipes after its end', async () => {
    const taskKey = newKey();
    cleanUps.push(() => endLeftovers(taskKey));
    const end = await through(launcher(), ['sh', '-c', 'sleep 60 & echo done'], { taskKey });
    expect(end).toMatchObject({ cause: 'exit', exitCode: 0 });
    expect(end.durationMs).toBeLessThan(30_000);
  });
});

describe.skipIf(!hasProc())('the launcher', () => {
  it('that dies fails what it had started so that it is tried again, and is replaced', async () => {
    const taskKey = newKey();
    cleanUps.push(() => endLeftovers(taskKey));
    const made = launcher();
    const lost = expect(through(made, ['sleep', '60'], { taskKey })).rejects.toMatchObject({ code: 'io' });
    await until(() => carriers(taskKey).length === 1, 'it has started');
    for (const pid of launchersOf(process.pid)) process.kill(pid, 'SIGKILL');
    await lost;
    expect(await through(made, ['echo', 'again'])).toMatchObject({ cause: 'exit', exitCode: 0 });
  });

  it('ends with its worker, however that ends, and not by a signal to all', async () => {
    const file = compiled.file('worker.js');
    const program = `
      import { createLauncher } from ${JSON.stringify(compiled.url('agents/process/launcher.js'))};
      createLauncher();
      setInterval(() => undefined, 1000);`;
    writeFileSync(file, program);
    const worker = spawn(process.execPath, [file], {
      env: { BATON_TASK_KEY: 'a-marker', SECRET: 'x' },
      stdio: 'ignore',
    });
    const pid = worker.pid ?? 0;
    cleanUps.push(() => worker.kill('SIGKILL'));
    await until(() => launchersOf(pid).length === 1, 'the launcher is there');
    const [own = 0] = launchersOf(pid);
    expect(readFileSync(`/proc/${own}/environ`, 'utf8')).not.toMatch(/a-marker|SECRET/);
    await until(() => catches(own, 15), 'it guards itself against TERM');
    process.kill(own, 'SIGTERM');
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(own), 'the launcher is gone');
  });

  it('keeps no program alive that has nothing running', async () => {
    const file = compiled.file('short.js');
    const program = `
      import { createLauncher } from ${JSON.stringify(compiled.url('agents/process/launcher.js'))};
      const { start } = createLauncher();
      const order = { file: '/bin/sh', name: 'sh', args: ['-c', 'sleep 0.2; echo over'], cwd: '/', env: {}, stdin: null };
      const running = await start(order, (bytes) => process.stdout.write(bytes));
      await running.closed;`;
    writeFileSync(file, program);
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    expect(stdout).toBe('over\n');
  });

  it('passes 1 GiB on without holding it, and the others with it', async () => {
    const made = launcher();
    const [pid = 0] = launchersOf(process.pid);
    const flood = through(made, ['head', '-c', '1G', '/dev/zero'], { outputBytes: 1024 });
    const quick = await through(made, ['echo', 'quick']);
    expect(quick.output.toString()).toBe('quick\n');
    let most = 0;
    const timer = setInterval(() => {
      const rss = /VmRSS:\s+(\d+) kB/.exec(statusOf(pid))?.[1] ?? 0;
      most = Math.max(most, Number(rss) * 1024);
    }, 20);
    const end = await flood;
    clearInterval(timer);
    expect(end).toMatchObject({ cause: 'exit', outputBytes: 2 ** 30, truncated: true });
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(256 * 1024 * 1024);
  }, 120_000);
});

it('without its program, processes are started all the same', async () => {
  const made = createLauncher(null);
  expect(await through(made, ['echo', 'here'])).toMatchObject({ cause: 'exit', exitCode: 0 });
});

/** Empty once the process is gone. */
function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { endLeftovers } from '../../../src/agents/process/end.js';
import { hasProc } from '../../../src/agents/process/find.js';
import { carriers, isAlive, newKey, run, until } from './helpers.js';
import type { RunOptions } from './helpers.js';

/** All of it ignores TERM: a shell, its child, a grandchild, and a daemon in a session of its own. */
const STUBBORN = `trap '' TERM
  setsid sh -c 'trap "" TERM; sleep 60; sleep 60' &
  (sh -c 'trap "" TERM; sleep 60; sleep 60' & sleep 60; sleep 60) &
  while :; do sleep 60; done`;

const keys: string[] = [];
afterEach(async () => {
  for (const key of keys.splice(0)) await endLeftovers(key);
});

/** Starts it, waits until `count` processes carry the marker, then aborts with the reason. */
async function cancelled(argv: string[], count: number, reason: string, more: RunOptions = {}) {
  const abort = new AbortController();
  const taskKey = newKey();
  keys.push(taskKey);
  const ended = run(argv, { taskKey, ...more, hooks: { signal: abort.signal } });
  await until(() => carriers(taskKey).length >= count, `${count} processes run`);
  const began = Date.now();
  abort.abort(reason);
  return { end: await ended, tookMs: Date.now() - began, left: carriers(taskKey) };
}

describe.skipIf(!hasProc())('a cancel', () => {
  it('ends a tree that ignores TERM, daemons in sessions of their own included, soon after the grace', async () => {
    const { end, tookMs, left } = await cancelled(['bash', '-c', STUBBORN], 5, 'cancel', { killGraceMs: 500 });
    expect(left).toEqual([]);
    expect(end).toMatchObject({ cause: 'cancel', exitCode: null, survivors: [] });
    expect(tookMs).toBeGreaterThanOrEqual(500);
    expect(tookMs).toBeLessThan(500 + 1500);
  });

  it('is never success, though the shell then ends with 0', async () => {
    const { end } = await cancelled(['sh', '-c', 'trap "exit 0" TERM; sleep 30 & wait; true'], 2, 'cancel');
    expect(end).toMatchObject({ cause: 'cancel', exitCode: null, signal: null });
    const plain = await cancelled(['sh', '-c', 'sleep 30; true'], 2, 'cancel');
    expect(plain.end).toMatchObject({ cause: 'cancel', exitCode: null });
  });

  it('waits for no grace where everything obeys TERM', async () => {
    const { tookMs, left } = await cancelled(['sh', '-c', 'setsid sleep 60 & sleep 60'], 3, 'cancel', {
      killGraceMs: 15_000,
    });
    expect(left).toEqual([]);
    expect(tookMs).toBeLessThan(10_000);
  });

  it('lets a handler clean up within the grace', async () => {
    const script = `trap 'sleep 0.3; echo cleaned; exit 0' TERM; echo ready; while :; do sleep 0.05; done`;
    const { end } = await cancelled(['bash', '-c', script], 1, 'cancel', { killGraceMs: 10_000 });
    expect(end.output.toString()).toContain('cleaned');
  });

  it('finds a process that cleared its environment and left the group', async () => {
    const script = `env -i setsid ${process.execPath} -e 'setInterval(() => 0, 1000)' & echo $! ; sleep 60`;
    const abort = new AbortController();
    let pid = 0;
    const ended = run(['bash', '-c', script], {
      hooks: { signal: abort.signal, onOutput: (chunk) => void (pid = Number(chunk.toString())) },
    });
    await until(() => pid > 0, 'the pid is known');
    await sleep(100);
    expect(isAlive(pid)).toBe(true);
    abort.abort('cancel');
    await ended;
    expect(isAlive(pid)).toBe(false);
  });

  it('ends processes that appear while it goes on', async () => {
    const spawner = `setsid bash -c 'trap "" TERM; while :; do setsid sleep 5 & sleep 0.002; done' &`;
    const script = `trap '' TERM; ${spawner.repeat(4)} while :; do sleep 1; done`;
    const { left } = await cancelled(['bash', '-c', script], 4, 'cancel', { killGraceMs: 300 });
    expect(left).toEqual([]);
    await sleep(200);
    expect(carriers(keys.at(-1) ?? '')).toEqual([]);
  });

  it('and a worker that stops are told apart', async () => {
    expect((await cancelled(['sleep', '60'], 1, 'shutdown')).end.cause).toBe('shutdown');
  });

  it('of twenty trees at once ends them all', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, () => cancelled(['sh', '-c', 'setsid sleep 60 & sleep 60'], 3, 'cancel')),
    );
    for (const { left, end } of all) expect([left, end.cause]).toEqual([[], 'cancel']);
  });
});

describe.skipIf(!hasProc())('a time limit', () => {
  it('ends the tree and wins over the exit code', async () => {
    const taskKey = newKey();
    const script = `trap 'exit 0' TERM; setsid sleep 60 & while :; do sleep 0.05; done`;
    const end = await run(['bash', '-c', script], { taskKey, timeLimitMs: 300 });
    expect(end).toMatchObject({ cause: 'time_limit', exitCode: null });
    expect(carriers(taskKey)).toEqual([]);
  });

  it('is set once: a cancel that comes later does not change it', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort('cancel'), 500);
    const hooks = { signal: abort.signal };
    const end = await run(['bash', '-c', `trap '' TERM; while :; do sleep 1; done`], {
      ...{ hooks, timeLimitMs: 200, killGraceMs: 800 },
    });
    expect(end.cause).toBe('time_limit');
  });

  it('may be longer than a timer of Node holds', async () => {
    const end = await run(['sleep', '0.3'], { timeLimitMs: 30 * 24 * 3600 * 1000 });
    expect(end).toMatchObject({ cause: 'exit', exitCode: 0 });
  });

  it('on silence ends what hangs and spares what is slow but prints', async () => {
    const slow = 'for i in 1 2 3 4 5 6 7 8; do sleep 0.2; echo $i; done';
    const [hung, steady] = await Promise.all([
      run(['sleep', '60'], { silenceLimitMs: 1000 }),
      run(['bash', '-c', slow], { silenceLimitMs: 1000 }),
    ]);
    expect(hung.cause).toBe('silence');
    expect(steady).toMatchObject({ cause: 'exit', exitCode: 0 });
  });
});

describe.skipIf(!hasProc())('a command that exits', () => {
  it('does not wait for a daemon that holds its pipes, and leaves it alone', async () => {
    const taskKey = newKey();
    keys.push(taskKey);
    const end = await run(['bash', '-c', 'setsid sleep 60 & echo done'], { taskKey });
    expect(end).toMatchObject({ cause: 'exit', exitCode: 0 });
    expect(end.output.toString()).toBe('done\n');
    expect(end.durationMs).toBeLessThan(10_000);
    expect(carriers(taskKey)).toHaveLength(1);
  });

  it('does not wait for ever for a daemon that goes on printing', async () => {
    const taskKey = newKey();
    keys.push(taskKey);
    const end = await run(['bash', '-c', '(while :; do echo noise; sleep 0.01; done) & echo done'], { taskKey });
    expect(end).toMatchObject({ cause: 'exit', exitCode: 0 });
    expect(end.durationMs).toBeLessThan(10_000);
  });

  it('by a signal takes what is left of its tree with it', async () => {
    const taskKey = newKey();
    keys.push(taskKey);
    const end = await run(['bash', '-c', 'setsid sleep 60 & sleep 0.2; kill -KILL $$'], { taskKey });
    expect(end).toMatchObject({ cause: 'signal', signal: 'SIGKILL' });
    expect(carriers(taskKey)).toEqual([]);
  });
});

describe.skipIf(!hasProc())('leftovers', () => {
  it('of an earlier attempt are ended at once, those of others are not', async () => {
    const [mine, other] = [newKey(), newKey()];
    keys.push(other);
    await run(['bash', '-c', STUBBORN.replace(/while.*/, 'exit 0')], { taskKey: mine });
    await run(['bash', '-c', 'setsid sleep 60 & exit 0'], { taskKey: other });
    expect(carriers(mine).length).toBeGreaterThan(0);
    expect((await endLeftovers(mine)).survivors).toEqual([]);
    expect(carriers(mine)).toEqual([]);
    expect(carriers(other)).toHaveLength(1);
  });

  it('that are none are no error', async () => {
    expect(await endLeftovers(newKey())).toEqual({ ended: 0, survivors: [] });
  });
});

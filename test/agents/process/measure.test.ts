import { describe, expect, it } from 'vitest';
import { carriers, newKey, run } from './helpers.js';

const MIB = 1024 * 1024;
const ROOMY = { memoryBytes: 64 * 1024 * MIB, processes: 10_000 };

/** A program of Node's that uses so much of a processor, however long it takes, and then waits. */
const busy = (ms: number, waitMs = 0): string =>
  `for (let used = { user: 0, system: 0 }; used.user + used.system < ${ms * 1000}; used = process.cpuUsage())` +
  ` for (const end = Date.now() + 20; Date.now() < end; ); setTimeout(() => {}, ${waitMs})`;
const node = (program: string): string => `${JSON.stringify(process.execPath)} -e ${JSON.stringify(program)}`;
const holding = (mebibytes: number, ms: number): string =>
  node(`const held = Buffer.alloc(${mebibytes} * 1048576, 1); setTimeout(() => held.length, ${ms})`);

describe('the processes of an agent are measured', () => {
  it('all of its tree, in sessions of their own too, but no other tree that runs at the same time', async () => {
    const [end, other] = await Promise.all([
      run(['sh', '-c', `setsid ${holding(150, 3000)} & ${holding(150, 3000)} & wait`], { caps: ROOMY }),
      run(['sleep', '2'], { caps: ROOMY }),
    ]);
    expect(end).toMatchObject({ cause: 'exit', exitCode: 0 });
    expect(end.used?.peakProcesses).toBeGreaterThanOrEqual(3);
    expect(end.used?.peakMemoryBytes).toBeGreaterThan(300 * MIB);
    expect(end.used?.peakMemoryBytes).toBeLessThan(900 * MIB);
    expect(other.used).toMatchObject({ peakProcesses: 1 });
    expect(other.used?.peakMemoryBytes).toBeLessThan(100 * MIB);
  });

  it('its processor time with that of processes which have ended, each once', async () => {
    const work = [busy(400), busy(400), busy(400, 2500)].map(node).join('; ');
    const end = await run(['sh', '-c', work], { caps: ROOMY });
    expect(end.used?.cpuMs).toBeGreaterThan(1150);
    // The start and the end of Node come on top.
    expect(end.used?.cpuMs).toBeLessThan(6000);
  });

  it('not where nobody asks, nor where it was over before the first look', async () => {
    expect((await run(['sleep', '0.5'])).used).toBeNull();
    expect((await run(['true'], { caps: ROOMY })).used).toBeNull();
  });
});

describe('an agent that uses more than it may is ended with all of its tree', () => {
  it('of memory', async () => {
    const taskKey = newKey();
    const caps = { ...ROOMY, memoryBytes: 200 * MIB };
    const end = await run(['sh', '-c', `${holding(150, 60_000)} & ${holding(150, 60_000)} & sleep 60`], {
      caps,
      taskKey,
    });
    expect(end).toMatchObject({ cause: 'caps', exitCode: null, survivors: [] });
    expect(end.failure?.message).toMatch(/^its processes used [\d.]+ MiB of memory, and 200\.0 MiB are allowed$/);
    expect(end.used?.peakMemoryBytes).toBeGreaterThan(200 * MIB);
    expect(carriers(taskKey)).toEqual([]);
  });

  it('of processes', async () => {
    const taskKey = newKey();
    const program = 'for n in 1 2 3 4 5 6 7 8; do setsid sleep 60 & done; sleep 60';
    const end = await run(['sh', '-c', program], { caps: { ...ROOMY, processes: 5 }, taskKey });
    expect(end).toMatchObject({ cause: 'caps', survivors: [] });
    expect(end.failure?.message).toMatch(/^it had \d+ processes, and 5 are allowed$/);
    expect(carriers(taskKey)).toEqual([]);
  });
});

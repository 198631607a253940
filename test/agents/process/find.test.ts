import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  findMembers,
  hasProc,
  MARKER,
  processTable,
  readProc,
  readPs,
  timeOf,
} from '../../../src/agents/process/find.js';
import type { ProcessRow } from '../../../src/agents/process/find.js';
import { carriers, newKey, until } from './helpers.js';

const UNUSED = { cpuMs: 0, childrenCpuMs: 0, memoryBytes: 0 };

const row = (pid: number, more: Partial<ProcessRow> = {}): ProcessRow => ({
  ...{ pid, parent: 1, group: pid, session: pid, started: 0, key: null, ...UNUSED },
  ...more,
});

const members = (
  rows: ProcessRow[],
  more: { keys?: string[]; leaders?: number[]; known?: Set<string> } = {},
): number[] => {
  const target = { keys: new Set(more.keys), leaders: new Set(more.leaders), known: more.known ?? new Set<string>() };
  return findMembers(rows, target)
    .map(({ pid }) => pid)
    .sort((a, b) => a - b);
};

describe('the members of a task', () => {
  it('are those with its marker, in its group or session, and all their descendants', () => {
    const rows = [
      row(1000),
      row(1001, { key: 'a' }),
      row(1002, { parent: 1001 }),
      row(1003, { parent: 1002 }),
      row(1004, { key: 'b' }),
      row(1005, { group: 2000 }),
      row(1006, { session: 2000 }),
      row(1007, { session: 1002 }),
    ];
    expect(members(rows, { keys: ['a'] })).toEqual([1001, 1002, 1003, 1007]);
    expect(members(rows, { leaders: [2000] })).toEqual([1005, 1006]);
  });

  it('stay members when their parent has died, unless the pid belongs to another by then', () => {
    const known = new Set<string>();
    members([row(1001, { key: 'a' }), row(1002, { parent: 1001, started: 5 })], { keys: ['a'], known });
    expect(members([row(1002, { started: 5 })], { keys: ['a'], known })).toEqual([1002]);
    expect(members([row(1002, { started: 6 })], { keys: ['a'], known })).toEqual([]);
  });

  it('never are the process that asks, nor what shares only its session', () => {
    const own = row(process.pid, { key: 'a', session: 500 });
    const rows = [own, row(1001, { session: 500 }), row(1002, { session: 500, key: 'a' })];
    expect(members(rows, { keys: ['a'] })).toEqual([1002]);
  });

  it('are found in any table, also one whose parents go round in a circle', () => {
    const pid = fc.integer({ min: 2, max: 12 });
    const key = fc.constantFrom(null, 'a');
    const anyRow = fc
      .record({ pid, parent: pid, group: pid, session: pid, started: fc.constant(0), key })
      .map((found) => ({ ...found, ...UNUSED }));
    fc.assert(
      fc.property(fc.uniqueArray(anyRow, { selector: ({ pid }) => pid }), (rows) => {
        const found = members(rows, { keys: ['a'] });
        for (const { pid, parent, key } of rows) {
          if (key === 'a' || found.includes(parent)) expect(found).toContain(pid);
        }
        if (rows.every(({ key }) => key === null)) expect(found).toEqual([]);
      }),
    );
  });
});

describe('what a process uses', () => {
  it.each(hasProc() ? [['/proc', readProc] as const, ['ps', readPs] as const] : [['ps', readPs] as const])(
    'is read from %s',
    async (_, read) => {
      const held = Buffer.alloc(64 * 1024 * 1024, 1);
      const own = (await read()).find(({ pid }) => pid === process.pid);
      const [bytes, { userCPUTime, systemCPUTime }] = [process.memoryUsage.rss(), process.resourceUsage()];
      expect(held.length).toBeGreaterThan(0);
      expect((own?.memoryBytes ?? 0) / bytes).toBeGreaterThan(0.5);
      expect((own?.memoryBytes ?? 0) / bytes).toBeLessThan(2);
      // Some systems tell whole seconds alone.
      expect(Math.abs((own?.cpuMs ?? 0) - (userCPUTime + systemCPUTime) / 1000)).toBeLessThan(2500);
    },
  );

  it('has its processor time as each system prints it', () => {
    const printed = ['0:01.23', '00:01:05', '2-03:00:01', '12:34:56', ''];
    expect(printed.map(timeOf)).toEqual([1230, 65_000, 183_601_000, 45_296_000, 0]);
  });
});

const children: { kill(signal: NodeJS.Signals): boolean }[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(env: Record<string, string>): number {
  const child = spawn('sleep', ['60'], { env: { PATH: process.env['PATH'], ...env }, stdio: 'ignore' });
  children.push(child);
  return child.pid ?? 0;
}

describe.skipIf(!hasProc())('the process table', () => {
  it('has the marker of a process exactly, wherever in a large environment it stands', async () => {
    const key = newKey();
    const large = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`FILL_${n}`, 'x'.repeat(100_000)]));
    const pids = [start({ ...large, [MARKER]: key }), start({ [MARKER]: key })];
    start({ [MARKER]: `${key}x` });
    start({ [`NOT_${MARKER}`]: key, OTHER: `${MARKER}=${key}` });
    await until(() => carriers(key).length >= 2, 'both are found');
    expect(carriers(key).sort()).toEqual(pids.sort());
  });

  it('has the marker of a process whose session was begun outside its container, and no threads of the kernel', () => {
    const root = mkdtempSync(join(tmpdir(), 'baton-proc-'));
    const put = (pid: number, flags: number, environ: string): void => {
      mkdirSync(join(root, String(pid)));
      const rest = '0 0 0 0 3 4 5 6 0 0 0 0 500 0 0';
      writeFileSync(join(root, String(pid), 'stat'), `${pid} (a (b) c) S 1 0 0 0 -1 ${flags} ${rest}`);
      writeFileSync(join(root, String(pid), 'environ'), environ);
    };
    put(40, 4194560, `A=1\0${MARKER}=mine\0`);
    put(41, 0x00200000 | 64, '');
    const used = { cpuMs: 70, childrenCpuMs: 110, memoryBytes: 0 };
    const found = { pid: 40, parent: 1, group: 0, session: 0, started: 5000, key: 'mine', ...used };
    expect(readProc(root)).toEqual([found]);
    rmSync(root, { recursive: true });
  });

  it('leaves out what has ended but was not waited for', async () => {
    const child = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60']);
    children.push(child);
    const [pid] = (await once(child.stdout, 'data')) as [Buffer];
    await until(() => !readProc().some((row) => row.pid === Number(pid)), 'the ended one is not seen');
  });

  it('is looked at once for calls that come together', async () => {
    const [first, second] = await Promise.all([processTable(), processTable()]);
    expect(second).toBe(first);
  });
});

it('by ps has the same processes, without markers', async () => {
  const pid = start({});
  const found = (await readPs()).find((row) => row.pid === pid);
  expect(found).toMatchObject({ parent: process.pid, key: null });
  expect(found?.started).toBeGreaterThan(0);
});

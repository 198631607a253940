import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../src/contract/audit.js';
import { LIMITS } from '../../../src/contract/limits.js';
import { AuditLogs } from '../../../src/workspace/audit/log.js';
import { folderWith } from '../folders.js';

const mac = (text: string): string => createHmac('sha256', 'key').update(text).digest('hex');
const entry = (id: string, data: AuditEntry['data'] = {}): AuditEntry => ({
  id,
  at: '2026-01-01T00:00:00.000Z',
  event: 'decision.raised',
  by: 'ann',
  via: 'command',
  data,
});

function place() {
  const home = folderWith();
  const file = join(home, 'audit/req.jsonl');
  return {
    home,
    file,
    logs: new AuditLogs({ home, mac }),
    lines: (): string[] => readFileSync(file, 'utf8').trimEnd().split('\n'),
    rewrite: (lines: readonly string[]): void => writeFileSync(file, lines.map((line) => `${line}\n`).join('')),
  };
}

async function filled(count: number) {
  const made = place();
  await made.logs.append(
    'req',
    Array.from({ length: count }, (_, n) => entry(`e${n + 1}`, { n })),
  );
  return made;
}

describe('an audit log', () => {
  it('keeps what is added in order, each entry once, however often it is told', async () => {
    const { logs } = place();
    await logs.append('req', [entry('a'), entry('b'), entry('a')]);
    await logs.append('req', [entry('b'), entry('c')]);
    expect((await logs.read('req'))?.map(({ n, id }) => [n, id])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    expect(await logs.verify('req')).toEqual([]);
    expect([await logs.read('other'), await logs.verify('other')]).toEqual([undefined, undefined]);
  });

  it('takes entries of many writers at once, none lost and none twice', async () => {
    const { home, logs } = place();
    const writers = Array.from({ length: 4 }, () => new AuditLogs({ home, mac }));
    await Promise.all(
      writers.flatMap((writer, w) =>
        Array.from({ length: 5 }, (_, n) => writer.append('req', [entry(`${w}-${n}`), entry('same')])),
      ),
    );
    expect(new Set((await logs.read('req'))?.map(({ id }) => id)).size).toBe(21);
    expect(await logs.read('req')).toHaveLength(21);
    expect(await logs.verify('req')).toEqual([]);
    expect(existsSync(join(home, 'audit/req.jsonl.lock'))).toBe(false);
  });

  it('takes no notice of a lock whose process has died', async () => {
    const { home, logs } = await filled(1);
    writeFileSync(join(home, 'audit/req.jsonl.lock'), '999999999');
    await logs.append('req', [entry('next')]);
    expect(await logs.read('req')).toHaveLength(2);
  });

  it('goes on after a crash in the middle of a line, which nobody was told is written', async () => {
    const { file, logs } = await filled(2);
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"v":1,"n":3,"pr`);
    await logs.append('req', [entry('next')]);
    expect((await logs.read('req'))?.map(({ id }) => id)).toEqual(['e1', 'e2', 'next']);
    expect(await logs.verify('req')).toEqual([]);
  });

  it('goes on after a crash before it was noted where the log ends', async () => {
    const { home, logs } = await filled(2);
    const head = readFileSync(join(home, 'audit/req.jsonl.head'));
    await logs.append('req', [entry('next')]);
    writeFileSync(join(home, 'audit/req.jsonl.head'), head);
    expect(await logs.verify('req')).toEqual([]);
    await logs.append('req', [entry('last')]);
    expect(await logs.verify('req')).toEqual([]);
  });

  it('cuts what is too long, and says so', async () => {
    const { logs } = place();
    await logs.append('req', [entry('a', { text: 'ü'.repeat(LIMITS.auditEntryBytes) })]);
    expect((await logs.read('req'))?.[0]?.data['cut']).toBe(true);
    expect(await logs.verify('req')).toEqual([]);
  });
});

describe('what is found out about a log', () => {
  it('an entry that was changed, removed, swapped, or added by somebody without the key, and where', async () => {
    const { lines, rewrite, logs } = await filled(4);
    const [a = '', b = '', c = '', d = ''] = lines();
    const found = async (...changed: string[]): Promise<unknown> => {
      rewrite(changed);
      return (await logs.verify('req'))?.[0];
    };
    expect(await found(a, b, c, d)).toBeUndefined();
    expect(await found(a, b.replace('"n":1', '"n":7'), c, d)).toEqual({ line: 2, why: 'it was changed' });
    expect(await found(a, c, d)).toEqual({ line: 2, why: 'entry 3 stands where entry 2 was written' });
    expect(await found(b, a, c, d)).toMatchObject({ line: 1, why: 'entry 2 stands where entry 1 was written' });
    expect(await found(a, b, c)).toEqual({ line: 4, why: '1 entry is missing: the log had 4' });
    expect(await found(a, b, c, 'nonsense')).toMatchObject({ line: 4, why: 'it is no entry' });
    const forged = JSON.stringify({ ...(JSON.parse(d) as object), by: 'eve', hash: 'f'.repeat(64) });
    expect(await found(a, b, c, forged)).toMatchObject({ line: 4, why: 'it was changed' });
  });

  it('lines that were cut off stay to be seen when more is written after them', async () => {
    const { lines, rewrite, logs } = await filled(4);
    rewrite(lines().slice(0, 2));
    await logs.append('req', [entry('next')]);
    expect((await logs.verify('req'))?.[0]).toEqual({ line: 3, why: 'entry 5 stands where entry 3 was written' });
  });

  it('that the whole log is gone, or the file that says where it ends', async () => {
    const { home, file, logs } = await filled(2);
    const text = readFileSync(file);
    rmSync(file);
    expect(await logs.verify('req')).toEqual([{ line: 1, why: '2 entries are missing: the log had 2' }]);
    writeFileSync(file, text);
    rmSync(join(home, 'audit/req.jsonl.head'));
    expect((await logs.verify('req'))?.[0]?.why).toBe('the file that says where the log ends is missing');
  });

  it('that the log of another request was put in its place', async () => {
    const { home, file, logs } = await filled(2);
    await logs.append('other', [entry('x'), entry('y')]);
    writeFileSync(file, readFileSync(join(home, 'audit/other.jsonl')));
    expect((await logs.verify('req'))?.length).toBeGreaterThan(0);
  });

  it('any change of any byte', async () => {
    const { file, logs } = await filled(3);
    const text = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: text.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const changed = Buffer.from(text);
          changed[at] = (changed[at] ?? 0) ^ by;
          writeFileSync(file, changed);
          const flaws = (await logs.verify('req')) ?? [];
          // A line end in place of another blank leaves the entries what they were.
          const isSame = JSON.stringify(await logs.read('req')) === JSON.stringify(entriesIn(text));
          expect(flaws.length > 0 || isSame).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

const entriesIn = (text: Buffer): unknown[] =>
  text
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

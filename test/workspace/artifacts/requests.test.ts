import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { REQUEST_ID_PATTERN } from '../../../src/contract/names.js';
import { createRequestFiles } from '../../../src/workspace/artifacts/requests.js';
import type { RequestFiles } from '../../../src/workspace/artifacts/requests.js';

const base = mkdtempSync(join(tmpdir(), 'baton-requests-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let root: string;
let files: RequestFiles;
beforeEach(() => {
  root = mkdtempSync(join(base, 'root-'));
  files = createRequestFiles(root);
});

describe('the files of a request', () => {
  it('are read as they were written last', async () => {
    const path = await files.writeJson('req-1', 'result.json', { v: 1, tasks: [] });
    expect(path).toBe(join(root, 'requests', 'req-1', 'result.json'));
    await files.writeJson('req-1', 'result.json', { v: 2 });
    expect(await files.readJson('req-1', 'result.json')).toEqual({ v: 2 });
    await files.writeText('req-1', 'report.md', '# Grüße\n');
    expect(await files.readText('req-1', 'report.md')).toBe('# Grüße\n');
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('that are not there are undefined, for an unknown request too', async () => {
    expect(await files.readJson('req-1', 'plan.json')).toBeUndefined();
    expect(await all(files.records('req-1'))).toEqual([]);
  });

  it('that hold no JSON are corrupt, and what has no JSON form is refused', async () => {
    await files.writeText('r', 'plan.json', '{"v":');
    await expect(files.readJson('r', 'plan.json')).rejects.toMatchObject({ code: 'artifact_corrupt' });
    for (const value of [undefined, 1n, () => 1]) {
      await expect(files.writeJson('r', 'plan.json', value)).rejects.toMatchObject({ code: 'bad_input' });
    }
  });

  it('are never seen in part while they are written', async () => {
    const text = (n: number): string => String(n).repeat(200_000);
    await files.writeText('r', 'report.md', text(0));
    let writing = true;
    const writer = (async () => {
      for (let n = 1; n < 10; n++) await files.writeText('r', 'report.md', text(n));
      writing = false;
    })();
    let reads = 0;
    for (; writing; reads++) {
      const seen = (await files.readText('r', 'report.md')) ?? '';
      expect(seen === text(Number(seen[0]))).toBe(true);
    }
    await writer;
    expect(reads).toBeGreaterThan(0);
  });
});

describe('the journal of a request', () => {
  it('has its records in the order in which they were added, by however many', async () => {
    const other = createRequestFiles(root);
    const added = Array.from({ length: 40 }, (_, n) => ({ n, text: 'ä\n'.repeat(n * 50) }));
    for (const record of added.slice(0, 20)) await files.addRecord('r', record);
    expect(await all(other.records('r'))).toEqual(added.slice(0, 20));
    await Promise.all(added.slice(20).map((record, i) => (i % 2 === 0 ? files : other).addRecord('r', record)));
    const found = (await all(files.records('r'))) as typeof added;
    expect(found.sort((a, b) => a.n - b.n)).toEqual(added);
  });

  it('loses no record to one that a crash cut off, wherever it was cut', async () => {
    const path = await files.writeText('r', 'plan.json', '1').then((plan) => join(dirname(plan), 'tasks.jsonl'));
    await files.addRecord('r', { n: 1 });
    const whole = readFileSync(path);
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length));
      await files.addRecord('r', { n: 2 });
      const isWhole = length >= whole.length - 1;
      expect(await all(files.records('r'))).toEqual([...(isWhole ? [{ n: 1 }] : []), { n: 2 }]);
    }
  });

  it('is not reached through a link that leads out', async () => {
    const outside = join(mkdtempSync(join(base, 'outside-')), 'x');
    await files.writeJson('r', 'plan.json', 1);
    symlinkSync(outside, join(root, 'requests', 'r', 'tasks.jsonl'));
    await expect(files.addRecord('r', 1)).rejects.toMatchObject({ code: 'bad_input' });
    expect(existsSync(outside)).toBe(false);
  });
});

async function all(records: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const record of records) found.push(record);
  return found;
}

describe('an id', () => {
  it.each(['', '..', '.', '../x', 'a/b', '/etc', 'a\0', 'a\nb', '-x', '++', 'a'.repeat(201), 'ü'])(
    'that is none, %j, is refused for a request',
    async (id) => {
      await expect(files.writeText(id, 'report.md', 'x')).rejects.toMatchObject({ code: 'bad_input' });
      await expect(files.remove(id)).rejects.toMatchObject({ code: 'bad_input' });
      expect(existsSync(join(root, 'requests'))).toBe(false);
    },
  );

  it('of any request has a folder of its own, inside the root, whatever the file system takes for equal', async () => {
    const id = fc.stringMatching(REQUEST_ID_PATTERN);
    await fc.assert(
      fc.asyncProperty(id, id, async (one, other) => {
        const [a, b] = await Promise.all([files.path(one, 'plan.json'), files.path(other, 'plan.json')]);
        expect(relative(join(root, 'requests'), a)).toMatch(/^[^/]+\/plan\.json$/);
        expect(a.split('/').every((part) => part.length <= 255 && part !== '..')).toBe(true);
        expect(a.toLowerCase() === b.toLowerCase()).toBe(one === other);
        expect((await files.path(one.toUpperCase(), 'plan.json')) === a).toBe(one === one.toUpperCase());
      }),
      { numRuns: 60 },
    );
  });
});

describe('the list of requests', () => {
  it('has the newest first, at most as many as asked for', async () => {
    const ids = ['Req-A', 'req-a', 'x:1@h', 'A'.repeat(200)];
    for (const [n, id] of ids.entries()) {
      const folder = dirname(await files.writeJson(id, 'plan.json', {}));
      utimesSync(folder, 1000 + n, 1000 + n);
    }
    mkdirSync(join(root, 'requests', '+-no-id'));
    writeFileSync(join(root, 'requests', 'file'), '');
    expect(await files.list()).toEqual([...ids].reverse());
    expect(await files.list(2)).toEqual([...ids].reverse().slice(0, 2));
  });

  it('is empty before the first', async () => {
    expect(await files.list()).toEqual([]);
  });

  it('does not have what was removed', async () => {
    await files.addRecord('a', 1);
    await files.writeJson('b', 'plan.json', 1);
    expect(await files.remove('a')).toBe(true);
    expect(await files.remove('a')).toBe(false);
    expect(await files.list()).toEqual(['b']);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('and its files are not reached through a link that leads out', async () => {
    const outside = mkdtempSync(join(base, 'outside-'));
    mkdirSync(join(root, 'requests'));
    symlinkSync(outside, join(root, 'requests', 'evil'));
    await expect(files.writeText('evil', 'report.md', 'x')).rejects.toMatchObject({ code: 'bad_input' });
    await expect(files.remove('evil')).rejects.toMatchObject({ code: 'bad_input' });
    expect(readdirSync(outside)).toEqual([]);
    expect(await files.list()).toEqual([]);
  });
});

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { safeJoin } from '../../../src/workspace/artifacts/paths.js';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'baton-paths-')));
const root = join(base, 'root');
for (const folder of ['root/in', 'root-evil', 'outside']) mkdirSync(join(base, folder), { recursive: true });
writeFileSync(join(root, 'in', 'file'), '');
symlinkSync(join(base, 'outside'), join(root, 'out'));
symlinkSync('in', join(root, 'inner'));
symlinkSync(join(base, 'nowhere'), join(root, 'dangling'));
symlinkSync('loop', join(root, 'loop'));
symlinkSync(root, join(base, 'alias'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe('a path below a folder', () => {
  it.each([
    [['in', 'file']],
    [['in/file']],
    [['new', 'deeper', 'file']],
    [['inner', 'file']],
    [['..x']],
    [['a..b/...']],
  ])('stays inside: %j', async (parts) => {
    expect(await safeJoin(root, ...parts)).toBe(join(root, ...parts));
  });

  it('may begin with a link to the folder itself', async () => {
    expect(await safeJoin(join(base, 'alias'), 'in', 'file')).toBe(join(base, 'alias', 'in', 'file'));
  });

  it.each([
    [['..']],
    [['in', '..', '..']],
    [['in/../../root-evil']],
    [['../root-evil']],
    [['/etc/passwd']],
    [['in', '/etc']],
    [['a\0b']],
    [['']],
    [['out']],
    [['out', 'new']],
    [['out/../in']],
    [['dangling']],
    [['dangling', 'x']],
    [['loop']],
    [['in/file/x']],
  ])('that could leave it is refused: %j', async (parts) => {
    await expect(safeJoin(root, ...parts)).rejects.toMatchObject({ code: 'bad_input' });
  });

  it('never leaves, whatever its parts are', async () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', 'in', 'out', 'inner', '/', '//', 'file', '\0', 'root-evil'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
        const path = await safeJoin(root, ...parts).catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'BatonError' });
          return root;
        });
        expect(`${path}/`.startsWith(`${root}/`)).toBe(true);
      }),
    );
  });
});

describe('a folder that comes and goes meanwhile', () => {
  it('is no dangling link', async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'baton-paths-')));
    const folder = join(root, 'tasks');
    const other = new Worker(
      `const { mkdirSync, rmdirSync } = require('node:fs');
       const end = Date.now() + 60_000;
       while (Date.now() < end) { mkdirSync(${JSON.stringify(folder)}); rmdirSync(${JSON.stringify(folder)}); }`,
      { eval: true },
    );
    await once(other, 'online');
    for (let look = 0; look < 20_000; look += 1) {
      expect(await safeJoin(root, 'tasks', 'a.json')).toBe(join(folder, 'a.json'));
    }
    await other.terminate();
    rmSync(root, { recursive: true });
  });
});

import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { storeError } from '../../../src/workspace/artifacts/atomic.js';
import { createArtifactStore } from '../../../src/workspace/artifacts/store.js';
import type { ArtifactStore } from '../../../src/workspace/artifacts/store.js';
import { compile } from '../../agents/process/compiled.js';

const base = mkdtempSync(join(tmpdir(), 'baton-store-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let root: string;
let store: ArtifactStore;
beforeEach(() => {
  root = mkdtempSync(join(base, 'root-'));
  store = createArtifactStore(root);
});

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** A file that a link may name: one of the test's own, because a defect would write through it. */
function elsewhere(): string {
  const file = join(root, 'elsewhere');
  writeFileSync(file, 'untouched');
  return file;
}

const temporaries = (): string[] => (existsSync(join(root, 'tmp')) ? readdirSync(join(root, 'tmp')) : []);

describe('the artifact store', () => {
  it('gives back what was put, found by its digest', async () => {
    const ref = await store.put('note', 'grüße');
    expect(ref).toEqual({ name: 'note', sha256: sha256('grüße'), bytes: 7 });
    expect(await store.getText(ref.sha256)).toBe('grüße');
    expect(store.path(ref.sha256)).toBe(join(root, 'sha256', ref.sha256.slice(0, 2), ref.sha256.slice(2)));
    expect(readFileSync(store.path(ref.sha256), 'utf8')).toBe('grüße');
    expect(temporaries()).toEqual([]);
  });

  it('takes bytes, a file, and nothing at all', async () => {
    const bytes = Buffer.from([0, 255, 10, 128]);
    expect(await store.get((await store.put('b', bytes)).sha256)).toEqual(bytes);
    const file = join(root, 'source');
    const large = Buffer.alloc(3 * 1024 * 1024 + 1, 'ab');
    writeFileSync(file, large);
    expect(await store.put('f', { file })).toEqual({ name: 'f', sha256: sha256(large), bytes: large.length });
    expect((await store.get(sha256(large))).equals(large)).toBe(true);
    expect(await store.getText((await store.put('e', '')).sha256)).toBe('');
  });

  it('keeps once what is put twice', async () => {
    const first = await store.put('a', 'same');
    writeFileSync(join(root, 'same'), 'same');
    expect(await store.put('b', { file: join(root, 'same') })).toEqual({ ...first, name: 'b' });
    expect(readdirSync(join(root, 'sha256', first.sha256.slice(0, 2)))).toHaveLength(1);
    expect(temporaries()).toEqual([]);
  });

  it('says what is missing, and what is no digest', async () => {
    await expect(store.get(sha256('x'))).rejects.toMatchObject({ code: 'artifact_missing' });
    expect(await store.has(sha256('x'))).toBe(false);
    for (const wrong of ['', '../../etc/passwd', sha256('x').toUpperCase(), `${sha256('x')}0`, `${sha256('x')}\n`]) {
      await expect(store.get(wrong)).rejects.toMatchObject({ code: 'bad_input' });
      expect(() => store.path(wrong)).toThrow(expect.objectContaining({ code: 'bad_input' }));
    }
    await expect(store.put('a', { file: join(root, 'no such') })).rejects.toMatchObject({ code: 'io' });
  });

  it('never answers with something else: changed bytes, a shorter file, a link', async () => {
    const { sha256: digest } = await store.put('a', 'content');
    const path = store.path(digest);
    writeFileSync(path, 'c0ntent');
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'artifact_corrupt' });
    truncateSync(path, 3);
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'artifact_corrupt' });
    rmSync(path);
    symlinkSync(elsewhere(), path);
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'artifact_corrupt' });
  });

  it('mends a wrong entry when the right one is put again', async () => {
    const { sha256: digest } = await store.put('a', 'content');
    for (const wrong of ['c0ntent', 'con', '']) {
      writeFileSync(store.path(digest), wrong);
      await store.put('a', 'content');
      expect(await store.getText(digest)).toBe('content');
    }
    const target = elsewhere();
    rmSync(store.path(digest));
    symlinkSync(target, store.path(digest));
    await store.put('a', 'content');
    expect(await store.getText(digest)).toBe('content');
    expect(readFileSync(target, 'utf8')).toBe('untouched');
  });

  it('serves many writers of the same and of other bytes at once', async () => {
    const texts = Array.from({ length: 60 }, (_, n) => `text ${n % 6}`);
    const refs = await Promise.all(texts.map((text) => createArtifactStore(root).put('t', text)));
    for (const [n, ref] of refs.entries()) expect(await store.getText(ref.sha256)).toBe(texts[n]);
    expect(temporaries()).toEqual([]);
  });

  it('sweeps away what killed writers left, and spares what is being written', async () => {
    mkdirSync(join(root, 'tmp'));
    for (const name of ['old', 'new']) writeFileSync(join(root, 'tmp', name), 'part');
    utimesSync(join(root, 'tmp', 'old'), 1000, 1000);
    expect(await store.sweep()).toBe(1);
    expect(temporaries()).toEqual(['new']);
    expect(await createArtifactStore(join(root, 'none')).sweep()).toBe(0);
  });
});

describe('a writer of its own process', () => {
  let compiled: ReturnType<typeof compile>;
  beforeAll(() => void (compiled = compile()));
  afterAll(() => compiled.remove());

  it('killed again and again in the midst of writing shows no wrong entry', async () => {
    const file = compiled.file('writer.js');
    writeFileSync(
      file,
      `import { createArtifactStore } from ${JSON.stringify(compiled.url('workspace/artifacts/store.js'))};
       const store = createArtifactStore(process.argv[2]);
       console.log('writing');
       for (let n = 0; n < 2000; n++) await store.put('x', Buffer.alloc(300_000 + n, process.argv[3] + n));`,
    );
    let entries = 0;
    for (let round = 0; round < 12; round++) {
      const child = spawn(process.execPath, [file, root, String(round)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = new Promise((resolve) => child.once('exit', resolve));
      try {
        await once(child.stdout, 'data');
        await sleep(7 * round);
      } finally {
        child.kill('SIGKILL');
        await exited;
      }
    }
    for (const folder of existsSync(join(root, 'sha256')) ? readdirSync(join(root, 'sha256')) : []) {
      for (const rest of readdirSync(join(root, 'sha256', folder))) {
        expect((await store.get(folder + rest)).length).toBeGreaterThanOrEqual(300_000);
        entries++;
      }
    }
    expect(entries).toBeGreaterThan(0);
  }, 60_000);

  const inOwnMount = (script: string): string[] => [
    '-rm',
    'sh',
    '-c',
    `mount -t tmpfs -o size=512k none "$0" && ${script}`,
  ];
  const canMount = spawnSync('unshare', [...inOwnMount('true'), base]).status === 0;

  it.skipIf(!canMount)('that finds no space says so, leaves no part, and goes on once there is room', async () => {
    const file = compiled.file('full.js');
    writeFileSync(
      file,
      `import { createArtifactStore } from ${JSON.stringify(compiled.url('workspace/artifacts/store.js'))};
       import { createRequestFiles } from ${JSON.stringify(compiled.url('workspace/artifacts/requests.js'))};
       import { readdirSync, writeFileSync } from 'node:fs';
       const root = process.argv[2];
       const big = process.argv[3];
       writeFileSync(big, Buffer.alloc(2 ** 20, 1));
       const store = createArtifactStore(root);
       const code = (promise) => promise.then(() => 'stored', (error) => error.code);
       const seen = [await code(store.put('a', Buffer.alloc(2 ** 20))), await code(store.put('a', { file: big })),
         await code(createRequestFiles(root).writeText('r', 'report.md', 'x'.repeat(2 ** 20))), await code(store.put('a', 'small'))];
       console.log(JSON.stringify({ seen, left: readdirSync(root + '/tmp') }));`,
    );
    const mount = mkdtempSync(join(base, 'mount-'));
    const script = inOwnMount(`exec "${process.execPath}" "${file}" "$0" "$1"`);
    const { stdout } = await promisify(execFile)('unshare', [...script, mount, join(base, 'big')]);
    expect(JSON.parse(stdout)).toEqual({ seen: ['no_space', 'no_space', 'no_space', 'stored'], left: [] });
  });
});

it('a full disk and a full quota are no_space, which may be tried again; other errors are io', () => {
  const of = (code: string): string =>
    storeError(Object.assign(new Error(code), { code }), 'could not be written').code;
  expect([of('ENOSPC'), of('EDQUOT'), of('EACCES'), of('EROFS')]).toEqual(['no_space', 'no_space', 'io', 'io']);
});

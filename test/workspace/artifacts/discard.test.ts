import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createArtifactStore,
  type ArtifactStore,
  type StoredArtifact,
} from '../../../src/workspace/artifacts/store.js';

const base = mkdtempSync(join(tmpdir(), 'baton-discard-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let root: string;
let store: ArtifactStore;
beforeEach(() => {
  root = mkdtempSync(join(base, 'root-'));
  store = createArtifactStore(root);
});

async function entries(): Promise<StoredArtifact[]> {
  const found: StoredArtifact[] = [];
  for await (const entry of store.entries()) found.push(entry);
  return found;
}

async function putLongAgo(text: string): Promise<StoredArtifact> {
  const { sha256 } = await store.put('a', text);
  utimesSync(store.path(sha256), 1000, 1000);
  return { sha256, bytes: Buffer.byteLength(text), usedAt: 1_000_000 };
}

describe('an artifact that nobody refers to', () => {
  it('is seen with its size and when it was last put, and is gone once it was discarded', async () => {
    const seen = await putLongAgo('bytes');
    expect(await entries()).toEqual([seen]);
    expect(await store.discard(seen)).toBe(true);
    expect([await store.has(seen.sha256), await entries(), await store.discard(seen)]).toEqual([false, [], false]);
    expect(readdirSync(join(root, 'aside'))).toEqual([]);
  });

  it('stays where it was put again since it was seen', async () => {
    const seen = await putLongAgo('bytes');
    await store.put('again', 'bytes');
    expect(await store.discard(seen)).toBe(false);
    expect(await store.getText(seen.sha256)).toBe('bytes');
  });

  it('can be read while it is set aside, and is put back after a crash', async () => {
    const { sha256 } = await putLongAgo('bytes');
    mkdirSync(join(root, 'aside'));
    renameSync(store.path(sha256), join(root, 'aside', sha256));
    expect(await store.getText(sha256)).toBe('bytes');
    await store.recover();
    expect([await store.has(sha256), readdirSync(join(root, 'aside'))]).toEqual([true, []]);
  });

  it('is there after a put, even if it is discarded at the same moment', async () => {
    const text = 'wanted by two';
    for (let round = 0; round < 300; round++) {
      const seen = await putLongAgo(text);
      const [ref] = await Promise.all([store.put('again', text), store.discard(seen)]);
      expect(await store.getText(ref.sha256)).toBe(text);
      expect((await entries())[0]?.usedAt).toBeGreaterThan(seen.usedAt);
    }
    expect(readdirSync(join(root, 'aside'))).toEqual([]);
  });

  it('is never one that a link leads to', async () => {
    const outside = mkdtempSync(join(base, 'outside-'));
    const digest = 'ab'.repeat(32);
    writeFileSync(join(outside, digest.slice(2)), 'precious');
    mkdirSync(join(root, 'sha256'));
    symlinkSync(outside, join(root, 'sha256', 'ab'));
    expect(await entries()).toEqual([]);
    const linked = join(base, `linked-${process.pid}`);
    symlinkSync(outside, linked);
    store = createArtifactStore(linked);
    expect(await entries()).toEqual([]);
    expect(existsSync(join(outside, digest.slice(2)))).toBe(true);
  });
});

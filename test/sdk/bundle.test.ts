import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Copy } from './copies.js';

const BUNDLE = 'dist/sdk/bundle.cjs';
const CACHE = 'dist/sdk/client.cache';

let copy: Copy;
beforeEach(() => void (copy = new Copy('dist/sdk')));
afterEach(() => copy.remove());

/** Writes what `change` makes of a file's bytes. */
function alter(path: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(copy.file(path), change(readFileSync(copy.file(path))));
}

function replaced(bytes: Buffer, pattern: RegExp, by: string): Buffer {
  const text = bytes.toString('latin1');
  expect(text).toMatch(pattern);
  return Buffer.from(text.replace(pattern, by), 'latin1');
}

describe("the bundle of Temporal's SDK", () => {
  it('is loaded with its code cache, and no file of the SDK beside it', () => {
    expect(copy.loadClient()).toEqual({ cached: true, files: [] });
  });

  it('holds ASCII alone', () => {
    expect(readFileSync(copy.file(BUNDLE)).every((byte) => byte < 0x80)).toBe(true);
  });

  it.each<[string, () => unknown]>([
    ['is missing', () => copy.removeFile(BUNDLE)],
    ['was cut short', () => truncateSync(copy.file(BUNDLE), 100_000)],
    [
      'was made of another version of the SDK',
      () => alter(BUNDLE, (bytes) => replaced(bytes, /version: "[^"]+"/, 'version: "0.0.0"')),
    ],
  ])('is replaced by the packages where it %s', (_, damage) => {
    damage();
    const { cached, files } = copy.loadClient();
    expect(cached).toBeNull();
    expect(files.length).toBeGreaterThan(100);
  });
});

describe('its code cache', () => {
  it.each<[string, () => unknown]>([
    ['is missing', () => copy.removeFile(CACHE)],
    ['is empty', () => truncateSync(copy.file(CACHE), 0)],
    ['was cut short', () => truncateSync(copy.file(CACHE), 500_000)],
    ['is garbage', () => alter(CACHE, (bytes) => Buffer.alloc(bytes.length, 'garbage'))],
    // V8 itself would crash on it.
    ['has one wrong byte', () => alter(CACHE, (bytes) => (bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000), bytes))],
    // V8 itself compares the length alone.
    [
      'is that of another text of the same length',
      () => alter(BUNDLE, (bytes) => replaced(bytes, /lib\/encoding\.js/, 'lib/encoding.jz')),
    ],
  ])('is left aside where it %s', (_, damage) => {
    damage();
    expect(copy.loadClient()).toEqual({ cached: false, files: [] });
  });

  it('is left aside by a Node with other options for V8', () => {
    expect(copy.loadClient('--no-opt')).toEqual({ cached: false, files: [] });
  });
});

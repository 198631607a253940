import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, lutimes, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { ArtifactRef } from '../../contract/task.js';
import { storeError, writeAtomically } from './atomic.js';

/** Bytes, or the path of a file that holds them. */
export type ArtifactData = Buffer | string | { file: string };

/** Bytes found by what they are (SHA-256, lower-case hexadecimal). What is put twice is kept once. */
export interface ArtifactStore {
  /** @throws BatonError `no_space`, `io` */
  put(name: string, data: ArtifactData): Promise<ArtifactRef>;
  /**
   * Checked against its digest; at most `LIMITS.artifactReadBytes`.
   * @throws BatonError `artifact_missing`, `artifact_corrupt`, `bad_input` (no digest, or too large), `io`
   */
  get(sha256: string): Promise<Buffer>;
  /** As `get`; bytes that are no UTF-8 become U+FFFD. */
  getText(sha256: string): Promise<string>;
  /** Whether there is an entry, checked or not. */
  has(sha256: string): Promise<boolean>;
  /** Where its bytes are, or would be. */
  path(sha256: string): string;
  /** All entries, in no order; links and what is no artifact are passed over. */
  entries(): AsyncGenerator<StoredArtifact>;
  /**
   * Removes an entry that nobody refers to, unless somebody put it again since it was seen; whether it is gone. May be killed at any moment:
   * the next `recover` undoes the half of it.
   */
  discard(seen: StoredArtifact): Promise<boolean>;
  /** Puts back what a `discard` that was killed had set aside. */
  recover(): Promise<void>;
  /** Removes what writers that were killed left behind; returns how many files. */
  sweep(): Promise<number>;
}

/** An entry as it was seen. `usedAt`: when it was last put, in ms since the epoch. */
export interface StoredArtifact {
  sha256: string;
  bytes: number;
  usedAt: number;
}

/** A store in `<root>/sha256/ab/cdef…`; any number of processes may use it at once. */
export function createArtifactStore(root: string): ArtifactStore {
  return new FolderStore(resolve(root));
}

const DIGEST = /^[0-9a-f]{64}$/;

class FolderStore implements ArtifactStore {
  readonly #root: string;
  readonly #temporary: string;
  readonly #aside: string;

  constructor(root: string) {
    this.#root = root;
    this.#temporary = join(root, 'tmp');
    this.#aside = join(root, 'aside');
  }

  path(sha256: string): string {
    if (!DIGEST.test(sha256)) {
      throw new BatonError('bad_input', 'a digest is 64 lower-case hexadecimal digits', { path: 'sha256' });
    }
    return join(this.#root, 'sha256', sha256.slice(0, 2), sha256.slice(2));
  }

  async put(name: string, data: ArtifactData): Promise<ArtifactRef> {
    if (typeof data === 'string' || Buffer.isBuffer(data)) {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      const ref = { name, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
      if (await this.#isWhole(ref)) return ref;
      await writeAtomically(this.#temporary, async (file) => {
        await file.writeFile(bytes);
        return this.path(ref.sha256);
      });
      return ref;
    }
    const source = await open(data.file, 'r').catch((error: unknown) => {
      throw storeError(error, 'could not be read');
    });
    try {
      let ref: ArtifactRef = { name, sha256: '', bytes: 0 };
      await writeAtomically(this.#temporary, async (file) => {
        // What was copied is what was measured, even if the source is being written to.
        ref = { name, ...(await copyMeasured(source, file)) };
        return (await this.#isWhole(ref)) ? null : this.path(ref.sha256);
      });
      return ref;
    } finally {
      await source.close();
    }
  }

  async get(sha256: string): Promise<Buffer> {
    const file = await this.#find(sha256);
    if (!file) throw new BatonError('artifact_missing', `the artifact ${sha256} is not there any more`);
    try {
      const { size } = await file.stat();
      if (size > LIMITS.artifactReadBytes) {
        throw new BatonError('bad_input', `the artifact ${sha256} is too large (${size} bytes) to be read as a whole`);
      }
      const bytes = await file.readFile();
      if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
      throw new BatonError('artifact_corrupt', `the artifact ${sha256} is not what was written`);
    } catch (error) {
      throw storeError(error, 'could not be read');
    } finally {
      await file.close();
    }
  }

  async getText(sha256: string): Promise<string> {
    return (await this.get(sha256)).toString('utf8');
  }

  async has(sha256: string): Promise<boolean> {
    return stat(this.path(sha256)).then(
      (entry) => entry.isFile(),
      () => false,
    );
  }

  async *entries(): AsyncGenerator<StoredArtifact> {
    const top = join(this.#root, 'sha256');
    if (!(await isFolder(this.#root)) || !(await isFolder(top))) return;
    for await (const first of foldersIn(top)) {
      for await (const entry of await opendir(join(top, first))) {
        const sha256 = first + entry.name;
        if (!entry.isFile() || !DIGEST.test(sha256)) continue;
        const found = await lstat(this.path(sha256)).catch(() => undefined);
        if (found) yield { sha256, bytes: found.size, usedAt: found.mtimeMs };
      }
    }
  }

  /**
   * A writer that finds the entry marks it as used by its path first. So either the entry was set aside before, and the writer writes anew, or
   * the mark is seen here, and the entry goes back. A reader that comes in between finds it where it lies.
   */
  async discard({ sha256, usedAt }: StoredArtifact): Promise<boolean> {
    const aside = join(this.#aside, sha256);
    try {
      await mkdir(this.#aside, { recursive: true, mode: 0o700 });
      await rename(this.path(sha256), aside);
      if ((await lstat(aside)).mtimeMs !== usedAt) {
        await this.#putBack(sha256);
        return false;
      }
      await rm(aside, { force: true });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw storeError(error, 'could not be removed');
    }
  }

  async recover(): Promise<void> {
    const folder = await opendir(this.#aside).catch(() => undefined);
    if (!folder) return;
    for await (const { name } of folder) if (DIGEST.test(name)) await this.#putBack(name);
  }

  async #putBack(sha256: string): Promise<void> {
    const aside = join(this.#aside, sha256);
    await link(aside, this.path(sha256)).catch((error: unknown) => {
      // Somebody has put it anew.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw storeError(error, 'could not be put back');
    });
    await rm(aside, { force: true });
  }

  async sweep(): Promise<number> {
    let removed = 0;
    const folder = await opendir(this.#temporary).catch(() => undefined);
    if (!folder) return removed;
    for await (const entry of folder) {
      const path = join(this.#temporary, entry.name);
      const age = await stat(path).then(
        (entry) => Date.now() - entry.mtimeMs,
        () => 0,
      );
      if (age < LIMITS.temporaryFileAgeMs) continue;
      await rm(path, { force: true, recursive: true }).then(
        () => removed++,
        () => undefined,
      );
    }
    return removed;
  }

  /** Wherever a `discard` may have it at the moment. */
  async #find(sha256: string): Promise<FileHandle | undefined> {
    const found = await this.#open(sha256);
    if (found) return found;
    return (await this.#open(sha256, join(this.#aside, sha256))) ?? this.#open(sha256);
  }

  /** Never through a symbolic link; undefined where there is no entry. */
  async #open(sha256: string, path = this.path(sha256)): Promise<FileHandle | undefined> {
    try {
      return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      if (code === 'ELOOP') throw new BatonError('artifact_corrupt', `the artifact ${sha256} is a symbolic link`);
      throw storeError(error, 'could not be read');
    }
  }

  /** Whether the entry is there and right, and marked as used now; a wrong one is replaced by the writer that asks. */
  async #isWhole(ref: { sha256: string; bytes: number }): Promise<boolean> {
    const now = new Date();
    const isMarked = await lutimes(this.path(ref.sha256), now, now).then(
      () => true,
      () => false,
    );
    const file = isMarked ? await this.#open(ref.sha256).catch(() => undefined) : undefined;
    if (!file) return false;
    try {
      const entry = await file.stat();
      if (!entry.isFile() || entry.size !== ref.bytes) return false;
      return (await copyMeasured(file, undefined)).sha256 === ref.sha256;
    } catch {
      return false;
    } finally {
      await file.close();
    }
  }
}

/** A link to a folder is none. */
const isFolder = (path: string): Promise<boolean> =>
  lstat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );

async function* foldersIn(path: string): AsyncGenerator<string> {
  for await (const entry of await opendir(path))
    if (entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name)) yield entry.name;
}

async function copyMeasured(from: FileHandle, to: FileHandle | undefined): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(256 * 1024);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await from.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    bytes += bytesRead;
    if (to) await to.writeFile(piece);
  }
}

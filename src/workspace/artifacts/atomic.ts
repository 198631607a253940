import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BatonError } from '../../contract/errors.js';

/**
 * Writes a file of which nobody ever sees a part: in `temporaryFolder` (same file system), flushed, then put in its place in one step, and that
 * step flushed too. `write` fills it and says where it goes; null throws it away.
 * @throws BatonError `no_space`, `io`; nothing is left behind
 */
export async function writeAtomically(
  temporaryFolder: string,
  write: (file: FileHandle) => Promise<string | null>,
): Promise<void> {
  const temporary = join(temporaryFolder, `${process.pid}-${randomUUID()}`);
  try {
    let target: string | null;
    const file = await inFolder(temporaryFolder, () => open(temporary, 'wx', 0o600));
    try {
      target = await write(file);
      if (target !== null) await file.sync();
    } finally {
      await file.close();
    }
    if (target === null) {
      await rm(temporary, { force: true });
      return;
    }
    const path = target;
    await inFolder(dirname(path), () => rename(temporary, path));
    await flushFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw storeError(error, 'could not be written');
  }
}

/** Any error of the file system as one of Baton's: `no_space` where the disk or the quota is full, else `io`. */
export function storeError(error: unknown, what: string): BatonError {
  if (error instanceof BatonError) return error;
  const { code = 'unknown', path } = error as NodeJS.ErrnoException;
  const subject = path ?? 'a file of the data folder';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const hint = 'make room on the disk; a request that runs goes on by itself';
    return new BatonError('no_space', `${subject} ${what}: no space is left`, { cause: error, hint });
  }
  return new BatonError('io', `${subject} ${what} (${code})`, { cause: error });
}

/** Does what needs the folder, which is made only where it turns out to be missing: it hardly ever is. */
export async function inFolder<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await ensureFolder(folder);
    return act();
  }
}

/** The folder, readable by its owner alone, with those above it; new names are flushed so that they outlast a power cut. */
async function ensureFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let path = folder; path.length >= first.length; path = dirname(path)) await flushFolder(dirname(path));
}

export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

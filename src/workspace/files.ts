import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { errorCode } from './folder.js';
import type { ListedFile } from './listing.js';
import { absolutePath } from './paths.js';

/** Why a listed file could not be read: it vanished or became something else since, or the user may not read it. */
export type Unread = { kind: 'gone' } | { kind: 'unreadable' };

export type FileContent = { kind: 'read'; content: Buffer; complete: boolean } | Unread;

/** The first `maxBytes` of a listed file; `complete` says that there are no more. */
export function readListed(root: string, file: ListedFile, maxBytes: number): Promise<FileContent> {
  return withFile(root, file, async (handle, size) => {
    // One byte more than fits tells a complete file from a cut one, also where it grew since it was listed.
    const buffer = Buffer.allocUnsafe(Math.min(size, maxBytes) + 1);
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    const kept = Math.min(filled, buffer.length - 1);
    return { kind: 'read', content: buffer.subarray(0, kept), complete: filled === kept };
  });
}

/** Newline bytes of a listed file, as `wc -l` counts them; `complete` is false beyond LIMITS.countedFileBytes. */
export function countLines(
  root: string,
  file: ListedFile,
): Promise<{ kind: 'counted'; lines: number; binary: boolean; complete: boolean } | Unread> {
  return withFile(root, file, async (handle, size) => {
    const chunk = Buffer.allocUnsafe(Math.min(Math.max(size, 1), CHUNK_BYTES));
    let [at, lines, binary] = [0, 0, false];
    while (at < LIMITS.countedFileBytes) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) return { kind: 'counted', lines, binary, complete: true };
      const bytes = chunk.subarray(0, bytesRead);
      if (at < LIMITS.scannedFileBytes) binary ||= bytes.includes(0);
      lines += newlines(bytes);
      at += bytesRead;
    }
    return { kind: 'counted', lines, binary, complete: false };
  });
}

const CHUNK_BYTES = 256 * 1024;

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === 10) count += 1;
  return count;
}

/** Neither a symlink nor anything but a regular file is ever read, even one put there since the listing was made. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function withFile<T>(
  root: string,
  file: ListedFile,
  use: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T | Unread> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(absolutePath(root, file.raw), FLAGS);
    const stats = await handle.stat();
    return stats.isFile() ? await use(handle, stats.size) : { kind: 'gone' };
  } catch (error) {
    return unread(error, file);
  } finally {
    await handle?.close();
  }
}

const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO', 'ESTALE'];

function unread(error: unknown, file: ListedFile): Unread {
  const code = errorCode(error) ?? '';
  if (GONE.includes(code)) return { kind: 'gone' };
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'unreadable' };
  throw new BatonError('io', `${JSON.stringify(file.path)} could not be read (${code})`, {
    path: file.path,
    cause: error,
  });
}

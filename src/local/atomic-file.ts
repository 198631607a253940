import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';

/** Writes `text` so that a reader, or a crash, sees the old content or the new one and never a part (0600 unless `mode` says else). */
export function writeFileAtomic(path: string, text: string, mode = 0o600): void {
  const temporary = writeTemporary(path, text, mode);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes `text`, synchronised to disk, into a new file beside `path` and returns its name. */
export function writeTemporary(path: string, text: string, mode = 0o600): string {
  const temporary = `${path}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
  const file = openSync(temporary, 'wx', mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return temporary;
}

export type BoundedRead = { kind: 'text'; bytes: Buffer } | { kind: 'missing' } | { kind: 'refused'; reason: string };

/**
 * Reads a regular file of at most `maxBytes`. A folder, a device, a pipe (which is not waited for), a longer file and, with `followLinks`
 * false, a symbolic link are refused with the reason.
 */
export function readBounded(path: string, maxBytes: number, followLinks = true): BoundedRead {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | (followLinks ? 0 : constants.O_NOFOLLOW));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    if (code === 'ELOOP') return { kind: 'refused', reason: 'it is a symbolic link' };
    return { kind: 'refused', reason: `it cannot be opened (${code ?? String(error)})` };
  }
  try {
    if (!fstatSync(file).isFile()) return { kind: 'refused', reason: 'it is not a regular file' };
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(file, buffer, length, buffer.length - length, length);
      if (count === 0) break;
      length += count;
    }
    if (length > maxBytes) return { kind: 'refused', reason: `it is longer than ${maxBytes} bytes` };
    return { kind: 'text', bytes: buffer.subarray(0, length) };
  } catch (error) {
    return { kind: 'refused', reason: `it cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})` };
  } finally {
    closeSync(file);
  }
}

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, linkSync, rmSync, statSync } from 'node:fs';
import { BatonError } from '../contract/errors.js';
import { readBounded, writeTemporary } from './atomic-file.js';
import { ensureHome, homePaths } from './home.js';

const KEY_PATTERN = /^[0-9a-f]{64}$/;

/**
 * The secret of this data folder, 64 hexadecimal characters, made at the first call. Two processes that ask at once get the same. Throws a
 * BatonError (`io`) if the file is there and holds no key.
 */
export function ensureKey(home: string): string {
  const path = ensureHome(home).key;
  const existing = readKey(home);
  if (existing !== undefined) return existing;
  const temporary = writeTemporary(path, randomBytes(32).toString('hex'));
  try {
    // A link, unlike a rename, fails where another process was first: its key then counts for both.
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new BatonError('io', `The key ${path} cannot be created: ${String(error)}`, {
        hint: 'Set BATON_HOME to a folder on a local disk.',
        cause: error,
      });
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  const key = readKey(home);
  if (key === undefined) throw new BatonError('io', `The key ${path} vanished while it was created.`);
  return key;
}

/** The key if there is one; never creates it. A key that others may read is closed to them first. */
export function readKey(home: string): string | undefined {
  const path = homePaths(home).key;
  const read = readBounded(path, 256);
  if (read.kind === 'missing') return undefined;
  const text = read.kind === 'text' ? read.bytes.toString('latin1').trim() : '';
  if (!KEY_PATTERN.test(text)) {
    const why = read.kind === 'refused' ? read.reason : 'it does not hold 64 hexadecimal characters';
    throw new BatonError('io', `The key ${path} cannot be used: ${why}.`, {
      hint: 'Restore it from a backup, or delete it: plans signed with it then count as unsigned.',
    });
  }
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  return text;
}

/** HMAC-SHA-256 of `text` under `key`, in hexadecimal. */
export function sign(key: string, text: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(text, 'utf8').digest('hex');
}

/** Whether `signature` is `sign(key, text)`, in a time that does not depend on where they differ. */
export function verify(key: string, text: string, signature: string): boolean {
  const expected = Buffer.from(sign(key, text), 'latin1');
  const given = Buffer.from(signature, 'latin1');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

import type { Payload, PayloadCodec } from '@temporalio/common';
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { NOT_ENCRYPTED } from '../contract/names.js';
import { readBounded } from './atomic-file.js';

/** The metadata of an encrypted payload, by the names that Temporal's own examples use. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 1;

interface Key {
  id: string;
  bytes: Buffer;
}

/** The file of the data folder that turns encryption on. */
export const payloadKeyFile = (home: string): string => join(home, 'payload-key');

/**
 * Encrypts whatever goes to Temporal with AES-256-GCM where `payload-key` is in the data folder: one key of 64 hexadecimal characters a line, of
 * which the first encrypts and all decrypt. Undefined where there is no such file. A payload that is not encrypted is read as the text
 * NOT_ENCRYPTED, which whoever reads it refuses: a failure to decode would stop a whole workflow, or a whole list.
 * @throws BatonError `io` where the file holds anything else
 */
export function payloadCodec(home: string): PayloadCodec | undefined {
  const keys = readKeys(home);
  const [current] = keys;
  if (!current) return undefined;
  const byId = new Map(keys.map((key) => [key.id, key]));
  return {
    encode: (payloads) => Promise.resolve(payloads.map((payload) => encrypt(payload, current))),
    decode: (payloads) => Promise.resolve(payloads.map((payload) => decrypt(payload, byId))),
  };
}

/** The name of the key that encrypts, as `doctor` shows it; undefined where payloads are not encrypted. */
export const payloadKeyId = (home: string): string | undefined => readKeys(home)[0]?.id;

function encrypt(payload: Payload, { id, bytes }: Key): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', bytes, iv).setAAD(aad(id));
  const head = Buffer.from(JSON.stringify(base64Of(payload.metadata ?? {})));
  const length = Buffer.alloc(5);
  length.writeUInt8(VERSION);
  length.writeUInt32BE(head.length, 1);
  const plain = Buffer.concat([length, head, payload.data ?? Buffer.alloc(0)]);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return {
    metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat([iv, cipher.getAuthTag(), text]),
  };
}

function decrypt(payload: Payload, keys: ReadonlyMap<string, Key>): Payload {
  if (textOf(payload, 'encoding') !== ENCODING)
    return { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(NOT_ENCRYPTED)) };
  const id = textOf(payload, KEY_ID);
  const key = keys.get(id);
  if (!key)
    throw new BatonError(
      'refused',
      `a payload is encrypted with the key ${id.slice(0, 16)}, which payload-key does not hold`,
    );
  const data = Buffer.from(payload.data ?? []);
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(aad(id))
    .setAuthTag(data.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const opened = Buffer.concat([decipher.update(data.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  const end = 5 + opened.readUInt32BE(1);
  const metadata = JSON.parse(opened.subarray(5, end).toString()) as Record<string, string>;
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
    data: opened.subarray(end),
  };
}

/** What is encrypted counts for this key and purpose alone. */
const aad = (id: string): Buffer => Buffer.from(`baton-payload/${VERSION}/${id}`);

const textOf = ({ metadata }: Payload, name: string): string => Buffer.from(metadata?.[name] ?? []).toString();

const base64Of = (metadata: Record<string, Uint8Array>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value).toString('base64')]));

function readKeys(home: string): Key[] {
  const path = payloadKeyFile(home);
  const read = readBounded(path, LIMITS.payloadKeyBytes);
  if (read.kind === 'missing') return [];
  const bad = (why: string): BatonError =>
    new BatonError('io', `${path} cannot be used: ${why}`, {
      hint: 'one key of 64 hexadecimal characters a line, made by: openssl rand -hex 32',
    });
  if (read.kind === 'refused') throw bad(read.reason);
  const lines = read.bytes
    .toString('latin1')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) throw bad('it is empty');
  return lines.map((line, position) => {
    if (!/^[0-9a-f]{64}$/i.test(line)) throw bad(`line ${position + 1} is no key`);
    const bytes = Buffer.from(line, 'hex');
    return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 16), bytes };
  });
}

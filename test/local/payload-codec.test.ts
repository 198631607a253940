import type { Payload } from '@temporalio/common';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { NOT_ENCRYPTED } from '../../src/contract/names.js';
import { payloadCodec, payloadKeyFile, payloadKeyId } from '../../src/local/payload-codec.js';
import { temporaryFolder } from './helpers/folders.js';

const key = (): string => randomBytes(32).toString('hex');
function homeWith(...keys: string[]): string {
  const home = temporaryFolder();
  writeFileSync(payloadKeyFile(home), `${keys.join('\n')}\n`);
  return home;
}
function codecOf(home: string) {
  const codec = payloadCodec(home);
  if (!codec) throw new Error('there is a key');
  return codec;
}
const text = (value: string): Payload => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(JSON.stringify(value)),
});

it('gives back every payload as it was, and shows nothing of it in between', async () => {
  const codec = codecOf(homeWith(key()));
  const payload = fc.record({
    metadata: fc.dictionary(fc.string(), fc.uint8Array()).map((entries) => ({ ...entries })),
    data: fc.uint8Array({ maxLength: 5000 }),
  });
  await fc.assert(
    fc.asyncProperty(payload, async (given) => {
      const [hidden] = await codec.encode([given]);
      const [opened] = await codec.decode([hidden as Payload]);
      expect(Buffer.from(opened?.data ?? [])).toEqual(Buffer.from(given.data));
      expect(Object.keys(opened?.metadata ?? {})).toEqual(Object.keys(given.metadata));
      for (const [name, value] of Object.entries(given.metadata))
        expect(Buffer.from(opened?.metadata?.[name] ?? [])).toEqual(Buffer.from(value));
    }),
  );
  const [hidden] = await codec.encode([text('the plan of the attack')]);
  expect(Buffer.from(hidden?.data ?? []).toString('latin1')).not.toContain('attack');
  const [again] = await codec.encode([text('the plan of the attack')]);
  expect(Buffer.from(again?.data ?? [])).not.toEqual(Buffer.from(hidden?.data ?? []));
});

it('refuses what somebody changed, down to one bit', async () => {
  const codec = codecOf(homeWith(key()));
  const [hidden] = (await codec.encode([text('pay 5')])) as [Payload];
  const bytes = Buffer.from(hidden.data ?? []);
  for (let at = 0; at < bytes.length; at += 1) {
    const data = Buffer.from(bytes);
    data[at] = (data[at] ?? 0) ^ 1;
    await expect(Promise.resolve().then(() => codec.decode([{ ...hidden, data }]))).rejects.toThrow();
  }
});

it('never takes plain text for encrypted: whoever reads it learns that it was not', async () => {
  const [marked] = await codecOf(homeWith(key())).decode([text('hello')]);
  expect(Buffer.from(marked?.data ?? []).toString()).toBe(JSON.stringify(NOT_ENCRYPTED));
});

it('reads with every key of the file, writes with the first, and names one that is missing', async () => {
  const [old, fresh] = [key(), key()];
  const [hidden] = await codecOf(homeWith(old)).encode([text('x')]);
  const [opened] = await codecOf(homeWith(fresh, old)).decode([hidden as Payload]);
  expect(Buffer.from(opened?.data ?? []).toString()).toBe('"x"');
  const id = payloadKeyId(homeWith(old)) ?? '';
  const wrong = codecOf(homeWith(fresh));
  await expect(Promise.resolve().then(() => wrong.decode([hidden as Payload]))).rejects.toThrow(`the key ${id}`);
});

it('is off without a key, and an unusable key is no reason to go on in plain text', () => {
  expect(payloadCodec(temporaryFolder())).toBeUndefined();
  for (const bad of ['', 'abc', `${key()}\nabc`, key().slice(1)]) {
    expect(() => payloadCodec(homeWith(bad))).toThrow(/payload-key cannot be used/);
  }
});

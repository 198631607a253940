import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NOT_ENCRYPTED } from '../../src/contract/names.js';
import { payloadKeyFile } from '../../src/local/payload-codec.js';
import { Installation, until } from './crash.js';
import { temporalSide } from './temporal.js';

let place: Installation;
beforeAll(() => {
  place = new Installation();
  mkdirSync(place.home, { recursive: true });
  writeFileSync(payloadKeyFile(place.home), `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
});
afterAll(() => place.end());
const { ask, startRaw, signal } = temporalSide(() => place);

/** Of these no byte may stand in the server's database. */
const CANARIES = ['title', 'output', 'env', 'question', 'comment', 'error'].map((what) => `canary-${what}`);
const tasks = [
  { id: 'a', title: 'canary-title', command: ['sh', '-c', 'echo canary-output; exit 3'], env: { X: 'canary-env' } },
  { id: 'b', decision: { question: 'canary-question?' } },
  { id: 'c', command: ['true'], cwd: 'canary-error' },
];

it('with a payload key Temporal keeps nothing readable of a request, and takes no message that is not encrypted', async () => {
  await place.submit('hidden', place.plan('hidden', { tasks }));
  await until('the decision', async () => (await place.status('hidden')).decisions.length === 1);
  await signal('hidden', 'decide', { decisionId: 'd1', choice: 'approve' });
  await startRaw('raw', [{ description: 'hello' }]);
  await until('the refusal', async () =>
    (await ask('workflow', 'describe', '--workflow-id', 'raw')).includes(NOT_ENCRYPTED),
  );
  expect(await place.status('hidden')).toMatchObject({ decisions: [{ state: 'open' }] });

  await place.baton('decide', 'hidden/d1', 'approve', '--comment', 'canary-comment');
  await until('the end', async () => (await place.status('hidden')).status === 'failed');
  const view = await place.status('hidden');
  expect(view.tasks.map(({ status }) => status)).toEqual(['failed', 'completed', 'failed']);
  expect(JSON.stringify(view)).toContain('canary-error');

  const files = readdirSync(place.home).filter((name) => name.startsWith('temporal.db'));
  const kept = Buffer.concat(files.map((name) => readFileSync(join(place.home, name))));
  expect(kept.includes('hidden')).toBe(true);
  expect(CANARIES.filter((canary) => kept.includes(canary))).toEqual([]);
}, 120_000);

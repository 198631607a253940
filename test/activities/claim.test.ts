import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { TaskDraft } from '../../src/contract/plan.js';
import type { TaskResult } from '../../src/contract/task.js';
import { folderWith } from '../workspace/folders.js';
import { stage, until } from './agents.js';

/** Its effect is a line in a file; then it goes on for as long as the file `wait` is there. */
const SCRIPT = 'echo sent >> mails; while [ -e wait ]; do sleep 0.05; done; [ ! -e broken ]';
const mail: Partial<TaskDraft> & { id: string } = {
  id: 'mail',
  action: { kind: 'command', argv: ['sh', '-c', SCRIPT] },
};

async function staged(more: Partial<TaskDraft> = { once: true }, files: Record<string, string> = {}) {
  const folder = folderWith(files);
  const sent = (): number => {
    try {
      return readFileSync(join(folder, 'mails'), 'utf8').split('\n').length - 1;
    } catch {
      return 0;
    }
  };
  return { ...(await stage(folder, {}, [{ ...mail, ...more }])), folder, sent };
}

/** The worker dies, as far as the task can tell, once the mail is sent. */
async function lost(more?: Partial<TaskDraft>) {
  const made = await staged(more, { wait: '' });
  const first = made.deliver('mail');
  await until(() => made.sent() === 1);
  first.cancel('WORKER_SHUTDOWN');
  await expect(first.ended).rejects.toThrow();
  const again = await made.deliver('mail', { attempt: 2, order: { attempt: 1 } }).ended.catch(() => undefined);
  return { ...made, again };
}
const asked = (result: TaskResult | undefined) => (result?.kind === 'parked' ? result.asks : undefined);

it('what was begun, and is not known to have ended, is not done again but asked about', async () => {
  const { deliver, sent, again, folder } = await lost();
  const asks = asked(again);
  expect(asks?.question).toMatch(/mail was begun at .* and how it ended is not known/);
  expect(sent()).toBe(1);
  const said = (choice: 'approve' | 'reject') => ({ attempt: 2, permit: { digest: asks?.digest ?? '', choice } });
  await expect(deliver('mail', { order: said('reject') }).ended).resolves.toMatchObject({
    kind: 'failed',
    error: { code: 'outcome_unknown' },
  });
  expect(sent()).toBe(1);
  rmSync(join(folder, 'wait'));
  await expect(deliver('mail', { order: said('approve') }).ended).resolves.toMatchObject({ kind: 'completed' });
  expect(sent()).toBe(2);
});

it('an answer to what an earlier attempt left open does not count for a later one', async () => {
  const { deliver, sent, again } = await lost();
  const permit = { digest: asked(again)?.digest ?? '', choice: 'approve' as const };
  const second = deliver('mail', { order: { attempt: 2, permit } });
  await until(() => sent() === 2);
  second.cancel('WORKER_SHUTDOWN');
  await expect(second.ended).rejects.toThrow();
  const third = asked(await deliver('mail', { attempt: 2, order: { attempt: 2, permit } }).ended);
  expect(third?.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(third?.digest).not.toBe(permit.digest);
  expect(sent()).toBe(2);
});

it('a failure that the command told itself may be repeated', async () => {
  const { deliver, sent } = await staged({ once: true }, { broken: '' });
  for (const attempt of [1, 2]) {
    await expect(deliver('mail', { order: { attempt } }).ended).resolves.toMatchObject({
      kind: 'failed',
      error: { code: 'command_failed' },
    });
  }
  expect(sent()).toBe(2);
});

it('one that its time limit ended has an unknown outcome', async () => {
  const { deliver, sent } = await staged({ once: true, timeLimitMs: 700 }, { wait: '' });
  await expect(deliver('mail').ended).resolves.toMatchObject({ kind: 'failed', error: { code: 'time_limit' } });
  expect(asked(await deliver('mail', { order: { attempt: 2 } }).ended)).toBeDefined();
  expect(sent()).toBe(1);
});

it('a task that does not say so is done again', async () => {
  const { sent, again } = await lost({ timeLimitMs: 1500 });
  expect(again).toMatchObject({ kind: 'failed', error: { code: 'time_limit' } });
  expect(sent()).toBe(2);
});

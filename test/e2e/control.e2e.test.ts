import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionView, ProgressView } from '../../src/contract/view.js';
import { crash, Installation, lives, until } from './crash.js';
import { Ledger } from './ledger.js';

let place: Installation;
let client: Client;
beforeAll(async () => {
  place = new Installation();
  await place.submit('first', place.plan('first', { tasks: [{ id: 'a', command: ['true'] }] }));
  client = await place.client();
});
afterAll(() => place.end());

const progressOf = (id: string): Promise<ProgressView> => client.workflow.getHandle(id).query<ProgressView>('progress');

describe('a thousand messages to one request at once', () => {
  const MESSAGES = 1000;
  /** Temporal takes ten updates of one workflow at a time. */
  const UPDATES_AT_ONCE = 8;

  it('half signals and half updates, are all taken up, and the worker lives', async () => {
    const question = { question: 'Go on?', options: ['yes', 'no'] };
    const tasks = [
      { id: 'ask', decision: question },
      { id: 'stay', decision: question },
    ];
    await place.submit('flood', place.plan('flood', { tasks }));
    await until('the questions', async () => (await progressOf('flood')).openDecisions.length === 2);
    const worker = place.record('worker');
    const handle = client.workflow.getHandle('flood');
    const told: Record<string, number> = {};
    let left = MESSAGES / 2;
    const update = async (): Promise<void> => {
      while (left > 0) {
        const choice = (left -= 1) % 2 ? 'yes' : 'no';
        const result = await handle
          .executeUpdate<{ result: string }, [object]>('decide', { args: [{ decisionId: 'd1', choice }] })
          .then(
            (answer) => answer.result,
            (error: unknown) => {
              if (!(error instanceof WorkflowUpdateFailedError)) throw error;
              return 'refused';
            },
          );
        told[result] = (told[result] ?? 0) + 1;
      }
    };
    await handle.signal('decide', { decisionId: 'd1', choice: 'yes' });
    await Promise.all([
      ...Array.from({ length: UPDATES_AT_ONCE }, update),
      ...Array.from({ length: MESSAGES / 2 }, (_, i) =>
        handle.signal('decide', { decisionId: 'd1', choice: i % 2 ? 'yes' : 'no', by: `n${i}` }),
      ),
    ]);
    expect(told).toEqual({ unchanged: MESSAGES / 4, refused: MESSAGES / 4 });
    const { decisions } = await handle.query<{ decisions: DecisionView[] }>('decisions');
    const asked = decisions.find(({ id }) => id === 'flood/d1');
    expect(asked).toMatchObject({ state: 'answered', answer: { choice: 'yes' } });
    // Bounded, the newest last.
    expect(asked?.refused).toHaveLength(20);
    expect(lives(worker)).toBe(true);
    expect(place.record('worker').pid).toBe(worker.pid);
    await place.json(['decide', 'flood/d2', 'yes']);
    expect((await place.ended('flood')).status).toBe('complete');
  });
});

describe('a pause', () => {
  const TASKS = 6;

  it('outlives a crash of worker, server and supervisor: nothing starts until resume, and each task runs once', async () => {
    const ledger = new Ledger(place.folder, 'pause');
    const tasks = Array.from({ length: TASKS }, (_, i) => ({
      id: `t${i}`,
      command: ledger.command(0, { gated: true }),
    }));
    await place.submit('pause', place.plan('pause', { maxParallel: 2, tasks }));
    await until('the first tasks', () => ledger.total('begin') === 2);
    expect(await place.json(['pause', 'pause'])).toMatchObject({ result: 'accepted' });
    ledger.openGate();
    await until('what runs', () => ledger.total('commit') === 2);
    await until('the pause', async () => (await progressOf('pause')).completed === 2);

    const all = [place.record('worker'), place.record('server'), await place.supervisor()];
    crash(all);
    await until('their end', () => !all.some(lives));
    // Any command that acts starts what is missing.
    expect((await place.baton('decisions')).code).toBe(0);
    const paused = await place.status('pause');
    expect(paused.status).toBe('paused');
    expect(paused.tasks.filter(({ status }) => status === 'completed')).toHaveLength(2);
    await sleep(2000);
    expect(ledger.total('begin')).toBe(2);
    expect(await progressOf('pause')).toMatchObject({ status: 'paused', active: 0 });

    expect(await place.json(['resume', 'pause'])).toMatchObject({ result: 'accepted' });
    const view = await place.ended('pause');
    expect(view.status).toBe('complete');
    expect(view.tasks.map(({ status, attempts }) => `${status} ${attempts}`)).toEqual(Array(TASKS).fill('completed 1'));
    expect([Object.values(ledger.count('begin')), Object.values(ledger.count('commit'))]).toEqual([
      Array(TASKS).fill(1),
      Array(TASKS).fill(1),
    ]);
  });
});

describe('a machine that stands still', () => {
  const STILL_MS = 20_000;

  it('for 20 s, with all parts of Baton and its tasks, goes on after it, and no failure is charged to a task', async () => {
    const ledger = new Ledger(place.folder, 'still');
    const tasks = [
      { id: 'running', command: ledger.command(1000, { gated: true }) },
      { id: 'after', command: ledger.command(0, { gated: true }), dependencies: ['running'] },
      { id: 'ask', decision: { question: 'Go on?' } },
    ];
    await place.submit('still', place.plan('still', { tasks }));
    await until('its task', () => ledger.total('begin') === 1 && place.processesOf('still').length >= 2);
    const supervisor = await place.supervisor();
    const parts = [...new Set([...descendantsOf(supervisor.pid), ...place.processesOf('still').map(({ pid }) => pid)])];
    // Supervisor, server, worker, launcher, reaper, the task's process and its child.
    expect(parts.length).toBeGreaterThanOrEqual(7);
    const [worker, server] = [place.record('worker'), place.record('server')];
    for (const pid of parts) process.kill(pid, 'SIGSTOP');
    try {
      await sleep(STILL_MS);
    } finally {
      for (const pid of parts) process.kill(pid, 'SIGCONT');
    }
    ledger.openGate();
    await until('an answer', () => progressOf('still').catch(() => undefined));
    expect((await place.baton('decide', 'still/d1', 'approve')).code).toBe(0);
    const view = await place.ended('still');
    expect(view.status).toBe('complete');
    expect(view.tasks.map(({ id, status, attempts, error }) => ({ id, status, attempts, error }))).toEqual([
      { id: 'running', status: 'completed', attempts: 1, error: undefined },
      { id: 'after', status: 'completed', attempts: 1, error: undefined },
      { id: 'ask', status: 'completed', attempts: 0, error: undefined },
    ]);
    expect(ledger.count('commit')).toEqual({ running: 1, after: 1 });
    expect([place.record('worker').pid, place.record('server').pid]).toEqual([worker.pid, server.pid]);
    expect(lives(supervisor)).toBe(true);
  });
});

/** A process and all below it. */
function descendantsOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, 'latin1'))?.[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)];
  return below(root);
}

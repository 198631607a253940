import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgressView } from '../../src/contract/view.js';
import { Installation, until } from './crash.js';

const EVENTS_MOST = 10_000;

let place: Installation;
let client: Client;
beforeAll(async () => {
  place = new Installation();
  await place.submit('first', place.plan('first', { tasks: [{ id: 'a', command: ['true'] }] }));
  client = await place.client();
});
afterAll(() => place.end());

interface Run {
  runId: string;
  status: string;
  events: number;
  /** The run before it, by its first event. */
  before: string | null;
}

/** The runs of a request, the oldest first. */
async function runsOf(id: string): Promise<Run[]> {
  const runs: Run[] = [];
  for await (const { runId } of client.workflow.list({ query: `WorkflowId="${id}"` })) {
    const handle = client.workflow.getHandle(id, runId);
    const { status, historyLength } = await handle.describe();
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: id, runId },
      maximumPageSize: 1,
    });
    const before = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
    runs.unshift({ runId, status: status.name, events: historyLength, before: before === '' ? null : before });
  }
  return runs;
}

const countRuns = async (id: string): Promise<number> => (await client.workflow.count(`WorkflowId="${id}"`)).count;

/** Each run is followed by the next, all but the last by continuing as new. */
function expectChain(runs: readonly Run[], last: string): void {
  expect(runs.map((run) => run.before)).toEqual([null, ...runs.slice(0, -1).map((run) => run.runId)]);
  expect(runs.map((run) => run.status)).toEqual([...runs.slice(0, -1).map(() => 'CONTINUED_AS_NEW'), last]);
}

const progressOf = (id: string): Promise<ProgressView> => client.workflow.getHandle(id).query<ProgressView>('progress');

describe('a large plan', () => {
  const TASKS = 1500;
  const BARRIER = 1400;

  it('of 1,500 tasks completes in two runs of bounded history, with each task done once', async () => {
    const file = join(place.folder, 'done.txt');
    const command = ['sh', '-c', `echo "$BATON_IDEMPOTENCY_KEY" >> ${file}`];
    const tasks = Array.from({ length: TASKS }, (_, i) => ({
      id: `t${i}`,
      command,
      dependencies:
        i === BARRIER
          ? Array.from({ length: BARRIER }, (_, n) => `t${n}`)
          : i > BARRIER
            ? [`t${BARRIER}`]
            : i < 15
              ? []
              : [`t${i - 15}`],
    }));
    await place.submit('large', place.plan('large', { maxParallel: 15, tasks }));
    const view = await place.ended('large', 170_000);
    expect(view.status).toBe('complete');
    expect(view.tasks).toHaveLength(TASKS);
    expect(view.tasks.filter((task) => task.status !== 'completed' || task.attempts !== 1)).toEqual([]);
    const keys = readFileSync(file, 'utf8').trim().split('\n');
    expect(keys.sort()).toEqual(tasks.map(({ id }) => `large/${id}/0`).sort());

    const runs = await runsOf('large');
    expect(runs).toHaveLength(2);
    expectChain(runs, 'COMPLETED');
    expect(Math.max(...runs.map((run) => run.events))).toBeLessThan(EVENTS_MOST);
  });

  it('that is a chain of 5,000 tasks is accepted, runs in order, and can be cancelled', async () => {
    const tasks = Array.from({ length: 5000 }, (_, i) => ({
      id: `t${i}`,
      command: ['true'],
      dependencies: i === 0 ? [] : [`t${i - 1}`],
    }));
    await place.submit('chain', place.plan('chain', { tasks }));
    const progress = await until('the tenth task', async () => {
      const found = await progressOf('chain');
      return found.completed >= 10 ? found : undefined;
    });
    expect(progress).toMatchObject({ status: 'running', total: 5000, active: 1, milestones: { total: 5000 } });
    await place.json(['cancel', 'chain']);
    const view = await place.ended('chain');
    expect(view.status).toBe('cancelled');
    const statuses = view.tasks.map((task) => task.status);
    const done = statuses.lastIndexOf('completed') + 1;
    expect(done).toBeGreaterThanOrEqual(10);
    expect(new Set(statuses.slice(0, done))).toEqual(new Set(['completed']));
    expect(new Set(statuses.slice(done))).toEqual(new Set(['cancelled']));
  });
});

describe('a request that waits', () => {
  const decision = { question: 'Go on?', options: ['yes', 'no'] };

  it('and gets more messages than a history holds continues as new, keeps its question, and takes each message up with its plan', async () => {
    const tasks = [
      { id: 'before', command: ['true'] },
      { id: 'ask', kind: 'decision', decision, dependencies: ['before'] },
      { id: 'after', command: ['true'], dependencies: ['ask'] },
    ];
    await place.submit('flood', place.plan('flood', { tasks }));
    const handle = client.workflow.getHandle('flood');
    await until('the question', async () => (await progressOf('flood')).openDecisions.length === 1);
    // Large ones fill a history soonest. The last come while the request continues as a new run.
    const text = 'x'.repeat(100_000);
    const portion = (n: number): Promise<unknown> =>
      Promise.all(Array.from({ length: n }, () => handle.signal('tell', text)));
    for (let sent = 0; sent < 40; sent += 5) {
      await portion(5);
      await progressOf('flood');
    }
    while ((await countRuns('flood')) === 1) await portion(5);
    const runs = await runsOf('flood');
    expectChain(runs, 'RUNNING');
    const progress = await until('the plan', async () => {
      const found = await progressOf('flood');
      return found.total === 3 ? found : undefined;
    });
    expect(progress).toMatchObject({ status: 'waiting', completed: 1, waiting: 1, openDecisions: ['flood/d1'] });
    expect(progress.notes.at(-1)).toContain('unknown signal tell');
    await place.json(['decide', 'flood/d1', 'yes']);
    const view = await place.ended('flood');
    expect(view.status).toBe('complete');
    expect(view.tasks.map(({ id, status, attempts }) => `${id} ${status} ${attempts}`)).toEqual([
      'before completed 1',
      'ask completed 0',
      'after completed 1',
    ]);
  });

  it('does not continue as new again and again where its plan alone fills a history, and loses nothing while it does', async () => {
    const TASKS_HEAVY = 6000;
    const title = 'long '.repeat(96);
    const tasks = Array.from({ length: TASKS_HEAVY }, (_, i) => ({
      id: `t${i}`,
      title: `${title}${i}`,
      command: ['true'],
    }));
    // The next run reads such a plan for a while; messages that come meanwhile must not find it without one.
    const talking = new AbortController();
    const talk = (async () => {
      const handle = client.workflow.getHandle('heavy');
      while (!talking.signal.aborted) {
        await handle.signal('tell', 'something').catch(() => undefined);
        await sleep(20);
      }
    })();
    await place.submit('heavy', place.plan('heavy', { tasks }));
    await place.json(['pause', 'heavy']);
    // It may follow the run that made the plan by one that only waits; that one has nothing to hand on.
    const settled = await until('a run that stays', async () => {
      const before = await countRuns('heavy');
      await sleep(4000);
      return (await countRuns('heavy')) === before ? before : undefined;
    });
    talking.abort();
    await talk;
    expect(settled).toBe(2);
    const { status, total, active, completed, cancelled } = await progressOf('heavy');
    expect({ status, total, active, cancelled }).toEqual({
      status: 'paused',
      total: TASKS_HEAVY,
      active: 0,
      cancelled: 0,
    });
    await place.json(['cancel', 'heavy']);
    const view = await place.ended('heavy');
    expect(view.status).toBe('cancelled');
    expect(view.tasks.filter((task) => task.status === 'completed')).toHaveLength(completed);
  });
});

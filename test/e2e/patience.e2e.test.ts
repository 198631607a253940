/** What happens to a question that nobody answers: 30 days in seconds on Temporal's server that skips time, and a crash in between on the real one. */
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getTestServer } from '../../scripts/get-test-server.mjs';
import type { DecisionView, RequestView } from '../../src/contract/view.js';
import { crash, Installation, until } from './crash.js';

const WORKER = join(import.meta.dirname, '../../dist/worker.js');
const DAY = 24 * 60 * 60 * 1000;
/** What may pass between a timer and the workflow's next step: real time, on a busy machine. */
const SLACK_MS = 5 * 60 * 1000;

let place: Installation;
const ran = (id: string): boolean => existsSync(join(place.workspace, id));

/** Starts a plan that nobody signed, so that it has to be approved, and waits for the question. Its one task leaves a file of its name. */
async function ask(client: Client, id: string): Promise<WorkflowHandle> {
  const plan = { name: id, tasks: [{ id: 'a', command: ['touch', id] }] };
  const args = [{ description: id, workspace: place.workspace, plan }];
  const handle = await client.workflow.start('orchestrate', { workflowId: id, taskQueue: 'baton', args });
  await until('the question', async () => (await decisionOf(handle)) !== undefined);
  return handle;
}

const decisionOf = async (handle: WorkflowHandle): Promise<DecisionView | undefined> =>
  (await handle.query<{ decisions: DecisionView[] }>('decisions')).decisions[0];

/** Waits for the end without skipping time. */
async function endOf(handle: WorkflowHandle): Promise<RequestView> {
  await until('the end', async () => (await handle.describe()).status.name !== 'RUNNING');
  return (await handle.result()) as RequestView;
}

/** `started reminder of d1`, … in the order of the history, and when those went off that did. */
async function timersOf(handle: WorkflowHandle): Promise<{ log: string[]; fired: number[] }> {
  const { events } = await handle.fetchHistory();
  const names = new Map<string, string>();
  const [log, fired]: [string[], number[]] = [[], []];
  for (const event of events ?? []) {
    const { timerStartedEventAttributes: started, timerFiredEventAttributes: ended } = event;
    const id = started?.timerId ?? ended?.timerId ?? event.timerCanceledEventAttributes?.timerId;
    if (id === undefined || id === null) continue;
    const { data } = event.userMetadata?.summary ?? {};
    if (started && data) names.set(id, JSON.parse(Buffer.from(data).toString()) as string);
    log.push(`${started ? 'started' : ended ? 'fired' : 'cancelled'} ${names.get(id)}`);
    if (ended) fired.push(Number(event.eventTime?.seconds ?? 0) * 1000);
  }
  return { log, fired };
}

const ALL = ['reminder', 'escalation', 'deadline'].flatMap((what) => [`started ${what} of d1`, `fired ${what} of d1`]);

/** Times after the question, which came when it should. */
function expectDays(decision: DecisionView, times: (string | number | undefined)[], days: number[]): void {
  expect(times).toHaveLength(days.length);
  const raisedAt = Date.parse(decision.raisedAt);
  days.forEach((day, i) => {
    const late = new Date(times[i] ?? NaN).getTime() - raisedAt - day * DAY;
    // A history counts in whole seconds here.
    expect(late).toBeGreaterThanOrEqual(-1000);
    expect(late).toBeLessThan(SLACK_MS);
  });
}

describe('a plan that waits for its approval for 30 days', () => {
  let env: TestWorkflowEnvironment;

  beforeAll(async () => {
    place = new Installation();
    const server = { executable: { type: 'existing-path' as const, path: getTestServer() } };
    env = await TestWorkflowEnvironment.createTimeSkipping({ server });
    const worker = place.program(process.execPath, [WORKER], {
      ...place.environment(),
      TEMPORAL_ADDRESS: env.address,
    });
    for (let printed = ''; !printed.includes('BATON_WORKER_READY');)
      printed += String((await once(worker.stdout ?? worker, 'data'))[0]);
  });

  afterAll(async () => {
    await env.teardown();
    await place.end();
  });

  it('is brought to mind, becomes urgent and is rejected, once each, in this order, at the right times', async () => {
    const handle = await ask(env.client, 'nobody');
    const { decisions, status, tasks } = (await handle.result()) as RequestView;
    const [decision] = decisions as [DecisionView];
    expect([status, tasks[0]?.status, ran('nobody')]).toEqual(['cancelled', 'cancelled', false]);
    expect(decision).toMatchObject({
      state: 'expired',
      urgency: 'high',
      answer: { choice: 'reject', by: 'deadline', via: 'deadline' },
    });
    expectDays(decision, [decision.remindedAt, decision.escalatedAt, decision.answer?.at], [1, 3, 30]);
    const { log, fired } = await timersOf(handle);
    expect(log).toEqual(ALL);
    expectDays(decision, fired, [1, 3, 30]);
    expect(existsSync(join(place.home, 'requests', 'nobody', 'report.md'))).toBe(true);
  });

  it('runs when the answer comes on the 29th day, and nothing more is heard of its deadline', async () => {
    const handle = await ask(env.client, 'late');
    await env.sleep(29 * DAY);
    expect(await decisionOf(handle)).toMatchObject({ state: 'open', urgency: 'high' });
    expect(ran('late')).toBe(false);
    await handle.signal('decide', { decisionId: 'd1', choice: 'approve', by: 'ann' });
    const { decisions, status } = await endOf(handle);
    const [decision] = decisions as [DecisionView];
    expect([status, ran('late')]).toEqual(['complete', true]);
    expect(decision).toMatchObject({ state: 'answered', answer: { choice: 'approve', by: 'ann', via: 'signal' } });
    expectDays(decision, [decision.remindedAt, decision.escalatedAt, decision.answer?.at], [1, 3, 29]);
    expect((await timersOf(handle)).log).toEqual([...ALL.slice(0, -1), 'cancelled deadline of d1']);
  });
});

describe('a question that nobody answers while the request is paused and the worker dies', () => {
  beforeAll(() => {
    place = new Installation();
    mkdirSync(place.home);
    const text = 'decisionReminder: 1s\ndecisionEscalation: 6s\nescalateTo: [bob]\ndecisionExpiry: 7s\n';
    writeFileSync(join(place.home, 'baton.yaml'), text);
  });

  afterAll(() => place.end());

  it('is brought to mind, becomes urgent and expires once each all the same', async () => {
    await place.json(['decisions']);
    const handle = await ask(await place.client(), 'crash');
    await handle.signal('pause', { by: 'ann' });
    const { remindedAt } = await until('the reminder', async () => {
      const decision = await decisionOf(handle);
      return decision?.remindedAt === undefined ? undefined : decision;
    });
    const worker = place.record('worker');
    crash([worker]);
    await place.another('worker', worker);
    const { decisions } = await endOf(handle);
    expect(decisions).toMatchObject([
      { remindedAt, urgency: 'high', who: [expect.anything(), 'bob'], state: 'expired', answer: { choice: 'reject' } },
    ]);
    expect((await timersOf(handle)).log).toEqual(ALL);
    expect((await place.baton('status', 'crash')).stdout).toContain('reject, by deadline via deadline');
  });
});

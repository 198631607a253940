import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { historyNames, readKept, toHistory, type KeptHistory } from './histories.js';

const BUNDLE = resolve(import.meta.dirname, '../../dist/workflow-bundle.js');

beforeAll(() => {
  if (!existsSync(BUNDLE)) throw new Error('dist/workflow-bundle.js is missing: npm run build');
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
  });
});

/** Replays histories with the workflows as they are now; gives each one's error. */
async function replay(kept: Record<string, KeptHistory>): Promise<Record<string, Error | undefined>> {
  const errors: Record<string, Error | undefined> = {};
  const names = Object.keys(kept);
  const histories = Object.values(kept).map((one) => ({ workflowId: one.workflowId, history: toHistory(one) }));
  const options = { workflowBundle: { code: readFileSync(BUNDLE, 'utf8') }, reuseV8Context: true };
  let next = 0;
  for await (const { error } of Worker.runReplayHistories(options, histories)) errors[names[next++] ?? ''] = error;
  return errors;
}

const all = Object.fromEntries(historyNames().map((name) => [name, readKept(name)]));

describe('kept histories', () => {
  const KINDS = [
    ...[
      'simple-plan',
      'failure',
      'retry',
      'decision-by-signal',
      'decision-by-update',
      'decision-by-deadline',
      'cancel',
    ],
    ...[
      'cancel-by-temporal',
      'continue-as-new-1',
      'continue-as-new-2',
      'quality-analysis',
      'plan-approval',
      'bad-input',
    ],
    'unknown-signal',
    'nobody-answers',
    'usage-limit-and-budget',
  ];
  let errors: Record<string, Error | undefined> = {};
  beforeAll(async () => void (errors = await replay(all)));

  it('cover what a request can go through', () => {
    expect(Object.keys(all)).toEqual(expect.arrayContaining(KINDS));
  });

  it.each(Object.keys(all))('%s is replayed by the workflow as it is now', (name) => {
    expect(Object.keys(errors)).toContain(name);
    expect(errors[name]).toBeUndefined();
  });

  it('hold what they are named for', () => {
    const types = (name: string): string[] => all[name]?.events.map((event) => event.eventType) ?? [];
    expect(types('continue-as-new-1').at(-1)).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW');
    expect(JSON.stringify(all['continue-as-new-2']?.events[0])).toContain('continuedExecutionRunId');
    expect(types('bad-input').at(-1)).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_FAILED');
    expect(types('cancel-by-temporal').at(-1)).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED');
    expect(types('retry')).toContain('EVENT_TYPE_TIMER_FIRED');
    expect(types('decision-by-deadline')).toContain('EVENT_TYPE_TIMER_FIRED');
    expect(types('nobody-answers').filter((type) => type === 'EVENT_TYPE_TIMER_FIRED')).toHaveLength(3);
    const limited = JSON.stringify(all['usage-limit-and-budget']);
    expect([limited.includes('"kind":"limited"'), limited.includes('"choice":"raise"')]).toEqual([true, true]);
    expect(types('decision-by-update')).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED');
    expect(types('unknown-signal').filter((type) => type.endsWith('SIGNALED'))).toHaveLength(3);
    expect(types('cancel')).toContain('EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED');
  });
});

describe('a replay', () => {
  const tampered = (name: string, change: (text: string) => string): KeptHistory =>
    JSON.parse(change(JSON.stringify(all[name]))) as KeptHistory;

  it('fails where the workflow would have called another activity, or in another order', async () => {
    const changed = {
      type: tampered('simple-plan', (text) => text.replace('"name":"analyze"', '"name":"guess"')),
      answer: tampered('plan-approval', (text) => text.replace('"choice":"approve"', '"choice":"reject"')),
      timer: tampered('retry', (text) =>
        text.replaceAll('TIMER_STARTED', 'MARKER_RECORDED').replaceAll('timerStarted', 'markerRecorded'),
      ),
    };
    const errors = await replay(changed);
    expect(Object.entries(errors).map(([name, error]) => `${name}: ${error?.name}`)).toEqual([
      'type: DeterminismViolationError',
      'answer: DeterminismViolationError',
      'timer: DeterminismViolationError',
    ]);
  });
});

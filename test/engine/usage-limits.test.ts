import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import type { ErrorCode } from '../../src/contract/errors.js';
import type { GraphNode } from '../../src/contract/plan.js';
import type { Limited, TaskResult } from '../../src/contract/task.js';
import type { EngineState } from '../../src/engine/state.js';
import { open } from '../../src/engine/model.js';
import { progressView } from '../../src/progress/progress.js';
import { requestView } from '../../src/progress/view.js';
import { bench, failed, node, type Bench } from './fixtures.js';

const START = 1_000_000;
const agent = (id: string, dependencies: number[] = [], more: Partial<GraphNode> = {}): GraphNode =>
  node(id, dependencies, { kind: 'agent', account: 'claude-code', ...more });
const limit = (until: number, more: Partial<Limited> = {}): Limited => ({
  kind: 'limited',
  startedAt: 0,
  account: 'claude-code-0123',
  until,
  session: null,
  ...more,
});
const view = ({ engine }: Bench) => requestView(engine, { now: START });
const due = (made: Bench): unknown => made.post({ kind: 'timer', id: 'limit:claude-code' });

describe('a usage limit', () => {
  it('holds its task and all others of the account back until it is reset; then they go on, and no attempt was consumed', () => {
    const made = bench([agent('a'), agent('b'), agent('c'), agent('other', [], { account: 'codex' }), node('plain')], {
      maxParallel: 2,
    });
    expect(made.started()).toEqual(['a', 'b']);
    const { commands } = made.end('a', limit(START + 60_000, { session: 's-1' }));
    expect(commands).toContainEqual({
      kind: 'timer',
      id: 'limit:claude-code',
      ms: 60_000,
      summary: 'usage limit of claude-code',
    });
    made.run('b');
    expect(made.started()).toEqual(['a', 'b', 'other', 'plain']);
    made.run('other', 'plain');
    expect(made.statuses()).toMatchObject({ a: 'waiting', c: 'queued' });
    const during = view(made);
    expect(during).toMatchObject({ status: 'running', usageLimits: [{ runtime: 'claude-code', tasks: 2 }] });
    expect(during.tasks[0]).toMatchObject({
      attempts: 0,
      note: 'waits for the usage limit of claude-code until 00:17 UTC',
    });
    expect(during.tasks[2]?.note).toBe('waits for the usage limit of claude-code until 00:17 UTC');
    expect(progressView(made.engine, { now: START, description: '' }).usageLimits).toHaveLength(1);
    made.wait(60_000);
    due(made);
    expect(made.started().slice(4).sort()).toEqual(['a', 'c']);
    expect(made.engine.state.details[0]?.resume).toEqual({ session: 's-1' });
    made.run('a', 'c');
    expect(made.engine.state).toMatchObject({ outcome: 'complete', limits: {}, timers: {} });
    expect(view(made).tasks.map(({ attempts, error }) => [attempts, error])).toEqual(Array(5).fill([1, undefined]));
  });

  it('met again after its reset is waited for again, and what its session used is added up', () => {
    const made = bench([agent('a', [], { retries: 0 })]);
    const usage = { usd: 1, inputTokens: 10, outputTokens: 1 };
    for (let round = 1; round <= 3; round += 1) {
      made.end('a', limit(START + round * 60_000, { session: 's', usage }));
      made.wait(60_000);
      due(made);
    }
    expect(made.engine.state.details[0]).toMatchObject({ held: 3, resume: { session: 's', used: { usd: 3 } } });
    expect(made.engine.state.cost.usd).toBe(3);
    made.run('a');
    expect(view(made)).toMatchObject({ status: 'complete', tasks: [{ attempts: 1 }] });
  });

  it('moves when a later message tells another time, and a timer that goes off too early opens nothing', () => {
    const made = bench([agent('a'), agent('b')]);
    made.end('a', limit(START + 10_000));
    made.end('b', limit(START + 90_000));
    made.wait(10_000);
    due(made);
    expect(made.statuses()).toEqual({ a: 'waiting', b: 'waiting' });
    made.wait(80_000);
    due(made);
    expect(made.statuses()).toEqual({ a: 'running', b: 'running' });
  });

  it('is waited for at least a moment, and not for longer than is believed', () => {
    const made = bench([agent('a')]);
    made.end('a', limit(START - 5000));
    expect(made.engine.state.limits['claude-code']?.until).toBe(START + LIMITS.usageLimitLeastMs);
    const other = bench([agent('a')]);
    other.end('a', limit(1e15));
    expect(other.engine.state.limits['claude-code']?.until).toBe(START + LIMITS.usageLimitMostMs);
  });

  it('is tried at once where a person says so; if it works, all others go on too', () => {
    const made = bench([agent('a'), agent('b')], { maxParallel: 1 });
    made.end('a', limit(START + 60_000));
    expect(made.post({ kind: 'retry', task: 'b', by: 'ann' }).reply.kind).toBe('accepted');
    expect(made.started()).toEqual(['a', 'b']);
    expect(made.engine.state.details[1]?.anyway).toBe(true);
    made.run('b');
    expect(made.started()).toEqual(['a', 'b', 'a']);
    expect(made.engine.state).toMatchObject({ limits: {}, timers: {} });
  });

  it('that a person has tried in vain goes on holding it back', () => {
    const made = bench([agent('a'), agent('b')], { maxParallel: 1 });
    made.end('a', limit(START + 60_000));
    made.post({ kind: 'retry', task: 'a', by: 'ann' });
    made.end('a', limit(START + 60_000));
    expect(made.statuses()).toEqual({ a: 'waiting', b: 'queued' });
    expect(made.engine.state.details[0]?.anyway).toBeUndefined();
  });

  it('lasts over a crash, and a task that waits for it can be skipped or cancelled', () => {
    const made = bench([agent('a'), agent('b'), agent('c')], { maxParallel: 1 });
    made.end('a', limit(START + 60_000));
    const state = JSON.parse(JSON.stringify(made.engine.state)) as EngineState;
    made.engine.state = state;
    made.engine.index = open(state, made.engine.graph).index;
    made.post({ kind: 'wake' });
    expect(made.started()).toEqual(['a']);
    made.post({ kind: 'skip', task: 'a', by: 'ann' });
    made.post({ kind: 'cancel', task: 'b', by: 'ann' });
    made.wait(60_000);
    due(made);
    expect(made.statuses()).toEqual({ a: 'skipped', b: 'cancelled', c: 'running' });
  });

  it('of a task that is being stopped still holds the others back', () => {
    const made = bench([agent('a'), agent('b')], { maxParallel: 1 });
    made.post({ kind: 'pause', task: 'a', by: 'ann' });
    made.end('a', limit(START + 60_000));
    expect(made.statuses()).toEqual({ a: 'paused', b: 'queued' });
  });
});

describe('a failure', () => {
  const error = (code: ErrorCode): TaskResult => ({
    kind: 'failed',
    startedAt: 0,
    error: { code, message: '' },
    artifacts: [],
  });

  it.each(['model_refused', 'not_installed', 'mode_violation', 'plan_changed'] as const)(
    '%s is final whatever the plan says of retries',
    (code) => {
      const made = bench([agent('a', [], { retries: 3 })]);
      made.end('a', error(code));
      expect(made.statuses()).toEqual({ a: 'failed' });
    },
  );

  it.each(['agent_failed', 'model_unavailable', 'no_effect', 'time_limit'] as const)(
    '%s is tried again as often as the plan says',
    (code) => {
      const made = bench([agent('a', [], { retries: 1 })]);
      made.end('a', error(code));
      expect(made.statuses()).toEqual({ a: 'waiting' });
    },
  );

  it('of a command is tried again as often as the plan says', () => {
    const made = bench([node('a', [], { retries: 1 })]);
    made.end('a', failed);
    expect(made.statuses()).toEqual({ a: 'waiting' });
  });
});

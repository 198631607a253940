import { expect, test } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import { objectionTo } from '../../src/engine/decisions.js';
import type { EventBody } from '../../src/engine/events.js';
import { bench, node, question } from './fixtures.js';

const answer = (choice: string, more: object = {}): EventBody => ({
  kind: 'decide',
  decision: 'd1',
  choice,
  comment: '',
  by: 'ann',
  via: 'signal',
  ...more,
});
const approval = { question: 'Carry out?', summary: 'a plan', digest: 'digest', risk: 0, criticality: 0, context: {} };

test('a decision task waits for its answer and completes with it', () => {
  const { post, statuses, engine } = bench([node('ask', [], question()), node('b', [0])]);
  expect(engine.state.phase).toBe('ESCALATING');
  expect(statuses()).toEqual({ ask: 'waiting', b: 'pending' });
  post(answer('approve'));
  expect(statuses()).toEqual({ ask: 'completed', b: 'running' });
  expect(engine.state.phase).toBe('MONITORING');
  expect(engine.state.decisions[0]?.answer).toMatchObject({ choice: 'approve', by: 'ann', via: 'signal' });
});

test('a rejection skips by choice, which leaves the outcome complete', () => {
  const { post, statuses, run, engine } = bench([
    node('ask', [], question()),
    node('b', [0]),
    node('c', [1]),
    node('d'),
  ]);
  post(answer('reject'));
  run('d');
  expect(statuses()).toEqual({ ask: 'completed', b: 'skipped', c: 'skipped', d: 'completed' });
  expect(engine.state.outcome).toBe('complete');
});

test('a choice does not hide a failure', () => {
  const { post, fail, engine, statuses } = bench([node('ask', [], question()), node('a'), node('b', [0, 1])]);
  post(answer('reject'));
  fail('a');
  expect(statuses()['b']).toBe('skipped');
  expect(engine.state.details[2]?.reason).toBe('dependency');
  expect(engine.state.outcome).toBe('failed');
});

test('the same answer a hundred times counts once, and the opposite one is refused and recorded', () => {
  const { post, engine } = bench([node('ask', [], question()), node('b', [0])]);
  const replies = Array.from({ length: 100 }, () => post(answer('approve')).reply.kind);
  expect(replies.filter((kind) => kind === 'accepted')).toHaveLength(1);
  expect(replies.filter((kind) => kind === 'unchanged')).toHaveLength(99);
  expect(post(answer('reject')).reply).toMatchObject({ kind: 'refused', code: 'refused' });
  expect(engine.state.decisions[0]?.answer?.choice).toBe('approve');
  expect(engine.state.decisions[0]?.refused).toHaveLength(1);
});

test('an unknown decision, and an option that is not offered, are refused', () => {
  const { post } = bench([node('ask', [], question())]);
  expect(post(answer('approve', { decision: 'd7' })).reply).toMatchObject({ kind: 'refused', code: 'unknown_id' });
  expect(post(answer('maybe')).reply).toMatchObject({ kind: 'refused', code: 'bad_input' });
});

test('an answer to something that has changed is refused', () => {
  const { post } = bench([node('ask', [], question())]);
  expect(post(answer('approve', { digest: 'another' })).reply).toMatchObject({ kind: 'refused', code: 'refused' });
  expect(post(answer('maybe', { digest: 'another' })).reply).toMatchObject({ kind: 'refused', code: 'refused' });
});

test('an answer counts for the subject that it names, by its digest or the beginning that is shown of it', () => {
  const tell = (length: number | undefined): string => {
    const { post, engine } = bench([node('ask', [], question())]);
    const digest = '0123456789abcdef#ask';
    Object.assign(engine.state.decisions[0]!.subject, { digest });
    return post(answer('approve', { digest: digest.slice(0, length) })).reply.kind;
  };
  expect(tell(undefined)).toBe('accepted');
  expect(tell(LIMITS.shownDigestChars)).toBe('accepted');
  expect(tell(LIMITS.shownDigestChars - 1)).toBe('refused');
  expect(tell(0)).toBe('refused');
});

test('the deadline gives the choice that was agreed, and a later answer is late', () => {
  const { post, statuses, engine, run } = bench([
    node('ask', [], question({ deadlineMs: 600_000, otherwise: 'reject' })),
    node('b', [0]),
    node('c'),
  ]);
  expect(engine.state.timers['decision:d1']).toBe(1_600_000);
  post({ kind: 'timer', id: 'decision:d1' });
  expect(statuses()['b']).toBe('skipped');
  expect(engine.state.decisions[0]).toMatchObject({ state: 'expired', answer: { choice: 'reject', via: 'deadline' } });
  expect(post(answer('approve')).reply).toMatchObject({ kind: 'refused', code: 'refused' });
  run('c');
  expect(engine.state.outcome).toBe('complete');
});

test('an answer closes the timer of the deadline', () => {
  const { post, engine } = bench([node('ask', [], question({ deadlineMs: 1000 })), node('b', [0])]);
  expect(post(answer('approve')).commands).toContainEqual({ kind: 'untimer', id: 'decision:d1' });
  expect(engine.state.timers).toEqual({});
  expect(post({ kind: 'timer', id: 'decision:d1' }).reply.kind).toBe('unchanged');
});

test('--yes approves, and is recorded as the user’s', () => {
  const { engine, statuses } = bench([node('ask', [], question()), node('b', [0])], { yes: true });
  expect(statuses()['b']).toBe('running');
  expect(engine.state.decisions[0]?.answer).toMatchObject({ choice: 'approve', by: 'ann', via: 'yes' });
});

test('--yes does not answer over criticality .8', () => {
  const { statuses } = bench([node('ask', [], { ...question(), criticality: 0.9 }), node('b', [0])], { yes: true });
  expect(statuses()['ask']).toBe('waiting');
});

test('one question answered at once may lead to the next in the same step', () => {
  const { statuses } = bench([node('ask', [], question()), node('again', [0], question()), node('b', [1])], {
    yes: true,
  });
  expect(statuses()).toEqual({ ask: 'completed', again: 'completed', b: 'running' });
});

test('with a plan to approve nothing is dispatched before the answer', () => {
  const { post, started, engine } = bench([node('a')], { approval });
  expect(started()).toEqual([]);
  expect(engine.state.transitions.map(({ to }) => to)).toEqual([
    'ANALYZING',
    'PLANNING',
    'EXECUTING',
    'MONITORING',
    'ESCALATING',
  ]);
  post(answer('approve'));
  expect(started()).toEqual(['a']);
});

test('a rejected plan runs nothing and is cancelled', () => {
  const { post, started, engine } = bench([node('a'), node('b', [0])], { approval });
  post(answer('reject'));
  expect(started()).toEqual([]);
  expect(engine.state.outcome).toBe('cancelled');
});

test('a question holds back nothing that does not depend on it', () => {
  const { started } = bench([node('ask', [], question()), node('a')], { maxParallel: 1 });
  expect(started()).toEqual(['a']);
});

test('a rejection is not forgotten when a failure beside it is tried again', () => {
  const { post, fail, run, statuses, engine } = bench([
    node('ok', [], question()),
    node('build'),
    node('deploy', [0, 1]),
    node('announce', [2]),
  ]);
  post(answer('reject'));
  fail('build');
  expect(engine.state.outcome).toBe('failed');
  engine.state.outcome = null;
  engine.state.phase = 'MONITORING';
  post({ kind: 'retry', task: 'build', by: 'ann' });
  run('build');
  expect(statuses()).toMatchObject({ build: 'completed', deploy: 'skipped', announce: 'skipped' });
  expect(engine.state.details[2]?.reason).toBe('choice');
  expect(engine.state.outcome).toBe('complete');
});

test('no more questions are open at once than the limit, and an answer lets the next one come', () => {
  const { post, engine } = bench(
    Array.from({ length: LIMITS.openDecisions + 5 }, (_, i) => node(`ask${i}`, [], question())),
  );
  const open = (): number => engine.state.decisions.filter((decision) => decision.state === 'open').length;
  expect(open()).toBe(LIMITS.openDecisions);
  post(answer('approve'));
  expect(open()).toBe(LIMITS.openDecisions);
  expect(engine.state.decisions).toHaveLength(LIMITS.openDecisions + 1);
});

test('what an answer would be told can be asked without any effect', () => {
  const { engine } = bench([node('ask', [], question())]);
  const before = JSON.stringify(engine.state);
  expect(objectionTo(engine, { decision: 'd1', choice: 'approve' })).toBeUndefined();
  expect(objectionTo(engine, { decision: 'd1', choice: 'maybe' })).toMatchObject({ code: 'bad_input' });
  expect(objectionTo(engine, { decision: 'd2', choice: 'approve' })).toMatchObject({ code: 'unknown_id' });
  expect(JSON.stringify(engine.state)).toBe(before);
});

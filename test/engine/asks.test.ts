import { expect, test } from 'vitest';
import type { TaskResult } from '../../src/contract/task.js';
import { settlement } from '../../src/engine/settlement.js';
import { bench, node, type Bench } from './fixtures.js';

const asks = { question: 'May it?', digest: 'abc', summary: 'Bash: touch x', context: {}, criticality: 0.1 };
const parked: TaskResult = { kind: 'parked', startedAt: 0, session: 'session-1', asks };
const agent = () => bench([node('fix', [], { kind: 'agent' }), node('after', [0])]);
const ask = ({ post }: Bench, more = {}) => post({ kind: 'ask', task: 'fix', epoch: 0, attempt: 1, asks, ...more });
const decide = ({ post }: Bench, choice: string, comment = '') =>
  post({ kind: 'decide', decision: 'd1', choice, comment, by: 'ann', via: 'signal' });
const answer = { kind: 'answer', n: 1 } as const;

test('an agent that runs is told the answer where it waits, and its task goes on running', () => {
  const made = agent();
  expect(ask(made).reply).toMatchObject({ kind: 'accepted', pending: answer });
  expect(made.statuses()).toMatchObject({ fix: 'running' });
  expect(settlement(made.engine, answer)).toBeUndefined();
  decide(made, 'approve');
  expect(settlement(made.engine, answer)).toMatchObject({ kind: 'accepted', data: { choice: 'approve' } });
  made.run('fix', 'after');
  expect(made.engine.state.outcome).toBe('complete');
});

test('the same question asked again is the same decision, and an answered one is told at once', () => {
  const made = agent();
  ask(made);
  expect(ask(made).reply).toMatchObject({ pending: answer });
  expect(made.engine.state.decisions).toHaveLength(1);
  decide(made, 'reject', 'never');
  expect(ask(made).reply).toMatchObject({ kind: 'accepted', data: { choice: 'reject', comment: 'never' } });
});

test('a task that is parked with its question waits for it, frees its slot, and goes on in its session with the answer', () => {
  const made = agent();
  ask(made);
  made.end('fix', parked);
  expect(made.statuses()).toMatchObject({ fix: 'waiting' });
  expect(made.engine.index.runningAgents).toBe(0);
  expect(settlement(made.engine, answer)).toMatchObject({ kind: 'refused' });
  expect(made.engine.state.decisions).toHaveLength(1);
  decide(made, 'reject', 'never');
  expect(made.started()).toEqual(['fix', 'fix']);
  expect(made.engine.state.details[0]).toMatchObject({
    resume: { session: 'session-1' },
    permit: { digest: 'abc', choice: 'reject', comment: 'never' },
  });
});

test('an answer that comes while the task is being parked is not asked for again', () => {
  const made = agent();
  ask(made);
  decide(made, 'approve');
  made.end('fix', parked);
  expect(made.engine.state.decisions).toHaveLength(1);
  expect(made.engine.state.details[0]?.permit).toMatchObject({ choice: 'approve' });
  expect(made.statuses()).toMatchObject({ fix: 'running' });
});

test('a task that is parked with a question that nobody heard asks it then', () => {
  const made = agent();
  made.end('fix', parked);
  expect(made.engine.state.decisions).toMatchObject([{ kind: 'permission', task: 'fix', subject: { digest: 'abc' } }]);
});

test('an open question is taken back when its task ends otherwise, and none is taken from an attempt that is over', () => {
  const made = agent();
  ask(made);
  made.fail('fix');
  expect(made.engine.state.decisions[0]?.state).toBe('withdrawn');
  expect(ask(made).reply).toMatchObject({ kind: 'refused' });
  expect(ask(agent(), { attempt: 2 }).reply).toMatchObject({ kind: 'refused' });
});

test('a standing approve of the user answers it as it answers other questions', () => {
  const made = bench([node('fix', [], { kind: 'agent' })], { yes: true });
  ask(made);
  expect(made.engine.state.decisions[0]).toMatchObject({ state: 'answered', answer: { via: 'yes' } });
});

test('a task that is parked with one of two questions keeps that one alone open', () => {
  const made = agent();
  ask(made);
  ask(made, { asks: { ...asks, digest: 'other' } });
  made.end('fix', parked);
  expect(made.engine.state.decisions.map(({ state }) => state)).toEqual(['open', 'withdrawn']);
  expect(made.engine.index.openDecisions).toBe(1);
});

test('an agent that is being ended asks nobody any more', () => {
  const made = agent();
  made.post({ kind: 'pause', task: 'fix', by: 'ann' });
  expect(ask(made).reply).toMatchObject({ kind: 'refused' });
  expect(made.engine.state.decisions).toEqual([]);
});

test.each(['cancel', 'skip', 'pause'] as const)(
  'a %s of a task whose question is open takes the question back, however the attempt ends',
  (kind) => {
    for (const result of [parked, { kind: 'cancelled', startedAt: 0 } as const]) {
      const made = agent();
      ask(made);
      made.post({ kind, task: 'fix', by: 'ann' });
      made.end('fix', result);
      expect(made.engine.state.decisions.map(({ state }) => state)).toEqual(['withdrawn']);
      expect(made.engine.index.openDecisions).toBe(0);
      if (kind === 'skip') made.run('after');
      if (kind !== 'pause') expect(made.engine.state.outcome).not.toBeNull();
    }
  },
);

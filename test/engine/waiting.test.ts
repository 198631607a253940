import { expect, test } from 'vitest';
import type { Patience } from '../../src/contract/decision.js';
import { LIMITS } from '../../src/contract/limits.js';
import type { Command } from '../../src/engine/events.js';
import { open } from '../../src/engine/model.js';
import { step } from '../../src/engine/engine.js';
import type { EngineState } from '../../src/engine/state.js';
import { bench, node, question, type Bench } from './fixtures.js';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const approval = { question: 'Carry out?', summary: 'a plan', digest: 'digest', risk: 0, criticality: 0, context: {} };
const answer = { kind: 'decide', decision: 'd1', choice: 'approve', comment: '', by: 'ann', via: 'signal' } as const;
const timers = (commands: readonly Command[]) =>
  commands.flatMap((command) => (command.kind === 'timer' ? [`${command.summary} in ${command.ms / HOUR} h`] : []));
const d1 = ({ engine }: Bench) => engine.state.decisions[0]!;

/** Lets the one open timer go off at its time; gives its id. */
function next(one: Bench): string {
  const [[id, due] = ['', 0], ...more] = Object.entries(one.engine.state.timers);
  expect(more).toEqual([]);
  one.wait(due - at(one));
  one.post({ kind: 'timer', id });
  return id;
}
const at = ({ post, engine }: Bench): number => {
  post({ kind: 'note', text: '' });
  return engine.state.notes.at(-1)!.at;
};

test('a plan that nobody approves is brought to mind, made urgent and rejected, once each and in this order', () => {
  const one = bench([node('a')], { approval });
  const { raisedAt } = d1(one);
  expect(d1(one)).toMatchObject({ deadline: raisedAt + 30 * DAY, onDeadline: 'reject', urgency: 'normal' });
  expect([next(one), next(one), next(one)]).toEqual(['reminder:d1', 'escalation:d1', 'decision:d1']);
  expect(d1(one)).toMatchObject({
    remindedAt: raisedAt + DAY,
    escalatedAt: raisedAt + 3 * DAY,
    urgency: 'high',
    state: 'expired',
    answer: { choice: 'reject', via: 'deadline', at: raisedAt + 30 * DAY },
  });
  expect(one.engine.state).toMatchObject({ outcome: 'cancelled', timers: {} });
  expect(one.started()).toEqual([]);
});

test('each timer says in Temporal’s history what it is for', () => {
  const one = bench([node('a')], { approval });
  one.wait(DAY);
  expect(timers(one.post({ kind: 'timer', id: 'reminder:d1' }).commands)).toEqual(['escalation of d1 in 48 h']);
  one.wait(2 * DAY);
  expect(timers(one.post({ kind: 'timer', id: 'escalation:d1' }).commands)).toEqual(['deadline of d1 in 648 h']);
});

test.each(['reminder:d1', 'escalation:d1', 'decision:d1'])('a second %s changes nothing', (id) => {
  const one = bench([node('a')], { approval });
  while (next(one) !== id);
  const before = JSON.stringify({ ...one.engine.state, notes: [] });
  one.wait(1000);
  expect(one.post({ kind: 'timer', id })).toMatchObject({ commands: [], reply: { kind: 'unchanged' } });
  expect(JSON.stringify({ ...one.engine.state, notes: [] })).toBe(before);
});

test('an answer cancels what is left', () => {
  const one = bench([node('a')], { approval });
  next(one);
  expect(one.post(answer).commands).toContainEqual({ kind: 'untimer', id: 'escalation:d1' });
  expect(one.engine.state.timers).toEqual({});
  expect(one.post({ kind: 'timer', id: 'escalation:d1' }).reply.kind).toBe('unchanged');
  expect(d1(one)).toMatchObject({ urgency: 'normal', state: 'answered' });
  expect(d1(one).escalatedAt).toBeUndefined();
});

test.each([
  ['before the reminder', DAY, []],
  ['at the time of the reminder', 24 * HOUR, []],
  ['before the escalation', 2 * DAY, ['reminder:d1']],
  ['after both', 4 * DAY, ['reminder:d1', 'escalation:d1']],
])('with a deadline %s only what comes before it comes', (_, deadlineMs, before) => {
  const one = bench([node('ask', [], question({ deadlineMs })), node('b', [0])]);
  for (const id of before) expect(next(one)).toBe(id);
  expect(next(one)).toBe('decision:d1');
  expect(d1(one).state).toBe('expired');
});

test('a question without a choice that counts for nobody waits for ever, and reminds and escalates all the same', () => {
  const one = bench([node('ask', [], question({ options: ['red', 'blue'] })), node('b', [0])]);
  expect(d1(one)).toMatchObject({ deadline: null, onDeadline: null });
  expect([next(one), next(one)]).toEqual(['reminder:d1', 'escalation:d1']);
  expect(one.engine.state.timers).toEqual({});
  expect(d1(one).state).toBe('open');
});

test('where the escalation is due first there is no reminder', () => {
  const one = patient({ remindAfterMs: 5 * HOUR, escalateAfterMs: 2 * HOUR });
  expect([next(one), next(one)]).toEqual(['escalation:d1', 'decision:d1']);
  expect(d1(one).remindedAt).toBeUndefined();
});

test('the configuration says when, and whom an escalation concerns as well', () => {
  const one = patient({ remindAfterMs: HOUR, escalateAfterMs: 2 * HOUR, expireAfterMs: 3 * HOUR, escalateTo: ['bob'] });
  const { raisedAt, who } = d1(one);
  next(one);
  expect(d1(one)).toMatchObject({ remindedAt: raisedAt + HOUR, who });
  next(one);
  expect(d1(one)).toMatchObject({ escalatedAt: raisedAt + 2 * HOUR, who: [...who, 'bob'] });
  next(one);
  expect(d1(one).answer).toMatchObject({ at: raisedAt + 3 * HOUR, choice: 'reject' });
});

test('whatever was due while nothing ran comes at once, still in order', () => {
  const one = bench([node('a')], { approval });
  one.wait(40 * DAY);
  expect(timers(one.post({ kind: 'timer', id: 'reminder:d1' }).commands)).toEqual(['escalation of d1 in 0 h']);
  expect(timers(one.post({ kind: 'timer', id: 'escalation:d1' }).commands)).toEqual(['deadline of d1 in 0 h']);
  one.post({ kind: 'timer', id: 'decision:d1' });
  expect(d1(one).state).toBe('expired');
});

test('a pause stops no clock', () => {
  const one = bench([node('a')], { approval });
  one.post({ kind: 'pause', by: 'ann' });
  expect([next(one), next(one), next(one)]).toEqual(['reminder:d1', 'escalation:d1', 'decision:d1']);
});

test('a request that is taken up from its state goes on where it was', () => {
  const one = bench([node('a')], { approval });
  next(one);
  const state = JSON.parse(JSON.stringify(one.engine.state)) as EngineState;
  expect(state.timers).toEqual({ 'escalation:d1': d1(one).raisedAt + 3 * DAY });
  const again = open(state, one.engine.graph);
  step(again, { kind: 'timer', id: 'escalation:d1', request: 'r', at: d1(one).raisedAt + 3 * DAY });
  expect(again.state.decisions[0]).toMatchObject({ remindedAt: d1(one).remindedAt, urgency: 'high' });
  expect(Object.keys(again.state.timers)).toEqual(['decision:d1']);
});

test('a question of a cancelled request is left alone', () => {
  const one = bench([node('ask', [], question()), node('b', [0])]);
  one.post({ kind: 'cancel', by: 'ann' });
  expect(one.engine.state.timers).toEqual({});
  expect(one.post({ kind: 'timer', id: 'reminder:d1' }).reply.kind).toBe('unchanged');
});

test('by itself a decision grows by two times', () => {
  const one = bench([node('ask', [], question()), node('b', [0])]);
  const before = JSON.stringify(d1(one)).length;
  next(one);
  next(one);
  expect(JSON.stringify(d1(one)).length - before).toBeLessThan(80);
});

function patient(more: Partial<Patience>): Bench {
  const patience: Patience = {
    remindAfterMs: LIMITS.decisionReminderMs,
    escalateAfterMs: LIMITS.decisionEscalationMs,
    expireAfterMs: LIMITS.decisionExpiryMs,
    escalateTo: [],
    ...more,
  };
  return bench([node('a')], { approval, patience });
}

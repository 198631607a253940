import type { Decision, Patience } from '../contract/decision.js';
import type { Command } from './events.js';
import { RULES_OUT, type Engine } from './model.js';
import { dropTimer, setTimer, type TimerKind } from './timers.js';

/**
 * What is still to come of reminder, escalation and deadline, the next one only: each sets the timer of the one after it, so that they come
 * once and in this order whatever happens in between. A reminder that would come after the escalation, or either after the deadline, is left out.
 */
export function awaitNext(engine: Engine, decision: Decision, at: number, commands: Command[]): void {
  const next = nextOf(decision, engine.state.patience);
  if (next) setTimer(engine, { id: `${next.kind}:${decision.id}`, at, ms: next.due - at }, commands);
}

function nextOf(decision: Decision, patience: Patience): { kind: TimerKind; due: number } | undefined {
  const { raisedAt, remindedAt, escalatedAt, deadline } = decision;
  const end = deadline ?? Infinity;
  const escalation = raisedAt + patience.escalateAfterMs;
  const reminder = raisedAt + patience.remindAfterMs;
  if (escalatedAt === undefined) {
    if (remindedAt === undefined && reminder < Math.min(escalation, end)) return { kind: 'reminder', due: reminder };
    if (escalation < end) return { kind: 'escalation', due: escalation };
  }
  return deadline === null ? undefined : { kind: 'decision', due: deadline };
}

/** An answer, or a withdrawal, cancels what was still to come. */
export function awaitNothing(engine: Engine, id: string, commands: Command[]): void {
  for (const kind of ['reminder', 'escalation', 'decision'] as const) dropTimer(engine, `${kind}:${id}`, commands);
}

interface Due {
  subject: string;
  at: number;
}

/** Nobody has answered for a while: the question is brought to mind once more. */
export function remind(engine: Engine, { subject, at }: Due, commands: Command[]): void {
  const decision = openDecision(engine, subject);
  if (!decision) return;
  decision.remindedAt = at;
  awaitNext(engine, decision, at, commands);
}

/** Still nobody has: it becomes urgent, and concerns more people where the configuration names some. */
export function escalate(engine: Engine, { subject, at }: Due, commands: Command[]): void {
  const decision = openDecision(engine, subject);
  if (!decision) return;
  decision.escalatedAt = at;
  decision.urgency = 'high';
  decision.who = [...new Set([...decision.who, ...engine.state.patience.escalateTo])];
  awaitNext(engine, decision, at, commands);
}

const openDecision = (engine: Engine, id: string): Decision | undefined =>
  engine.state.decisions.find((decision) => decision.id === id && decision.state === 'open');

/**
 * When a decision ends by itself, and with which choice. One that states no deadline gets that of the configuration if it offers a choice
 * that nobody has to answer for; else it waits without an end.
 */
export function deadlineOf(
  engine: Engine,
  asked: { options: readonly string[]; otherwise?: string; deadlineMs?: number },
  at: number,
): Pick<Decision, 'deadline' | 'onDeadline'> {
  const safe = asked.otherwise ?? asked.options.find((option) => RULES_OUT.includes(option));
  if (safe === undefined) return { deadline: null, onDeadline: null };
  return { deadline: at + (asked.deadlineMs ?? engine.state.patience.expireAfterMs), onDeadline: safe };
}

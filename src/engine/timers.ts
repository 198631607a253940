import type { Engine } from './model.js';
import type { Command } from './events.js';

/** `reminder`, `escalation` and `decision` (its deadline) name a decision; `retry` the position of a task; `limit` an account; `budget` is the end of its time; `lease` names one by its number. */
export const TIMER_KINDS = ['reminder', 'escalation', 'decision', 'retry', 'limit', 'budget', 'lease'] as const;
export type TimerKind = (typeof TIMER_KINDS)[number];

/** Starts a timer, by the id `<kind>:<subject>`, and keeps when it is due, so that a new run can take it up. */
export function setTimer(engine: Engine, timer: { id: string; at: number; ms: number }, commands: Command[]): void {
  const ms = Math.max(0, timer.ms);
  engine.state.timers[timer.id] = timer.at + ms;
  commands.push({ kind: 'timer', id: timer.id, ms, summary: timerSummary(engine, timer.id) });
}

export function dropTimer(engine: Engine, id: string, commands: Command[]): void {
  if (engine.state.timers[id] === undefined) return;
  delete engine.state.timers[id];
  commands.push({ kind: 'untimer', id });
}

export function timerOf(id: string): { kind: TimerKind; subject: string } {
  const [kind, subject = ''] = id.split(':');
  return { kind: TIMER_KINDS.find((known) => known === kind) ?? 'retry', subject };
}

/** What a timer waits for, as Temporal's history shows it. */
export function timerSummary(engine: Engine, id: string): string {
  const { kind, subject } = timerOf(id);
  if (kind === 'decision') return `deadline of ${subject}`;
  if (kind === 'budget') return 'the time that the budget allows';
  if (kind === 'limit') return `usage limit of ${subject}`;
  if (kind === 'lease') return `before lease ${subject} is asked for again`;
  if (kind !== 'retry') return `${kind} of ${subject}`;
  const task = Number(subject);
  return `${engine.graph.nodes[task]?.id ?? ''}: before retry ${engine.state.details[task]?.failures ?? 1}`;
}

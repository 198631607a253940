import type { Engine } from './model.js';
import type { Command } from './events.js';

/** Starts a timer and keeps when it is due, so that a new run can take it up. Ids: `decision:<id>`, `retry:<position>`. */
export function setTimer(
  engine: Engine,
  timer: { id: string; at: number; ms: number; summary: string },
  commands: Command[],
): void {
  engine.state.timers[timer.id] = timer.at + timer.ms;
  commands.push({ kind: 'timer', id: timer.id, ms: timer.ms, summary: timer.summary });
}

export function dropTimer(engine: Engine, id: string, commands: Command[]): void {
  if (engine.state.timers[id] === undefined) return;
  delete engine.state.timers[id];
  commands.push({ kind: 'untimer', id });
}

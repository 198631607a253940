import type { TaskError } from '../contract/task.js';
import { withdraw } from './decisions.js';
import type { Command } from './events.js';
import type { Engine } from './model.js';
import { detailOf, hasEnded, move, skipDependants, statusOf } from './moves.js';
import { dropTimer } from './timers.js';

const ERROR_CHARS = 240;
const ERRORS_KEPT = 500;

/** A task has failed for good: what depends on it is skipped, and the plan stops where it says so. */
export function fail(engine: Engine, task: number, at: number, commands: Command[]): void {
  move(engine, task, 'failed', at);
  skipDependants(engine, task, 'dependency', at);
  if (engine.state.settings.onFailure === 'stop') stopRest(engine, at, commands);
}

/** The state keeps the beginning of an error, and of not too many: each stands in full in its task's record. */
export function keepError(engine: Engine, task: number, { code, message, exitCode }: TaskError): void {
  if (engine.index.counts.failed >= ERRORS_KEPT) return;
  const error = { code, message: message.slice(0, ERROR_CHARS), ...(exitCode === undefined ? {} : { exitCode }) };
  detailOf(engine, task).error = error;
}

/** The plan stops, at its first failure or because its budget is used up: what runs may end, nothing else begins. */
export function stopRest(engine: Engine, at: number, commands: Command[]): void {
  engine.state.stopped = true;
  engine.graph.nodes.forEach((node, task) => {
    if (hasEnded(engine, task) || statusOf(engine, task) === 'running') return;
    // What waits for its conflict to be mended has done its work; `mend` says what becomes of it.
    if (engine.index.mending.includes(task)) return;
    if (statusOf(engine, task) === 'waiting') withdraw(engine, at, commands, { task: node.id });
    dropTimer(engine, `retry:${task}`, commands);
    move(engine, task, 'skipped', at);
    detailOf(engine, task).reason = 'stopped';
  });
}

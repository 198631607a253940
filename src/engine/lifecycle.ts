import { LIMITS } from '../contract/limits.js';
import { TASK_STATES, type TaskState } from '../contract/task.js';
import type { EngineState } from './state.js';

/** The legal transitions of a task (INT-7). Any other is a defect and is refused. */
export const TASK_TRANSITIONS: Record<TaskState, readonly TaskState[]> = {
  pending: ['ready', 'paused', 'skipped', 'cancelled'],
  ready: ['queued', 'running', 'waiting', 'paused', 'skipped', 'cancelled'],
  queued: ['running', 'waiting', 'paused', 'skipped', 'cancelled'],
  running: ['completed', 'failed', 'waiting', 'paused', 'skipped', 'cancelled'],
  paused: ['pending', 'ready', 'skipped', 'cancelled'],
  waiting: ['ready', 'completed', 'failed', 'paused', 'skipped', 'cancelled'],
  completed: ['compensated'],
  failed: ['pending', 'skipped', 'compensated'],
  skipped: ['pending'],
  cancelled: ['pending', 'compensated'],
  compensated: ['pending'],
};

const CODES = Object.fromEntries(TASK_STATES.map((name, code) => [name, code])) as Record<TaskState, number>;
export const BASE = 16;

/** The state in an entry of a task's history. */
export const stateOf = (entry: number): TaskState => TASK_STATES[entry % BASE] ?? 'pending';

export interface TaskTransition {
  to: TaskState;
  at: number;
}

/** A task's history with absolute times; it begins when the plan was accepted, as pending. */
export function historyOf(state: EngineState, task: number): TaskTransition[] {
  let at = state.acceptedAt ?? state.createdAt;
  return (state.tasks[task] ?? []).map((entry) => {
    at += Math.floor(entry / BASE);
    return { to: stateOf(entry), at };
  });
}

export function taskState(state: EngineState, task: number): TaskState {
  const entry = state.tasks[task]?.at(-1);
  return entry === undefined ? 'pending' : stateOf(entry);
}

/** Appends to a task's history, `elapsed` ms after its last entry. A long history loses its middle, never its times. */
export function record(state: EngineState, task: number, to: TaskState, elapsed: number): void {
  const history = (state.tasks[task] ??= []);
  history.push(elapsed * BASE + CODES[to]);
  if (history.length <= LIMITS.taskHistoryEntries) return;
  const middle = history.length >> 1;
  const [dropped] = history.splice(middle, 1);
  history[middle] = (history[middle] ?? 0) + Math.floor((dropped ?? 0) / BASE) * BASE;
}

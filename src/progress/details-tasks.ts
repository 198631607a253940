import { formatDuration } from '../contract/durations.js';
import type { TaskState } from '../contract/task.js';
import type { Engine } from '../engine/model.js';
import { statusOf } from '../engine/moves.js';
import { elapsedOf } from './estimate.js';
import { mdCode, mdText } from './markdown.js';
import { taskView } from './view.js';

export const TASK_COLUMNS = ['Task', 'Title', 'Status', 'Agent', 'Attempts', 'Time', 'Note'];

/** Which tasks are looked at first: what happens now, what went wrong, what waits, what comes next, then what ended last. */
const PLACE: Record<TaskState, number> = {
  running: 0,
  failed: 1,
  waiting: 2,
  paused: 2,
  ready: 3,
  queued: 3,
  completed: 4,
  skipped: 4,
  cancelled: 4,
  compensated: 4,
  pending: 5,
};
const ENDED_PLACE = 4;

/** Positions of the tasks to show, at most `count`, the most important first. O(tasks log tasks). */
export function shownTasks(engine: Engine, count: number): number[] {
  const places: number[][] = [[], [], [], [], [], []];
  engine.graph.byRank.forEach((task) => places[PLACE[statusOf(engine, task)]]?.push(task));
  const since = (task: number): number => engine.index.since[task] ?? 0;
  places[ENDED_PLACE]?.sort((a, b) => since(b) - since(a) || a - b);
  return places.flat().slice(0, count);
}

/** The cells of one task, as Markdown. */
export function taskRow(engine: Engine, task: number, now: number): string[] {
  const view = taskView(engine, task, NONE);
  const isRunning = view.status === 'running';
  const ms = isRunning ? elapsedOf(engine, task, now) : view.durationMs;
  const error = view.error ? `${view.error.code}: ${view.error.message}` : '';
  return [
    mdCode(view.id, { inTable: true }),
    mdText(view.title, 60),
    isRunning ? '**running**' : view.status,
    mdText(view.agent, 30),
    String(view.attempts),
    ms === null ? '' : formatDuration(ms),
    mdText(view.note ?? error, 80),
  ];
}

/** A row does not tell the place in the queue, which would cost a look at every task for each row. */
const NONE = new Map<number, number>();

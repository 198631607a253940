import { LIMITS } from '../contract/limits.js';
import type { TaskState } from '../contract/task.js';
import type { Engine } from '../engine/model.js';
import { historyOf } from '../engine/lifecycle.js';
import { hasEnded, statusOf } from '../engine/moves.js';

/** What happened to a task so far. Times are ms since 1970. */
export interface TaskRun {
  /** How often it was dispatched over its whole life; without what a usage limit held back. */
  attempts: number;
  /** Begin of its last attempt since it was last reopened; of a decision, when it was asked. */
  startedAt: number | null;
  /** When it reached the end that it has now. */
  finishedAt: number | null;
  /** Length of that last attempt (of a decision: how long it was open); null before it is over. */
  durationMs: number | null;
  /** Length of all its attempts that are over. */
  workMs: number;
}

/** Read from the task's history; O(its length), which is bounded. */
export function runOf(engine: Engine, task: number): TaskRun {
  const isDecision = engine.graph.nodes[task]?.kind === 'decision';
  const begin: TaskState = isDecision ? 'waiting' : 'running';
  const history = historyOf(engine.state, task);
  const run: TaskRun = { attempts: 0, startedAt: null, finishedAt: null, durationMs: null, workMs: 0 };
  history.forEach(({ to, at }, position) => {
    if (to === 'pending') run.startedAt = run.durationMs = null;
    if (to === 'running') run.attempts += 1;
    if (to !== begin) return;
    const next = history[position + 1];
    run.startedAt = at;
    run.durationMs = next ? next.at - at : null;
    run.workMs += run.durationMs ?? 0;
  });
  // The middle of a long history is dropped: its last attempt is all there, and the number of attempts is known from elsewhere.
  if (history.length >= LIMITS.taskHistoryEntries) run.workMs = run.durationMs ?? 0;
  const held = engine.state.details[task]?.held ?? 0;
  if (!isDecision) run.attempts = Math.max(0, Math.max(run.attempts, attemptsOfEpoch(engine, task)) - held);
  if (hasEnded(engine, task)) run.finishedAt = history.at(-1)?.at ?? null;
  return run;
}

function attemptsOfEpoch(engine: Engine, task: number): number {
  const unfinished = engine.state.details[task]?.attempts ?? 0;
  const counted: readonly TaskState[] = ['running', 'completed', 'failed'];
  return unfinished + (unfinished > 0 && counted.includes(statusOf(engine, task)) ? 1 : 0);
}

/** How many tasks may run at the same time. */
export function slotsOf(engine: Engine): number {
  return Math.max(1, Math.min(engine.state.settings.maxParallel, LIMITS.parallelTasksMax));
}

export interface Bounds {
  /** No order of the same tasks could have been faster: the longest path, or all work divided by the width, whichever is longer. */
  lowerBoundMs: number;
  /** All tasks one after the other. */
  sequentialMs: number;
}

/**
 * Bounds from what each ended task really took, all its attempts together, and from the estimates of the others: so a run that is over is
 * compared with what was possible for it, not with a guess. The time that a decision was open counts on its path and in the sequence, but
 * takes no slot. O(tasks + edges).
 */
export function boundsOf(engine: Engine): Bounds {
  const finish: number[] = [];
  let [longest, work, sequential] = [0, 0, 0];
  engine.graph.nodes.forEach((node, task) => {
    const ms = hasEnded(engine, task) ? runOf(engine, task).workMs : node.estimateMs;
    let start = 0;
    for (const dependency of node.dependencies) start = Math.max(start, finish[dependency] ?? 0);
    // What depends on a task that was skipped before it began had not to wait for what that task depends on.
    const isSevered = ms === 0 && statusOf(engine, task) === 'skipped';
    finish.push(isSevered ? 0 : start + ms);
    longest = Math.max(longest, finish[task] ?? 0);
    sequential += ms;
    if (node.kind !== 'decision') work += ms;
  });
  return { lowerBoundMs: Math.max(longest, Math.ceil(work / slotsOf(engine))), sequentialMs: sequential };
}

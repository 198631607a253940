import type { Engine } from '../engine/model.js';
import { hasEnded, statusOf } from '../engine/moves.js';
import { runOf, slotsOf } from './runs.js';

/** A running task counts as at most so much done: only its end makes it whole. */
const MOST_DONE = 0.95;

/** Bounds on how far the first few tasks may stretch or shrink the estimates of the others. */
const RATIO_MIN = 0.05;
const RATIO_MAX = 20;

/** What one pass over the tasks gives. Times in ms. */
export interface Measures {
  /** 0 … 100 in steps of .1; 100 only when all tasks have ended. */
  percent: number;
  /** 0 … 100 */
  performance: number;
  averageTaskMs: number | null;
  /** The least time that what is left still takes. */
  remainingMs: number;
  /** The least time that the whole plan takes by its estimates. */
  plannedMs: number;
}

/** O(tasks). */
export function measure(engine: Engine, now: number): Measures {
  const past = lookBack(engine);
  const ratio = past.estimated > 0 ? Math.min(RATIO_MAX, Math.max(RATIO_MIN, past.actual / past.estimated)) : 1;
  return {
    percent: percentOf(engine, now),
    performance: performanceOf(past),
    averageTaskMs: past.ran > 0 ? Math.round(past.ranMs / past.ran) : null,
    ...lookAhead(engine, now, ratio),
  };
}

interface Past {
  /** Tasks that ended as somebody wished or not: all ended ones but the skipped. */
  judged: number;
  completed: number;
  completedAtOnce: number;
  ran: number;
  ranMs: number;
  /** Of completed tasks that have an estimate, decisions apart. */
  estimated: number;
  actual: number;
}

function lookBack(engine: Engine): Past {
  const past: Past = { judged: 0, completed: 0, completedAtOnce: 0, ran: 0, ranMs: 0, estimated: 0, actual: 0 };
  engine.graph.nodes.forEach((node, task) => {
    const status = statusOf(engine, task);
    if (!hasEnded(engine, task) || status === 'skipped') return;
    const { attempts, durationMs } = runOf(engine, task);
    past.judged += 1;
    if (status === 'completed') past.completed += 1;
    if (status === 'completed' && attempts <= 1) past.completedAtOnce += 1;
    if (node.kind === 'decision' || durationMs === null) return;
    past.ran += 1;
    past.ranMs += durationMs;
    if (status !== 'completed' || node.estimateMs <= 0) return;
    past.estimated += node.estimateMs;
    past.actual += durationMs;
  });
  return past;
}

/**
 * 100 × (.5 share of ended tasks that completed + .3 min(1, estimate / actual) + .2 share completed at the first attempt); skipped tasks are
 * not judged, and before anything was there is nothing to take off.
 */
function performanceOf(past: Past): number {
  if (past.judged === 0) return 100;
  const inTime = past.actual > 0 ? Math.min(1, past.estimated / past.actual) : Number(past.completed > 0);
  const score = (0.5 * past.completed) / past.judged + 0.3 * inTime + (0.2 * past.completedAtOnce) / past.judged;
  return Math.round(1000 * score) / 10;
}

/** Share of the estimated work that is done, in whole ms so that no rounding makes it go back. */
function percentOf(engine: Engine, now: number): number {
  const { graph, state } = engine;
  let [done, all, ended] = [0, 0, 0];
  graph.nodes.forEach((node, task) => {
    const weight = Math.max(1, Math.round(node.estimateMs));
    all += weight;
    if (hasEnded(engine, task)) {
      done += weight;
      ended += 1;
    } else if (statusOf(engine, task) === 'running') done += Math.floor(weight * shareDone(engine, task, now));
  });
  if (state.outcome !== null) return 100;
  if (all === 0) return 0;
  return ended === graph.nodes.length ? 100 : Math.min(99.9, Math.floor((1000 * done) / all) / 10);
}

/** How far a running task is by its estimate, 0 … .95. */
export function shareDone(engine: Engine, task: number, now: number): number {
  const estimate = Math.max(1, engine.graph.nodes[task]?.estimateMs ?? 1);
  return Math.min(MOST_DONE, elapsedOf(engine, task, now) / estimate);
}

/** Time since the task's last transition; of a running one, how long this attempt has run. */
export function elapsedOf(engine: Engine, task: number, now: number): number {
  return Math.max(0, now - (engine.index.since[task] ?? now));
}

/**
 * max(longest path that is left, work that is left / width), each estimate stretched by what ended tasks took of theirs. The paths are those
 * of the plan, so a task below that was skipped by a person still counts; that keeps it O(tasks).
 */
function lookAhead(engine: Engine, now: number, ratio: number): { remainingMs: number; plannedMs: number } {
  const { graph } = engine;
  let [tail, work, plannedTail, plannedWork] = [0, 0, 0, 0];
  graph.nodes.forEach((node, task) => {
    const path = graph.tails[task] ?? 0;
    plannedTail = Math.max(plannedTail, path);
    if (node.kind !== 'decision') plannedWork += node.estimateMs;
    if (hasEnded(engine, task)) return;
    const own = node.estimateMs * ratio;
    const elapsed = statusOf(engine, task) === 'running' ? elapsedOf(engine, task, now) : 0;
    const left = Math.max(own - elapsed, own * (1 - MOST_DONE));
    tail = Math.max(tail, path * ratio - own + left);
    if (node.kind !== 'decision') work += left;
  });
  const slots = slotsOf(engine);
  return {
    remainingMs: Math.round(Math.max(tail, work / slots)),
    plannedMs: Math.round(Math.max(plannedTail, plannedWork / slots)),
  };
}

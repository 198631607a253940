import { ENDED_STATES } from '../contract/task.js';
import { LIMITS } from '../contract/limits.js';
import { globalId } from '../contract/names.js';
import type { ProgressView } from '../contract/view.js';
import type { Engine } from '../engine/model.js';
import type { Graph } from '../engine/graph.js';
import { statusOf } from '../engine/moves.js';
import { elapsedOf, measure, shareDone } from './estimate.js';
import { clip } from './inert.js';
import { isoTime } from './iso-time.js';
import { endOf, requestStatus, usageLimits } from './view.js';

export interface ProgressOptions {
  /** ms since 1970 */
  now: number;
  description: string;
  /** What the makespan was expected to be when the plan was accepted, ms; by default the least that its estimates allow. */
  plannedMs?: number;
}

/**
 * How far a request is. Percent is weighted by the estimates, and never goes back unless an attempt is repeated. The remaining time is a
 * bound from below, unknown (null) before there is a plan and while only a person can make it go on. Milestones are the levels of the graph:
 * one is reached when all its tasks have ended. `cancelled` counts compensated tasks too, `queued` ready ones, `waiting` paused ones.
 * O(tasks); the engine must have its graph.
 */
export function progressView(engine: Engine, options: ProgressOptions): ProgressView {
  const { state, index, graph } = engine;
  const { counts } = index;
  const status = requestStatus(engine);
  const end = endOf(state, options.now);
  const measures = measure(engine, end);
  const isOver = state.outcome !== null;
  const limits = usageLimits(engine);
  const isKnown = state.acceptedAt !== null && status === 'running';
  const remainingMs = isOver ? 0 : isKnown ? measures.remainingMs : null;
  const planned = options.plannedMs ?? measures.plannedMs;
  const total = state.acceptedAt === null ? 0 : end - state.acceptedAt + (isOver ? 0 : measures.remainingMs);
  return {
    v: 1,
    requestId: state.request,
    status,
    state: state.phase,
    description: clip(options.description, LIMITS.titleChars),
    percent: measures.percent,
    total: graph.nodes.length,
    completed: counts.completed,
    failed: counts.failed,
    skipped: counts.skipped,
    cancelled: counts.cancelled + counts.compensated,
    active: counts.running,
    queued: counts.queued + counts.ready,
    waiting: counts.waiting + counts.paused,
    elapsedMs: Math.max(0, end - state.createdAt),
    averageTaskMs: measures.averageTaskMs,
    remainingMs,
    estimatedCompletion: remainingMs === null ? null : isoTime(end + remainingMs),
    delayMs: Math.max(0, Math.round(total - planned)),
    milestones: milestonesOf(engine),
    performance: measures.performance,
    activeTasks: activeTasks(engine, end),
    openDecisions: state.decisions
      .filter((decision) => decision.state === 'open')
      .slice(0, LIMITS.detailsRows)
      .map((decision) => globalId(state.request, decision.id)),
    ...(limits.length > 0 ? { usageLimits: limits } : {}),
    notes: state.notes.map((note) => clip(note.text, LIMITS.titleChars)),
  };
}

/** The tasks under way, the longest running first. */
function activeTasks(engine: Engine, now: number): ProgressView['activeTasks'] {
  if (engine.index.counts.running === 0) return [];
  const since = (task: number): number => engine.index.since[task] ?? 0;
  const running = engine.graph.nodes.map((_, task) => task).filter((task) => statusOf(engine, task) === 'running');
  running.sort((a, b) => since(a) - since(b) || a - b);
  return running.slice(0, LIMITS.detailsRows).map((task) => ({
    id: engine.graph.nodes[task]?.id ?? '',
    title: engine.graph.nodes[task]?.title ?? '',
    agent: engine.graph.nodes[task]?.agent ?? '',
    percent: Math.floor(1000 * shareDone(engine, task, now)) / 10,
    elapsedMs: elapsedOf(engine, task, now),
  }));
}

function milestonesOf(engine: Engine): { done: number; total: number } {
  const levels = levelsOf(engine.graph);
  const open = new Set<number>();
  let total = 0;
  levels.forEach((level, task) => {
    total = Math.max(total, level + 1);
    if (!ENDED_STATES.includes(statusOf(engine, task))) open.add(level);
  });
  return { done: total - open.size, total };
}

/** A graph never changes, so its levels are computed once, in O(tasks + edges), and not for every look. */
const LEVELS = new WeakMap<Graph, readonly number[]>();

function levelsOf(graph: Graph): readonly number[] {
  const known = LEVELS.get(graph);
  if (known) return known;
  const levels: number[] = [];
  for (const node of graph.nodes) {
    let level = 0;
    for (const dependency of node.dependencies) level = Math.max(level, (levels[dependency] ?? 0) + 1);
    levels.push(level);
  }
  LEVELS.set(graph, levels);
  return levels;
}

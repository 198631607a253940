import type { SubmittedTask } from '../contract/submission.js';
import type { Engine } from '../engine/model.js';
import { hasEnded } from '../engine/moves.js';
import { slotsOf } from './runs.js';
import { isoTime } from './iso-time.js';
import { taskView } from './view.js';

/**
 * What somebody who submitted a task is told of it (API-1). It starts, at the earliest, after what it depends on, and after its share of
 * the work that stands before it in the queue. `now` in ms. O(tasks + edges).
 */
export function submittedTask(
  engine: Engine,
  id: string,
  now: number,
): SubmittedTask & Record<string, string | number | null> {
  const task = engine.graph.positions.get(id) ?? -1;
  const { status, queuePosition, startedAt } = taskView(engine, task);
  const waits = Math.max(pathAbove(engine, task), queueAhead(engine, task) / slotsOf(engine));
  const isOver = hasEnded(engine, task);
  return {
    taskId: `${engine.state.request}/${id}`,
    status,
    queuePosition: queuePosition ?? null,
    estimatedStart: startedAt ?? (isOver || engine.state.paused ? null : isoTime(now + waits)),
    estimatedDurationMs: engine.graph.nodes[task]?.estimateMs ?? 0,
  };
}

/** Estimated work, in ms, on the longest path to the task of what has not ended. */
function pathAbove(engine: Engine, task: number): number {
  const ends: number[] = [];
  for (let above = 0; above <= task; above += 1) {
    const node = engine.graph.nodes[above];
    const start = Math.max(0, ...(node?.dependencies ?? []).map((dependency) => ends[dependency] ?? 0));
    if (above === task) return start;
    ends.push(hasEnded(engine, above) ? 0 : start + (node?.estimateMs ?? 0));
  }
  return 0;
}

/** Estimated work, in ms, of what runs, and of what is dispatched before the task. */
function queueAhead(engine: Engine, task: number): number {
  const { graph, index } = engine;
  const rank = graph.ranks[task] ?? 0;
  const isAhead = (other: number): boolean =>
    index.status[other] === 'running' ||
    ((index.status[other] === 'queued' || index.status[other] === 'ready') && (graph.ranks[other] ?? 0) < rank);
  return graph.nodes.reduce((sum, node, other) => sum + (isAhead(other) ? node.estimateMs : 0), 0);
}

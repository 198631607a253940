import type { TaskState } from '../contract/task.js';
import { pop, push } from './heap.js';
import type { Engine } from './model.js';
import { mayOverlap } from './overlap.js';

/** What holds a ready task back: one that runs and touches the same files, or one before it in the order that waits for such. */
export type TouchHold = { kind: 'running' | 'turn'; task: number };

/**
 * Whether a task must wait because of the files that it touches. The first of those that wait keeps its turn: what would touch its files too may
 * go before it only where it is expected to end before what it waits for (EASY backfilling), so that short tasks use the time and never make it longer.
 */
function touchHold(engine: Engine, task: number, at: number): TouchHold | undefined {
  const { index, graph } = engine;
  if (!graph.nodes[task]?.touches) return undefined;
  const blocker = blockerOf(engine, task);
  if (blocker !== undefined) return { kind: 'running', task: blocker };
  const { head } = index;
  if (head === undefined || !comesBefore(engine, head, task) || !conflict(engine, head, task)) return undefined;
  return at + graph.nodes[task].estimateMs > freeAt(engine, head) ? { kind: 'turn', task: head } : undefined;
}

/** What holds back a task that is in no queue for a slot; undefined where it only waits for a slot. */
export function heldBy(engine: Engine, task: number): TouchHold | undefined {
  const { index, graph } = engine;
  if (!graph.nodes[task]?.touches) return undefined;
  const blocker = blockerOf(engine, task);
  if (blocker !== undefined) return { kind: 'running', task: blocker };
  const { head } = index;
  return head !== undefined && head !== task && index.held.includes(task) ? { kind: 'turn', task: head } : undefined;
}

const comesBefore = ({ graph }: Engine, a: number, b: number): boolean => (graph.ranks[a] ?? 0) < (graph.ranks[b] ?? 0);

/** The first of the running tasks that touch the same files. */
const blockerOf = (engine: Engine, task: number): number | undefined =>
  [...engine.index.touching].find((running) => conflict(engine, running, task));

/** When all that a task waits for is expected to have ended. */
function freeAt({ index, graph }: Engine, task: number): number {
  const ends = [...index.touching]
    .filter((running) => conflict({ index, graph }, running, task))
    .map((running) => (index.since[running] ?? 0) + (graph.nodes[running]?.estimateMs ?? 0));
  return Math.max(-Infinity, ...ends);
}

/** Tasks that state the same globs are compared once. */
function conflict({ index, graph }: Pick<Engine, 'index' | 'graph'>, a: number, b: number): boolean {
  const [low, high] = [graph.touchSets[a] ?? -1, graph.touchSets[b] ?? -1].sort((x, y) => x - y) as [number, number];
  if (low < 0) return false;
  const key = low * graph.nodes.length + high;
  const known = index.overlaps.get(key);
  if (known !== undefined) return known;
  const found = mayOverlap(graph.nodes[a]?.touches ?? [], graph.nodes[b]?.touches ?? []);
  index.overlaps.set(key, found);
  return found;
}

/** A task that touches has changed its state. */
export function touchMoved({ index }: Engine, task: number, { from, to }: { from: TaskState; to: TaskState }): void {
  if (to === 'running') index.touching.add(task);
  else if (from === 'running') index.touching.delete(task);
  else if (to === 'ready' || to === 'queued') return;
  index.isTouchChanged ||= to !== 'running';
}

/** Rank of the first task of the queue that may start, as far as what it touches is concerned. */
export function firstUntouched(engine: Engine, first: () => number | undefined, at: number): number | undefined {
  const { index, graph } = engine;
  if (index.isTouchChanged) {
    for (const task of index.held.splice(0)) push(index.ready, graph.ranks[task] ?? 0);
    index.head = undefined;
    index.isTouchChanged = false;
  }
  for (let rank = first(); rank !== undefined; rank = first()) {
    const task = graph.byRank[rank] ?? -1;
    const hold = touchHold(engine, task, at);
    if (!hold) return rank;
    pop(index.ready);
    index.held.push(task);
    if (hold.kind === 'running' && rank < (graph.ranks[index.head ?? -1] ?? Infinity)) index.head = task;
  }
  return undefined;
}

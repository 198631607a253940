import type { Node } from './graph.js';
import { dependantsOf, tailsOf } from './graph.js';
import { MinHeap } from './min-heap.js';

/** When each node would begin and end if every estimate held, in ms from the start. */
export interface Schedule {
  startMs: number[];
  endMs: number[];
  makespanMs: number;
}

/**
 * List scheduling on `width` slots as the engine does it (EXE-4): whenever a slot is free, the ready node with the longest remaining path
 * takes it, then the higher priority, then the earlier defined. `order` is topological. O((nodes + edges) log nodes).
 */
export function listSchedule(nodes: readonly Node[], order: readonly number[], width: number): Schedule {
  const tails = tailsOf(nodes, order);
  const dependants = dependantsOf(nodes);
  const open = nodes.map((node) => node.dependencies.length);
  const startMs = new Array<number>(nodes.length).fill(0);
  const endMs = new Array<number>(nodes.length).fill(0);
  const ready = new MinHeap<number>(
    (a, b) => (tails[b] ?? 0) - (tails[a] ?? 0) || (nodes[b]?.priority ?? 0) - (nodes[a]?.priority ?? 0) || a - b,
  );
  const running = new MinHeap<number>((a, b) => (endMs[a] ?? 0) - (endMs[b] ?? 0) || a - b);
  for (const position of order) if (open[position] === 0) ready.push(position);
  let now = 0;
  while (ready.size > 0 || running.size > 0) {
    while (ready.size > 0 && running.size < width) {
      const position = ready.pop() as number;
      startMs[position] = now;
      endMs[position] = now + (nodes[position]?.estimateMs ?? 0);
      running.push(position);
    }
    const ended = running.pop() as number;
    now = endMs[ended] ?? now;
    for (const dependant of dependants[ended] ?? []) {
      open[dependant] = (open[dependant] ?? 0) - 1;
      if (open[dependant] === 0) ready.push(dependant);
    }
  }
  return { startMs, endMs, makespanMs: now };
}

/** The share, 0 … 1, of all task time during which another task runs too; 0 without any work. */
export function parallelismRate({ startMs, endMs }: Schedule): number {
  const changes = startMs
    .flatMap((start, i): [number, number][] => [
      [start, 1],
      [endMs[i] ?? start, -1],
    ])
    .sort(([a, x], [b, y]) => a - b || x - y);
  let [active, before, overlapped, work] = [0, 0, 0, 0];
  for (const [at, change] of changes) {
    const spent = (at - before) * active;
    work += spent;
    if (active > 1) overlapped += spent;
    active += change;
    before = at;
  }
  return work === 0 ? 0 : overlapped / work;
}

import type { Node } from '../../src/planning/graph.js';
import { dependantsOf, tailsOf } from '../../src/planning/graph.js';
import { MinHeap } from '../../src/planning/min-heap.js';
import type { Schedule } from '../../src/planning/schedule.js';

/**
 * List scheduling on `width` slots, written apart from the engine as a yardstick for it (EXE-4): whenever a slot is free, the ready node with the longest remaining path
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

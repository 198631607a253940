import { dependantsOf } from './graph.js';
import { MinHeap } from './min-heap.js';

type Edges = readonly { readonly dependencies: readonly number[] }[];

/**
 * The topological order that stays closest to the order of definition: of all nodes that may come next, the first defined does. Nodes on or
 * behind a cycle are left out, so a shorter result means a cycle. O((nodes + edges) log nodes), iterative.
 */
export function topologicalOrder(nodes: Edges): number[] {
  const dependants = dependantsOf(nodes);
  const open = nodes.map((node) => node.dependencies.length);
  const ready = new MinHeap<number>((a, b) => a - b);
  open.forEach((count, position) => {
    if (count === 0) ready.push(position);
  });
  const order: number[] = [];
  for (let position = ready.pop(); position !== undefined; position = ready.pop()) {
    order.push(position);
    for (const dependant of dependants[position] ?? []) {
      open[dependant] = (open[dependant] ?? 0) - 1;
      if (open[dependant] === 0) ready.push(dependant);
    }
  }
  return order;
}

/**
 * The members of one cycle, each depending on the next and the last on the first; `undefined` without a cycle. Begins with the member that
 * is defined first. Iterative: a cycle may have as many members as the plan has tasks.
 */
export function findCycle(nodes: Edges): number[] | undefined {
  const ordered = new Set(topologicalOrder(nodes));
  if (ordered.size === nodes.length) return undefined;
  // Every node left over depends on another one left over, so following such edges must come back to a node already seen.
  const seenAt = new Map<number, number>();
  const walk: number[] = [];
  let position: number | undefined = nodes.findIndex((_, i) => !ordered.has(i));
  while (position !== undefined && !seenAt.has(position)) {
    seenAt.set(position, walk.length);
    walk.push(position);
    position = nodes[position]?.dependencies.find((dependency) => !ordered.has(dependency));
  }
  const cycle = walk.slice(seenAt.get(position ?? -1) ?? 0);
  const first = cycle.reduce((least, member, i) => (member < (cycle[least] ?? Infinity) ? i : least), 0);
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}

const SHOWN_BEFORE = 6;
const SHOWN_AFTER = 2;

/** `a → b → c → a`, each needing the next; the middle of a long cycle is counted instead. */
export function formatCycle(ids: readonly string[]): string {
  const cut = ids.length - SHOWN_BEFORE - SHOWN_AFTER;
  const shown =
    cut > 1 ? [...ids.slice(0, SHOWN_BEFORE), `… ${cut} more …`, ...ids.slice(ids.length - SHOWN_AFTER)] : [...ids];
  return [...shown, ids[0] ?? ''].join(' → ');
}

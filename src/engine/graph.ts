import type { GraphNode } from '../contract/plan.js';

/** The plan as the engine walks it: made once from the nodes, never changed, never part of the state. */
export interface Graph {
  digest: string;
  nodes: readonly GraphNode[];
  /** For each node the positions of those that depend on it. */
  dependants: readonly (readonly number[])[];
  /** Longest remaining path in ms, the node's own time included. */
  tails: readonly number[];
  /** Place of each node in the order of dispatch: 0 goes first. */
  ranks: readonly number[];
  /** The inverse of `ranks`. */
  byRank: readonly number[];
  positions: ReadonlyMap<string, number>;
  /** For each node a number that it shares with those that touch by the same globs; -1 where it touches nothing that others share. */
  touchSets: readonly number[];
}

/**
 * Nodes come in topological order: every dependency stands before its dependants (a plan is compiled so).
 * Ready tasks are dispatched by longest remaining path, then priority, then order of definition; since none of these changes while a
 * request runs, the order is computed once and a ready queue needs to compare whole numbers only. O((tasks + edges) + tasks log tasks).
 */
export function buildGraph(digest: string, nodes: readonly GraphNode[]): Graph {
  const dependants: number[][] = nodes.map(() => []);
  nodes.forEach((node, position) => {
    for (const dependency of node.dependencies) {
      if (dependency >= position) throw new RangeError(`${node.id} stands before its dependency`);
      dependants[dependency]?.push(position);
    }
  });
  const tails = new Array<number>(nodes.length).fill(0);
  for (let position = nodes.length - 1; position >= 0; position -= 1) {
    let longest = 0;
    for (const dependant of dependants[position] ?? []) longest = Math.max(longest, tails[dependant] ?? 0);
    tails[position] = longest + (nodes[position]?.estimateMs ?? 0);
  }
  const byRank = nodes.map((_, position) => position);
  byRank.sort(
    (a, b) => (tails[b] ?? 0) - (tails[a] ?? 0) || (nodes[b]?.priority ?? 0) - (nodes[a]?.priority ?? 0) || a - b,
  );
  const ranks = new Array<number>(nodes.length).fill(0);
  byRank.forEach((position, rank) => (ranks[position] = rank));
  const positions = new Map(nodes.map((node, position) => [node.id, position]));
  return { digest, nodes, dependants, tails, ranks, byRank, positions, touchSets: touchSetsOf(nodes) };
}

function touchSetsOf(nodes: readonly GraphNode[]): number[] {
  const known = new Map<string, number>();
  return nodes.map(({ touches }) => {
    if (!touches) return -1;
    const text = JSON.stringify(touches);
    const set = known.get(text) ?? known.size;
    known.set(text, set);
    return set;
  });
}

export const EMPTY_GRAPH: Graph = buildGraph('', []);

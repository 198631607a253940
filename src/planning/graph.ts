/** What the graph functions need of a task; a plan's `GraphNode` is one. Dependencies are positions in the list, in any order. */
export interface Node {
  readonly dependencies: readonly number[];
  readonly estimateMs: number;
  /** Greater goes first; 0 if absent. */
  readonly priority?: number;
}

/** For each node the positions of those that depend on it. */
export function dependantsOf(nodes: readonly Pick<Node, 'dependencies'>[]): number[][] {
  const dependants: number[][] = nodes.map(() => []);
  nodes.forEach((node, position) => {
    for (const dependency of node.dependencies) dependants[dependency]?.push(position);
  });
  return dependants;
}

/**
 * Length of the longest path that leads to each node, in edges: 0 for a root. Nodes of one level do not depend on each other. `order` is
 * topological.
 */
export function levelsOf(nodes: readonly Pick<Node, 'dependencies'>[], order: readonly number[]): number[] {
  const levels = new Array<number>(nodes.length).fill(0);
  for (const position of order) {
    for (const dependency of nodes[position]?.dependencies ?? []) {
      levels[position] = Math.max(levels[position] ?? 0, (levels[dependency] ?? 0) + 1);
    }
  }
  return levels;
}

/** Longest remaining path of each node in ms, its own time included. `order` is topological. */
export function tailsOf(nodes: readonly Node[], order: readonly number[]): number[] {
  const dependants = dependantsOf(nodes);
  const tails = new Array<number>(nodes.length).fill(0);
  for (let i = order.length - 1; i >= 0; i -= 1) {
    const position = order[i] ?? 0;
    let longest = 0;
    for (const dependant of dependants[position] ?? []) longest = Math.max(longest, tails[dependant] ?? 0);
    tails[position] = longest + (nodes[position]?.estimateMs ?? 0);
  }
  return tails;
}

/** Positions along a longest path, first to last; of several, the one that is defined first. */
export function criticalPath(nodes: readonly Node[], order: readonly number[]): number[] {
  const tails = tailsOf(nodes, order);
  const dependants = dependantsOf(nodes);
  const longest = (positions: readonly number[]): number | undefined => {
    let best: number | undefined;
    for (const position of positions) {
      if (best === undefined || (tails[position] ?? 0) > (tails[best] ?? 0)) best = position;
    }
    return best;
  };
  const roots = order.filter((position) => nodes[position]?.dependencies.length === 0).sort((a, b) => a - b);
  const path: number[] = [];
  for (let next = longest(roots); next !== undefined; next = longest(dependants[next] ?? [])) path.push(next);
  return path;
}

/** All the work in ms, as one after the other would take. */
export const workOf = (nodes: readonly Node[]): number => nodes.reduce((sum, node) => sum + node.estimateMs, 0);

/**
 * What no schedule on `width` slots can beat, in ms: the critical path, the work shared evenly, and the longest task (which the critical path
 * covers already).
 */
export function lowerBoundMs(nodes: readonly Node[], order: readonly number[], width: number): number {
  const longestPath = tailsOf(nodes, order).reduce((longest, tail) => Math.max(longest, tail), 0);
  return Math.max(longestPath, workOf(nodes) / width);
}

/** Positions by level, each level in order of definition. */
export function byLevel(levels: readonly number[]): number[][] {
  const result: number[][] = [];
  levels.forEach((level, position) => (result[level] ??= []).push(position));
  return result;
}

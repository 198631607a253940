import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node } from '../../src/planning/graph.js';
import { byLevel, criticalPath, levelsOf, lowerBoundMs, tailsOf, workOf } from '../../src/planning/graph.js';
import { findCycle, formatCycle, topologicalOrder } from '../../src/planning/order.js';
import { parallelismRate } from '../../src/planning/schedule.js';
import { listSchedule } from './list-schedule.js';

const node = (estimateMs: number, ...dependencies: number[]): Node => ({ estimateMs, dependencies });

/** Random acyclic graphs whose positions are shuffled, so that definition order is not topological. */
const dags = fc
  .array(fc.record({ estimateMs: fc.nat(100), priority: fc.nat(3), picks: fc.array(fc.nat(), { maxLength: 4 }) }), {
    minLength: 1,
    maxLength: 30,
  })
  .chain((raw) =>
    fc.tuple(
      fc.constant(raw),
      fc.shuffledSubarray(
        raw.map((_, i) => i),
        { minLength: raw.length },
      ),
    ),
  )
  .map(([raw, place]) => {
    const nodes: Node[] = [];
    raw.forEach(({ estimateMs, priority, picks }, i) => {
      const dependencies = i === 0 ? [] : [...new Set(picks.map((pick) => place[pick % i] as number))];
      nodes[place[i] as number] = { estimateMs, priority, dependencies };
    });
    return nodes;
  });

describe('topological order', () => {
  it('respects every edge and holds every node once', () => {
    fc.assert(
      fc.property(dags, (nodes) => {
        const order = topologicalOrder(nodes);
        const at = new Map(order.map((position, i) => [position, i]));
        expect(at.size).toBe(nodes.length);
        nodes.forEach(({ dependencies }, position) => {
          for (const d of dependencies) expect(at.get(d)).toBeLessThan(at.get(position) as number);
        });
      }),
    );
  });

  it('keeps the order of definition where it may', () => {
    expect(topologicalOrder([node(1, 2), node(1), node(1), node(1, 0)])).toEqual([1, 2, 0, 3]);
  });

  it('orders a chain of 20,000 defined backwards', () => {
    const n = 20_000;
    const chain = Array.from({ length: n }, (_, i) => node(1, ...(i + 1 < n ? [i + 1] : [])));
    const order = topologicalOrder(chain);
    expect(order[0]).toBe(n - 1);
    expect(criticalPath(chain, order)).toHaveLength(n);
    expect(levelsOf(chain, order)[0]).toBe(n - 1);
  });
});

describe('a cycle', () => {
  it('is found from a node that only hangs on it', () => {
    expect(findCycle([node(1, 2), node(1, 3), node(1, 1), node(1, 2)])).toEqual([1, 3, 2]);
  });

  it('of 5,000 is found and its middle is counted', () => {
    const ring = Array.from({ length: 5000 }, (_, i) => node(1, (i + 1) % 5000));
    const cycle = findCycle(ring) ?? [];
    expect(cycle).toHaveLength(5000);
    expect(formatCycle(cycle.map((i) => `t${i}`))).toBe(
      't0 → t1 → t2 → t3 → t4 → t5 → … 4992 more … → t4998 → t4999 → t0',
    );
  });

  it('of two reads a → b → a', () => {
    expect(formatCycle(['a', 'b'])).toBe('a → b → a');
  });

  it('is none in an acyclic graph, and each found one is one', () => {
    fc.assert(
      fc.property(dags, fc.nat(), fc.nat(), (nodes, a, b) => {
        expect(findCycle(nodes)).toBeUndefined();
        const [from, to] = [a % nodes.length, b % nodes.length];
        const changed = nodes.map((n, i) => (i === from ? { ...n, dependencies: [...n.dependencies, to] } : n));
        const cycle = findCycle(changed);
        expect(cycle === undefined).toBe(topologicalOrder(changed).length === nodes.length);
        cycle?.forEach((member, i) => {
          expect(changed[member]?.dependencies).toContain(cycle[(i + 1) % cycle.length]);
        });
        if (cycle) expect(new Set(cycle).size).toBe(cycle.length);
      }),
    );
  });
});

describe('levels, tails and the critical path', () => {
  const nodes = [node(10), node(20), node(5, 0, 1), node(1, 2), node(3, 0)];
  const order = topologicalOrder(nodes);

  it('are those of the longest paths', () => {
    expect(levelsOf(nodes, order)).toEqual([0, 0, 1, 2, 1]);
    expect(byLevel(levelsOf(nodes, order))).toEqual([[0, 1], [2, 4], [3]]);
    expect(tailsOf(nodes, order)).toEqual([16, 26, 6, 1, 3]);
    expect(criticalPath(nodes, order)).toEqual([1, 2, 3]);
    expect(workOf(nodes)).toBe(39);
  });

  it('bound the makespan together with the work', () => {
    expect(lowerBoundMs(nodes, order, 1)).toBe(39);
    expect(lowerBoundMs(nodes, order, 2)).toBe(26);
  });

  it('a critical path is as long as the longest tail', () => {
    fc.assert(
      fc.property(dags, (graph) => {
        const sorted = topologicalOrder(graph);
        const path = criticalPath(graph, sorted);
        expect(workOf(path.map((i) => graph[i] as Node))).toBe(Math.max(...tailsOf(graph, sorted)));
        path.slice(1).forEach((position, i) => expect(graph[position]?.dependencies).toContain(path[i]));
      }),
    );
  });
});

describe('a list schedule', () => {
  it('is never shorter than the bound, keeps the edges and the width, and is within twice the bound', () => {
    fc.assert(
      fc.property(dags, fc.integer({ min: 1, max: 5 }), (nodes, width) => {
        const order = topologicalOrder(nodes);
        const { startMs, endMs, makespanMs } = listSchedule(nodes, order, width);
        const bound = lowerBoundMs(nodes, order, width);
        expect(makespanMs).toBeGreaterThanOrEqual(bound);
        expect(makespanMs).toBeLessThanOrEqual(2 * bound);
        nodes.forEach(({ dependencies, estimateMs }, i) => {
          expect(endMs[i]).toBe((startMs[i] as number) + estimateMs);
          for (const d of dependencies) expect(endMs[d]).toBeLessThanOrEqual(startMs[i] as number);
        });
        for (const at of startMs) {
          const active = startMs.filter((start, i) => start <= at && at < (endMs[i] as number)).length;
          expect(active).toBeLessThanOrEqual(width);
        }
      }),
    );
  });

  it('gives a free slot to the longest remaining path, then to the higher priority', () => {
    const nodes = [{ ...node(5) }, { ...node(5), priority: 2 }, node(5), node(9, 2)];
    expect(listSchedule(nodes, topologicalOrder(nodes), 1).startMs).toEqual([19, 14, 0, 5]);
  });

  it('has a parallelism rate of 0 for a chain, 1 for twins, and the share between', () => {
    const rate = (nodes: Node[], width: number) => parallelismRate(listSchedule(nodes, topologicalOrder(nodes), width));
    expect(rate([node(5), node(5, 0)], 4)).toBe(0);
    expect(rate([node(5), node(5)], 4)).toBe(1);
    expect(rate([node(5), node(5)], 1)).toBe(0);
    expect(rate([node(10), node(30)], 2)).toBe(0.5);
    expect(rate([node(0)], 2)).toBe(0);
  });
});

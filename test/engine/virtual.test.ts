import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GraphNode } from '../../src/contract/plan.js';
import { LIMITS } from '../../src/contract/limits.js';
import { buildGraph } from '../../src/engine/graph.js';
import { createClock, runVirtual } from '../../src/engine/virtual.js';
import { listSchedule } from '../planning/list-schedule.js';
import { seeded } from '../simulation/random.js';
import { randomNodes } from '../simulation/world.js';
import { node, question } from './fixtures.js';

/** The same without what the yardstick knows nothing of. */
function plain({ touches: _, resources: __, ...item }: GraphNode): GraphNode {
  return item.kind === 'agent' ? { ...item, kind: 'skill' } : item;
}

test('a chain takes the sum and a fan takes the rounds that its width allows', () => {
  expect(runVirtual(buildGraph('d', [node('a'), node('b', [0]), node('c', [1])]), 10).makespanMs).toBe(3000);
  const fan = runVirtual(
    buildGraph(
      'd',
      Array.from({ length: 5 }, (_, i) => node(`t${i}`)),
    ),
    2,
  );
  expect(fan).toMatchObject({ makespanMs: 3000, utilisation: 5 / 6 });
});

test('a question takes no time', () => {
  expect(
    runVirtual(buildGraph('d', [node('ask', [], { ...question(), estimateMs: 0 }), node('b', [0])]), 1).makespanMs,
  ).toBe(1000);
});

test('no run beats the lower bound, and none is worse than one task after the other, and it is what list scheduling gives', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 8 }), (seed, width) => {
      // Fewer agents than tasks may run at once, and tasks that touch the same files take turns.
      const skillsOnly = seed % 2 === 0;
      const random = seeded(seed);
      // Two tasks that end at the same moment are two events to the engine and one moment to the yardstick, so hardly any two do.
      const nodes = randomNodes(random).map((item) =>
        item.estimateMs === 0 ? item : { ...item, estimateMs: item.estimateMs * 1_000_000 + random.int(1_000_000) },
      );
      const graph = buildGraph('d', skillsOnly ? nodes.map(plain) : nodes);
      const work = graph.nodes.reduce((sum, item) => sum + item.estimateMs, 0);
      const { makespanMs, startMs, endMs } = runVirtual(graph, width);
      const order = graph.nodes.map((_, task) => task);
      // Questions take no slot in the engine, so the yardstick is asked only where there are none.
      if (graph.nodes.every((item) => item.kind === 'skill' && !item.touches && !item.resources))
        expect({ makespanMs, startMs, endMs }).toEqual(listSchedule(graph.nodes, order, width));
      expect(makespanMs).toBeGreaterThanOrEqual(Math.max(...graph.tails, work / width) - 1e-6);
      expect(makespanMs).toBeLessThanOrEqual(work);
    }),
  );
});

test('no more agents of a request work at once than a host has slots for their processes', () => {
  const count = LIMITS.hostProcesses + 2;
  const agents = Array.from({ length: count }, (_, n) => ({ ...node(`a${n}`), kind: 'agent' as const }));
  const run = runVirtual(buildGraph('d', [...agents, node('s1'), node('s2')]), 10);
  expect(run.startMs).toEqual([...agents.map((_, n) => (n < LIMITS.hostProcesses ? 0 : 1000)), 0, 0]);
});

test('events of one moment come in the order in which they were added', () => {
  const clock = createClock();
  for (let i = 0; i < 50; i += 1) clock.add(i % 3, { request: 'r', at: 0, kind: 'note', text: String(i) });
  const texts: string[] = [];
  for (let event = clock.next(); event; event = clock.next()) if (event.kind === 'note') texts.push(event.text);
  expect(texts).toEqual([...Array(50).keys()].sort((a, b) => (a % 3) - (b % 3) || a - b).map(String));
});

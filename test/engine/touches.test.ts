import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GraphNode } from '../../src/contract/plan.js';
import { mayOverlap } from '../../src/engine/overlap.js';
import { open } from '../../src/engine/model.js';
import type { EngineState } from '../../src/engine/state.js';
import { requestView } from '../../src/progress/view.js';
import { bench, node, type Bench } from './fixtures.js';

const touching = (id: string, touches: string[], more: Partial<GraphNode> = {}) => node(id, [], { touches, ...more });
const noteOf = ({ engine }: Bench, id: string) =>
  requestView(engine, { now: 0 }).tasks.find((task) => task.id === id)?.note;

test('tasks that touch the same files take turns, and another one has the slot meanwhile', () => {
  const made = bench([touching('one', ['src/**']), touching('two', ['src/a.ts']), touching('three', ['test/**'])]);
  expect(made.statuses()).toEqual({ one: 'running', two: 'queued', three: 'running' });
  expect(noteOf(made, 'two')).toBe('waits for one (touches src/a.ts)');
  made.run('one');
  expect(made.started()).toEqual(['one', 'three', 'two']);
  made.run('two', 'three');
  expect(made.engine.state.outcome).toBe('complete');
});

test('one that fails, is cancelled, or waits for its next attempt lets the others have the files', () => {
  const failing = bench([touching('one', ['a'], { retries: 1 }), touching('two', ['a'])]);
  failing.fail('one');
  expect(failing.statuses()).toEqual({ one: 'waiting', two: 'running' });
  failing.post({ kind: 'timer', id: 'retry:0' });
  expect(failing.statuses()).toEqual({ one: 'queued', two: 'running' });
  failing.run('two', 'one');
  expect(failing.engine.state.outcome).toBe('complete');
});

test('the first that waits keeps its turn: what ends before may use the time, what takes longer goes behind it', () => {
  const made = bench(
    [
      node('gate', [], { estimateMs: 20_000 }),
      touching('first', ['a/x'], { estimateMs: 9000 }),
      touching('whole', ['a/**', 'b/**'], { estimateMs: 5000 }),
      touching('longer', ['b/y'], { estimateMs: 4000 }),
      touching('short', ['b/z'], { estimateMs: 500 }),
    ],
    { maxParallel: 2 },
  );
  made.wait(8000);
  made.run('gate');
  expect(made.started()).toEqual(['gate', 'first', 'short']);
  expect(noteOf(made, 'whole')).toBe('waits for first (touches a/**, …)');
  expect(noteOf(made, 'longer')).toBe('waits behind whole (touches b/y)');
  made.run('first');
  expect(noteOf(made, 'whole')).toBe('waits for short (touches a/**, …)');
  made.run('short', 'whole', 'longer');
  expect(made.started()).toEqual(['gate', 'first', 'short', 'whole', 'longer']);
});

test('once the first that waits is out of the way, whoever stood behind it starts', () => {
  const made = bench(
    [
      node('gate', [], { estimateMs: 20_000 }),
      touching('first', ['a/x'], { estimateMs: 9000 }),
      touching('whole', ['**'], { estimateMs: 5000 }),
      touching('longer', ['b/y'], { estimateMs: 4000 }),
    ],
    { maxParallel: 2 },
  );
  made.wait(8000);
  made.run('gate');
  expect(made.statuses()).toMatchObject({ whole: 'queued', longer: 'queued' });
  made.post({ kind: 'skip', task: 'whole', by: 'ann' });
  expect(made.statuses()).toMatchObject({ whole: 'skipped', longer: 'running' });
});

interface Step {
  pick: number;
  after: number;
  crash: boolean;
}

const GLOBS = ['a/x', 'a/*', 'a/**', 'b/**', '**/*.md', '**', 'c'];

test('at random: never two at once, never an empty slot that one could use without passing the first, and all end', () => {
  const nodes = fc.array(
    fc.record({
      touches: fc.subarray(GLOBS, { maxLength: 2 }),
      estimateMs: fc.integer({ min: 1, max: 1000 }),
      dependency: fc.option(fc.nat(20)),
    }),
    { minLength: 1, maxLength: 20 },
  );
  const steps = fc.array(fc.record({ pick: fc.nat(9), after: fc.nat(1500), crash: fc.boolean() }), {
    minLength: 60,
    maxLength: 60,
  });
  fc.assert(
    fc.property(nodes, fc.integer({ min: 1, max: 5 }), steps, (shapes, maxParallel, moves: Step[]) => {
      const made = bench(
        shapes.map(({ touches, estimateMs, dependency }, at) =>
          node(`t${at}`, dependency !== null && dependency < at ? [dependency] : [], {
            estimateMs,
            ...(touches.length > 0 ? { touches } : {}),
          }),
        ),
        { maxParallel },
      );
      for (const { pick, after, crash } of moves) {
        const { engine } = made;
        const { graph } = engine;
        const statuses = made.statuses();
        const of = (status: string): number[] =>
          graph.nodes.flatMap(({ id }, at) => (statuses[id] === status ? [at] : []));
        const overlap = (a: number, b: number): boolean =>
          mayOverlap(graph.nodes[a]?.touches ?? [], graph.nodes[b]?.touches ?? []);
        const running = of('running');
        for (const a of running) for (const b of running) expect(a !== b && overlap(a, b)).toBe(false);
        if (running.length === 0) break;
        const queued = of('queued').sort((a, b) => (graph.ranks[a] ?? 0) - (graph.ranks[b] ?? 0));
        const isBlocked = (task: number): boolean => running.some((other) => overlap(other, task));
        const first = queued.find(isBlocked);
        if (running.length < maxParallel)
          for (const task of queued)
            expect(isBlocked(task) || (first !== undefined && overlap(first, task))).toBe(true);
        if (crash) Object.assign(engine, open(JSON.parse(JSON.stringify(engine.state)) as EngineState, graph));
        made.wait(after);
        made.run(graph.nodes[running[pick % running.length] ?? 0]?.id ?? '');
      }
      expect(made.engine.state.outcome).toBe('complete');
    }),
    { numRuns: 300 },
  );
});

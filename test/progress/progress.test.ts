import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProgressView } from '../../src/contract/view.js';
import { open, type Engine } from '../../src/engine/model.js';
import { progressView } from '../../src/progress/progress.js';
import { simulate } from '../simulation/world.js';
import { begin, node, question, START } from './engines.js';

const at = (engine: Engine, ms: number, plannedMs?: number): ProgressView =>
  progressView(engine, { now: START + ms, description: 'do it', ...(plannedMs === undefined ? {} : { plannedMs }) });

/** Every number in a value, wherever it stands. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

describe('percent', () => {
  it('is weighted by the estimates, active tasks by their time, never more than .95 of one', () => {
    const { engine, end } = begin([node('a', { estimateMs: 3000 }), node('b', { estimateMs: 1000 })]);
    expect(at(engine, 0).percent).toBe(0);
    expect(at(engine, 500).percent).toBe(25);
    end('b', 600);
    expect(at(engine, 1500).percent).toBe(62.5);
    expect(at(engine, 3_000_000).percent).toBe(96.2);
    expect(at(engine, 3_000_000).activeTasks).toMatchObject([{ id: 'a', percent: 95, elapsedMs: 3_000_000 }]);
    end('a', 3_000_000);
    expect(at(engine, 3_000_000)).toMatchObject({ percent: 100, remainingMs: 0, completed: 2, active: 0 });
  });

  it('is below 100 while one of very many tasks is left', () => {
    const { engine, end } = begin([node('a', { estimateMs: 1e9 }), node('b', { estimateMs: 0, dependencies: [0] })]);
    end('a', 10);
    expect(at(engine, 10).percent).toBe(99.9);
  });

  it('is 0 before there is a plan', () => {
    const { engine } = begin([]);
    const fresh = open({ ...engine.state, plan: null, acceptedAt: null, endedAt: null, outcome: null, tasks: [] });
    expect(at(fresh, 5)).toMatchObject({ percent: 0, total: 0, remainingMs: null, estimatedCompletion: null });
  });

  it('never goes back while nothing is tried again', () => {
    const plan = fc.array(fc.record({ estimate: fc.nat(5000), ms: fc.nat(5000), dependsOn: fc.nat(3) }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 4 }), (tasks, maxParallel) => {
        const nodes = tasks.map(({ estimate, dependsOn }, i) =>
          node(`t${i}`, {
            estimateMs: estimate,
            dependencies: i > 0 && dependsOn > 0 ? [Math.max(0, i - dependsOn)] : [],
          }),
        );
        const { engine, end } = begin(nodes, { maxParallel });
        let [now, last] = [0, 0];
        while (engine.state.outcome === null) {
          const running = nodes.filter((_, i) => engine.index.status[i] === 'running');
          const next = running[0]!;
          const before = now;
          now += tasks[nodes.indexOf(next)]!.ms;
          for (const step of [Math.floor((before + now) / 2), now]) {
            const { percent } = at(engine, step);
            expect(percent).toBeGreaterThanOrEqual(last);
            expect(percent).toBeLessThan(100);
            last = percent;
          }
          end(next.id, now);
          expect(at(engine, now).percent).toBeGreaterThanOrEqual(last);
        }
        expect(at(engine, now).percent).toBe(100);
      }),
    );
  });
});

describe('the remaining time', () => {
  it('is the longest path that is left, or the work by the width', () => {
    const chain = begin([node('a', { estimateMs: 4000 }), node('b', { dependencies: [0], estimateMs: 2000 })]);
    expect(at(chain.engine, 1000)).toMatchObject({
      remainingMs: 5000,
      estimatedCompletion: '2026-01-05T00:00:06.000Z',
    });
    const wide = begin(
      Array.from({ length: 8 }, (_, i) => node(`t${i}`)),
      { maxParallel: 2 },
    );
    expect(at(wide.engine, 500).remainingMs).toBe(3500);
  });

  it('is stretched by what ended tasks took of their estimates', () => {
    const { engine, end } = begin([node('a'), node('b', { dependencies: [0], estimateMs: 4000 })]);
    end('a', 2000);
    expect(at(engine, 2000)).toMatchObject({ remainingMs: 8000, delayMs: 5000, averageTaskMs: 2000 });
    expect(at(engine, 2000, 10_000).delayMs).toBe(0);
  });

  it('is unknown while only a person can make it go on', () => {
    const { engine, end } = begin([node('a'), question('q')]);
    expect(at(engine, 0)).toMatchObject({ remainingMs: 1000, openDecisions: ['req-1/d1'] });
    end('a', 1000);
    expect(at(engine, 5000)).toMatchObject({ status: 'waiting', remainingMs: null, waiting: 1 });
  });
});

describe('the milestones', () => {
  it('are levels of the graph, reached when all their tasks have ended', () => {
    const { engine, end } = begin([node('a'), node('b'), node('c', { dependencies: [0] })]);
    end('a', 10);
    expect(at(engine, 10).milestones).toEqual({ done: 0, total: 2 });
    end('b', 20);
    expect(at(engine, 20).milestones).toEqual({ done: 1, total: 2 });
    end('c', 30);
    expect(at(engine, 30).milestones).toEqual({ done: 2, total: 2 });
  });
});

describe('the performance', () => {
  it('is 100 × (.5 success + .3 in time + .2 at the first attempt)', () => {
    const { engine, post, end, fail } = begin([node('a'), node('b', { retries: 1 }), node('c'), node('d')], {
      maxParallel: 4,
    });
    expect(at(engine, 0).performance).toBe(100);
    end('a', 1000);
    expect(at(engine, 1000).performance).toBe(100);
    fail('b', 1000);
    post({ kind: 'timer', id: 'retry:1' }, 2000);
    end('b', 5000);
    // Two of two completed, 2 s estimated and 4 s taken, one of two at once.
    expect(at(engine, 5000).performance).toBe(100 * (0.5 + 0.3 * 0.5 + 0.2 * 0.5));
    fail('c', 5000);
    fail('d', 5000);
    expect(at(engine, 5000).performance).toBe(100 * (0.25 + 0.15 + 0.05));
  });

  it('does not judge what was skipped', () => {
    const { engine, post } = begin([node('a'), node('b', { dependencies: [0] })]);
    post({ kind: 'skip', task: 'b', by: 'me' }, 1);
    expect(at(engine, 1).performance).toBe(100);
  });
});

describe('the elapsed time', () => {
  it('stops when the request ends, or stands still in an error', () => {
    const done = begin([node('a')]);
    done.end('a', 700);
    expect(at(done.engine, 99_999).elapsedMs).toBe(700);
    const broken = begin([node('a')]);
    broken.post({ kind: 'error', code: 'internal', message: 'oh' }, 300);
    expect(at(broken.engine, 99_999)).toMatchObject({ elapsedMs: 300, status: 'failed', remainingMs: null });
  });
});

describe('a progress view', () => {
  it('holds only finite numbers in their ranges, whatever happened and whenever it is asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: -1000, max: 10_000 }), (seed, now) => {
        const { state, graph } = simulate(seed);
        const view = progressView(open(state, graph), { now, description: 'x' });
        expect(numbersIn(view).every(Number.isFinite)).toBe(true);
        expect(JSON.parse(JSON.stringify(view))).toEqual(view);
        for (const percent of [view.percent, view.performance, ...view.activeTasks.map((task) => task.percent)]) {
          expect(percent).toBeGreaterThanOrEqual(0);
          expect(percent).toBeLessThanOrEqual(100);
        }
        expect(view.percent === 100).toBe(state.outcome !== null);
        for (const ms of [view.elapsedMs, view.remainingMs ?? 0, view.delayMs]) expect(ms).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  it('holds only finite numbers for estimates of nothing and of ages', () => {
    const estimate = fc.constantFrom(0, 1, 0.5, 2_592_000_000, 1e12);
    fc.assert(
      fc.property(fc.array(estimate, { minLength: 1, maxLength: 6 }), fc.nat(1e9), (estimates, ms) => {
        const { engine, end } = begin(
          estimates.map((estimateMs, i) => node(`t${i}`, { estimateMs })),
          { maxParallel: 3 },
        );
        end('t0', Math.min(ms, 5));
        expect(numbersIn(at(engine, ms)).every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('is bounded in its texts and lists', () => {
    const { engine, post } = begin(Array.from({ length: 200 }, (_, i) => question(`q${i}`)));
    post({ kind: 'note', text: 'n'.repeat(100_000) }, 1);
    const view = progressView(engine, { now: START, description: 'd'.repeat(100_000) });
    expect(JSON.stringify(view).length).toBeLessThan(4000);
  });

  it('looks at each task of a large plan a fixed number of times', () => {
    const looksFor = (count: number): number => {
      const { engine } = begin(
        Array.from({ length: count }, (_, i) => node(`t${i}`, i > 0 ? { dependencies: [i - 1] } : {})),
      );
      let looks = 0;
      const counted = <T extends object>(target: T): T =>
        new Proxy(target, { get: (from, key) => ((looks += 1), Reflect.get(from, key) as unknown) });
      engine.index.status = counted(engine.index.status);
      engine.state.tasks = counted(engine.state.tasks);
      at(engine, 500);
      return looks;
    };
    expect(looksFor(10_000) / looksFor(1000)).toBeLessThan(11);
  });
});

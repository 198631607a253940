import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Budget } from '../../src/contract/budget.js';
import type { GraphNode } from '../../src/contract/plan.js';
import type { TaskResult } from '../../src/contract/task.js';
import { requestView } from '../../src/progress/view.js';
import { bench, completed, node, type Bench } from './fixtures.js';

const agents = (count: number, maxCostUsd?: number): GraphNode[] =>
  Array.from({ length: count }, (_, n) =>
    node(`a${n}`, [], { kind: 'agent', ...(maxCostUsd === undefined ? {} : { maxCostUsd }) }),
  );
const costing = (usd: number, tokens = 0): TaskResult => ({
  ...(completed as TaskResult & { kind: 'completed' }),
  usage: { usd, inputTokens: tokens, outputTokens: 0 },
});
const view = ({ engine }: Bench) => requestView(engine, { now: 1_000_000 });
const started = (made: Bench): number => made.started().length;
const answer = (made: Bench, choice: string) =>
  made.post({ kind: 'decide', decision: 'd1', choice, comment: '', by: 'ann', via: 'command' });

describe('a budget in USD', () => {
  it('sets aside what an agent states, starts no more than fits, and asks once it is used up', () => {
    const made = bench(agents(8, 1), { maxParallel: 4, budget: { usd: 2 } });
    expect(started(made)).toBe(2);
    expect(view(made).budget).toEqual({ limit: { usd: 2 }, spent: { usd: 0 }, reserved: { usd: 2 }, atCap: 'ask' });
    made.end('a0', costing(1));
    expect([started(made), view(made).decisions]).toEqual([2, []]);
    made.end('a1', costing(1));
    expect(view(made)).toMatchObject({
      status: 'waiting',
      decisions: [{ kind: 'budget', options: ['raise', 'stop'], onDeadline: 'stop' }],
    });
    expect(view(made).decisions[0]?.question).toContain('budget of 2.00 USD is used up. raise: 2.00 USD more');
    answer(made, 'raise');
    expect(started(made)).toBe(4);
    expect(view(made).budget?.limit).toEqual({ usd: 4 });
  });

  it('lets an agent of unknown cost run alone, with all that is left', () => {
    const made = bench([...agents(3), node('plain')], { maxParallel: 4, budget: { usd: 2 } });
    expect(made.started()).toEqual(['a0', 'plain']);
    expect(view(made).budget?.reserved).toEqual({ usd: 2 });
    made.end('a0', costing(0.5));
    expect(view(made).budget?.reserved).toEqual({ usd: 1.5 });
    made.end('a1', costing(1.7));
    expect(made.started()).toEqual(['a0', 'plain', 'a1']);
    expect(view(made).decisions).toHaveLength(1);
  });

  it('that is stopped, or whose policy is to stop, lets nothing further begin and is no success', () => {
    const asked = bench(agents(3, 1), { budget: { usd: 1 } });
    asked.end('a0', costing(1));
    answer(asked, 'stop');
    const stopped = bench(agents(3, 1), { budget: { usd: 1, atCap: 'stop' } });
    stopped.end('a0', costing(1));
    for (const made of [asked, stopped]) {
      expect(made.statuses()).toEqual({ a0: 'completed', a1: 'skipped', a2: 'skipped' });
      expect(view(made)).toMatchObject({ status: 'partial', tasks: [{}, { note: 'the budget is used up' }, {}] });
    }
  });

  it('whose policy is to pause goes on with as much again once it is resumed', () => {
    const made = bench(agents(3, 1), { budget: { usd: 1, atCap: 'pause' } });
    made.end('a0', costing(1));
    expect(view(made).status).toBe('paused');
    made.post({ kind: 'resume', by: 'ann' });
    expect([view(made).status, started(made), view(made).budget?.limit]).toEqual(['running', 2, { usd: 2 }]);
  });

  it('counts an attempt that did not tell its cost with the most that its agent states', () => {
    const made = bench(agents(3, 1), { budget: { usd: 2 } });
    made.run('a0', 'a1');
    expect(view(made)).toMatchObject({ budget: { spent: { usd: 2 } }, cost: { usd: 0 } });
    expect(view(made).decisions).toHaveLength(1);
  });

  it('is never overbooked, whatever the agents cost and in whatever order they end', () => {
    const plan = fc.record({
      costs: fc.array(
        fc.record({ most: fc.integer({ min: 1, max: 30 }), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
        {
          minLength: 1,
          maxLength: 20,
        },
      ),
      usd: fc.integer({ min: 1, max: 100 }),
      order: fc.infiniteStream(fc.nat()),
    });
    fc.assert(
      fc.property(plan, ({ costs, usd, order }) => {
        const nodes = costs.map(({ most }, n) => node(`a${n}`, [], { kind: 'agent', maxCostUsd: most }));
        const made = bench(nodes, { maxParallel: 20, budget: { usd, atCap: 'stop' } });
        for (;;) {
          const running = costs.map((_, n) => n).filter((n) => made.statuses()[`a${n}`] === 'running');
          const [pick] = order.take(1);
          const next = running[(pick ?? 0) % Math.max(1, running.length)];
          if (next === undefined) break;
          const { most, share } = costs[next] ?? { most: 0, share: 0 };
          made.end(`a${next}`, costing(most * share));
          expect(made.engine.state.cost.usd).toBeLessThanOrEqual(usd + 1e-6);
        }
        expect(made.engine.state.outcome).not.toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('twenty agents at 95 % of it together spend no more than it and what one overran', () => {
    const made = bench([...agents(1, 95), ...agents(20).map((item, n) => ({ ...item, id: `b${n}` }))], {
      maxParallel: 20,
      budget: { usd: 100, atCap: 'stop' },
    });
    made.end('a0', costing(95));
    for (let n = 0; n < 20 && made.statuses()[`b${n}`] === 'running'; n += 1) made.end(`b${n}`, costing(3));
    expect(made.engine.state.cost.usd).toBe(101);
  });
});

describe('a budget of tokens or time', () => {
  const run = (budget: Budget): Bench => bench([...agents(3), node('plain', [0])], { budget });

  it('of tokens lets one agent run after the other, and asks', () => {
    const made = run({ tokens: 100 });
    expect(made.started()).toEqual(['a0']);
    made.end('a0', costing(0, 100));
    expect(made.started()).toEqual(['a0', 'plain']);
    expect(view(made).decisions[0]?.question).toContain('100 tokens');
  });

  it('of time starts nothing further when it is over, and goes on with as much again', () => {
    const made = run({ wallMs: 60_000 });
    expect(made.started()).toEqual(['a0', 'a1', 'a2']);
    made.wait(60_000);
    made.post({ kind: 'timer', id: 'budget:wall' });
    expect(view(made).decisions).toHaveLength(1);
    made.run('a0', 'a1', 'a2');
    expect(started(made)).toBe(3);
    const { commands } = answer(made, 'raise');
    expect(commands).toContainEqual(expect.objectContaining({ kind: 'timer', id: 'budget:wall', ms: 60_000 }));
    made.run('plain');
    expect(made.engine.state).toMatchObject({ outcome: 'complete', timers: {} });
  });
});

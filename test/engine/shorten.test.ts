import { expect, test } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import { historyOf } from '../../src/engine/lifecycle.js';
import { shortened } from '../../src/engine/shorten.js';
import { bench, completed, node } from './fixtures.js';

test('a state that is small enough stays as it is', () => {
  const { engine, run } = bench([node('a')]);
  run('a');
  expect(shortened(engine.state)).toBe(engine.state);
});

test('20,000 tasks with retries fit, and keep when each began and ended', () => {
  const nodes = Array.from({ length: 20_000 }, (_, i) => node(`task-${i}`, [], { retries: 3 }));
  const { engine, end, fail, post, wait, started } = bench(nodes, { maxParallel: 100 });
  for (let i = 0; i < started().length; i += 1) {
    wait(40_000);
    const id = started()[i] ?? '';
    const task = engine.graph.positions.get(id) ?? 0;
    if ((engine.state.details[task]?.failures ?? 0) < 3) {
      fail(id);
      wait(5000);
      post({ kind: 'timer', id: `retry:${task}` });
    } else end(id, completed);
  }
  expect(JSON.stringify(engine.state).length).toBeGreaterThan(LIMITS.stateBytes);
  const short = shortened(engine.state);
  expect(JSON.stringify(short).length).toBeLessThan(2 * 1024 * 1024 * 0.9);
  for (const task of [0, 777, 19_999]) {
    const [whole, cut] = [historyOf(engine.state, task), historyOf(short, task)];
    expect([cut[0], cut.at(-1)]).toEqual([whole[0], whole.at(-1)]);
    expect(cut.find(({ to }) => to === 'running')).toEqual(whole.findLast(({ to }) => to === 'running'));
  }
});

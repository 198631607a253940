import { expect, test } from 'vitest';
import { bench, completed, failed, node } from './fixtures.js';

test('tasks start in the order of the longest remaining path, then priority, then definition', () => {
  const { started, run } = bench(
    [node('short'), node('urgent', [], { priority: 3 }), node('long'), node('tail', [2], { estimateMs: 5000 })],
    { maxParallel: 1 },
  );
  run('long', 'tail', 'urgent', 'short');
  expect(started()).toEqual(['long', 'tail', 'urgent', 'short']);
});

test('no more tasks run at once than the limit, and a free slot is taken at once', () => {
  const { engine, run, started } = bench([node('a'), node('b'), node('c')], { maxParallel: 2 });
  expect(engine.index.counts.running).toBe(2);
  expect(engine.index.counts.queued).toBe(1);
  run('a');
  expect(started()).toEqual(['a', 'b', 'c']);
});

test('a task waits for all its dependencies', () => {
  const { statuses, run } = bench([node('a'), node('b'), node('c', [0, 1])]);
  run('a');
  expect(statuses()['c']).toBe('pending');
  run('b');
  expect(statuses()['c']).toBe('running');
});

test('a failure skips what depends on it, and other branches go on', () => {
  const { statuses, fail, run, engine } = bench([node('a'), node('b', [0]), node('c', [1]), node('d')]);
  fail('a');
  expect(statuses()).toEqual({ a: 'failed', b: 'skipped', c: 'skipped', d: 'running' });
  run('d');
  expect(engine.state.outcome).toBe('partial');
});

test('with onFailure stop nothing more starts after a failure, and what runs may end', () => {
  const { statuses, fail, run, engine } = bench([node('a'), node('b'), node('c')], {
    maxParallel: 2,
    onFailure: 'stop',
  });
  fail('a');
  expect(statuses()).toEqual({ a: 'failed', b: 'running', c: 'skipped' });
  run('b');
  expect(engine.state.outcome).toBe('partial');
});

test('a late or a second result of a task changes nothing', () => {
  const { post, run, statuses } = bench([node('a', [], { retries: 1 }), node('b', [0])]);
  run('a');
  const again = post({ kind: 'task.ended', task: 0, epoch: 0, attempt: 1, result: failed, random: 0 });
  expect(again.reply.kind).toBe('unchanged');
  expect(statuses()['a']).toBe('completed');
});

test('a failed task is tried again as often as it may, after a growing delay', () => {
  const { post, fail, statuses, engine } = bench([node('a', [], { retries: 2 })]);
  const first = fail('a').commands.find((command) => command.kind === 'timer');
  expect(first).toMatchObject({ id: 'retry:0', ms: 1050 });
  expect(statuses()['a']).toBe('waiting');
  post({ kind: 'timer', id: 'retry:0' });
  expect(fail('a').commands.find((command) => command.kind === 'timer')).toMatchObject({ ms: 2100 });
  post({ kind: 'timer', id: 'retry:0' });
  fail('a');
  expect(statuses()['a']).toBe('failed');
  expect(engine.state.outcome).toBe('failed');
});

test('usage of all attempts is added up', () => {
  const { end, post, engine } = bench([node('a', [], { retries: 1 })]);
  end('a', { ...failed, usage: { usd: 0.5, inputTokens: 10, outputTokens: 1 } });
  post({ kind: 'timer', id: 'retry:0' });
  end('a', { ...completed, usage: { usd: 0.25, inputTokens: 5, outputTokens: 2 } });
  expect(engine.state.cost).toEqual({ usd: 0.75, inputTokens: 15, outputTokens: 3 });
});

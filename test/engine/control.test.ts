import { step } from '../../src/engine/engine.js';
import { open } from '../../src/engine/model.js';
import { createState } from '../../src/engine/state.js';
import { expect, test } from 'vitest';
import { bench, node, question } from './fixtures.js';

test('a paused request starts nothing, and goes on where it was', () => {
  const { post, run, started } = bench([node('a'), node('b', [0])]);
  post({ kind: 'pause', by: 'ann' });
  run('a');
  expect(started()).toEqual(['a']);
  post({ kind: 'resume', by: 'ann' });
  expect(started()).toEqual(['a', 'b']);
});

test('cancel asks for the end of what runs and gives up the rest', () => {
  const { post, end, statuses, engine } = bench([node('a'), node('b', [0])]);
  const { commands } = post({ kind: 'cancel', by: 'ann' });
  expect(commands).toContainEqual({ kind: 'stop', task: 0, epoch: 0 });
  expect(statuses()).toEqual({ a: 'running', b: 'cancelled' });
  end('a', { kind: 'cancelled', startedAt: 0 });
  expect(engine.state.outcome).toBe('cancelled');
});

test('cancelling again changes nothing', () => {
  const { post } = bench([node('a')]);
  post({ kind: 'cancel', by: 'ann' });
  expect(post({ kind: 'cancel', by: 'bob' }).reply.kind).toBe('unchanged');
});

test('a request that was cancelled too late to lose anything is complete', () => {
  const { post, run, engine } = bench([node('a')]);
  post({ kind: 'cancel', by: 'ann' });
  run('a');
  expect(engine.state.outcome).toBe('complete');
});

test('a running task that is paused runs again as another attempt', () => {
  const { post, end, statuses, engine } = bench([node('a')]);
  post({ kind: 'pause', task: 'a', by: 'ann' });
  end('a', { kind: 'cancelled', startedAt: 0 });
  expect(statuses()['a']).toBe('paused');
  const { commands } = post({ kind: 'resume', task: 'a', by: 'ann' });
  expect(commands).toContainEqual({ kind: 'run', unit: 'a', tasks: [{ task: 0, epoch: 0, attempt: 2 }] });
  expect(engine.state.outcome).toBeNull();
});

test('a request whose rest a person skips ends with what was done, and is complete', () => {
  const { post, run, end, statuses, engine } = bench([
    node('a'),
    node('b'),
    node('c', [1]),
    node('ask', [], question()),
  ]);
  run('a');
  const { commands, reply } = post({ kind: 'skip', by: 'ann' });
  expect(reply).toMatchObject({ kind: 'accepted', message: '3 tasks are skipped' });
  expect(commands).toContainEqual({ kind: 'stop', task: 1, epoch: 0 });
  end('b', { kind: 'cancelled', startedAt: 0 });
  expect(statuses()).toEqual({ a: 'completed', b: 'skipped', c: 'skipped', ask: 'skipped' });
  expect(engine.state).toMatchObject({ outcome: 'complete', decisions: [{ state: 'withdrawn' }] });
  expect(post({ kind: 'skip', by: 'ann' }).reply.kind).toBe('refused');
});

test('a plan that waits for its approval can be skipped as a whole, and nothing of it runs', () => {
  const approval = { question: '?', summary: '', digest: 'd', risk: 0, criticality: 0, context: {} };
  const { post, started, engine } = bench([node('a'), node('b', [0])], { approval });
  post({ kind: 'skip', by: 'ann' });
  expect(started()).toEqual([]);
  expect(engine.state.outcome).toBe('complete');
});

test('what depends on a task that a person skips goes on', () => {
  const { post, end, statuses } = bench([node('a'), node('b', [0])]);
  post({ kind: 'skip', task: 'a', by: 'ann' });
  end('a', { kind: 'cancelled', startedAt: 0 });
  expect(statuses()).toEqual({ a: 'skipped', b: 'running' });
});

test('a retry moves the epoch, and runs what the failure had held back', () => {
  const { post, fail, run, statuses } = bench([node('a'), node('b', [0]), node('keep')]);
  fail('a');
  expect(statuses()['b']).toBe('skipped');
  const { commands } = post({ kind: 'retry', task: 'a', by: 'ann' });
  expect(commands).toContainEqual({ kind: 'run', unit: 'a', tasks: [{ task: 0, epoch: 1, attempt: 1 }] });
  run('a');
  expect(statuses()['b']).toBe('running');
});

test('a retry leaves skipped what another failure still holds back', () => {
  const { post, fail, statuses } = bench([node('a'), node('b'), node('c', [0, 1]), node('keep')]);
  fail('a');
  fail('b');
  post({ kind: 'retry', task: 'a', by: 'ann' });
  expect(statuses()).toMatchObject({ a: 'running', b: 'failed', c: 'skipped' });
});

test('a message about an unknown task is refused and changes nothing', () => {
  const { post, engine } = bench([node('a')]);
  const before = JSON.stringify(engine.state);
  for (const kind of ['pause', 'resume', 'cancel', 'retry', 'skip'] as const) {
    expect(post({ kind, task: 'nope', by: 'ann' }).reply).toMatchObject({ kind: 'refused', code: 'unknown_id' });
  }
  expect(JSON.stringify(engine.state)).toBe(before);
});

test('nothing can be changed once the request has ended', () => {
  const { post, run } = bench([node('a')]);
  run('a');
  for (const kind of ['pause', 'resume', 'cancel', 'retry'] as const) {
    expect(post({ kind, by: 'ann' }).reply).toMatchObject({ kind: 'refused', code: 'refused' });
  }
});

test('cancelling withdraws the open questions', () => {
  const { post, engine } = bench([node('ask', [], question({ deadlineMs: 5000 }))]);
  const { commands } = post({ kind: 'cancel', by: 'ann' });
  expect(commands).toContainEqual({ kind: 'untimer', id: 'decision:d1' });
  expect(engine.state.decisions[0]?.state).toBe('withdrawn');
  expect(engine.state.outcome).toBe('cancelled');
});

test('a retry after a stop takes up what the stop had passed over, and a refused one changes nothing', () => {
  const { post, fail, run, statuses, engine } = bench([node('a'), node('b'), node('c')], {
    maxParallel: 2,
    onFailure: 'stop',
  });
  fail('a');
  expect(post({ kind: 'retry', task: 'b', by: 'ann' }).reply.kind).toBe('refused');
  expect(engine.state.stopped).toBe(true);
  post({ kind: 'retry', task: 'a', by: 'ann' });
  run('a', 'b', 'c');
  expect(statuses()).toEqual({ a: 'completed', b: 'completed', c: 'completed' });
  expect(engine.state.outcome).toBe('complete');
});

test('a cancel before there is a plan ends the planning', () => {
  const engine = open(
    createState({
      request: 'r',
      at: 0,
      settings: { maxParallel: 1, onFailure: 'continue', interaction: 'minimal', yes: false, by: '' },
    }),
  );
  step(engine, { request: 'r', at: 0, kind: 'start' });
  expect(step(engine, { request: 'r', at: 1, kind: 'cancel', by: 'ann' }).commands).toEqual([{ kind: 'abandon' }]);
});

import { expect, test } from 'vitest';
import type { GraphNode } from '../../src/contract/plan.js';
import { buildGraph } from '../../src/engine/graph.js';
import { settlement } from '../../src/engine/settlement.js';
import { bench, node, type Bench } from './fixtures.js';

const submission = { type: 'command', description: 'one more' };
const submit = ({ post }: Bench) => post({ kind: 'submit', submission, by: 'ann' });

function extend({ engine, post }: Bench, n: number, more: GraphNode) {
  const graph = buildGraph(`${engine.graph.digest}+${n}`, [...engine.graph.nodes, more]);
  return post({ kind: 'extended', n, graph });
}

test('a submitted task is asked for, becomes part of the plan, and runs after what it depends on', () => {
  const made = bench([node('a')]);
  expect(submit(made)).toMatchObject({
    commands: [{ kind: 'extend', n: 1 }],
    reply: { kind: 'accepted', pending: { kind: 'submission', n: 1 } },
  });
  expect(settlement(made.engine, { kind: 'submission', n: 1 })).toBeUndefined();
  extend(made, 1, node('s1', [0]));
  expect(settlement(made.engine, { kind: 'submission', n: 1 })).toMatchObject({ data: { taskId: 's1' } });
  expect(made.engine.state.plan).toMatchObject({ revision: 2, tasks: 2, digest: 'digest+1' });
  expect(made.started()).toEqual(['a']);
  made.run('a', 's1');
  expect(made.engine.state.outcome).toBe('complete');
});

test('a request does not end while a task is being added to it', () => {
  const made = bench([node('a')]);
  submit(made);
  made.run('a');
  expect(made.engine.state.outcome).toBeNull();
  extend(made, 1, node('s1', [0]));
  expect(made.statuses()).toEqual({ a: 'completed', s1: 'running' });
});

test('tasks are added one after the other, each to the plan that holds the one before', () => {
  const made = bench([node('a')]);
  submit(made);
  expect(submit(made).commands).toEqual([]);
  expect(extend(made, 1, node('s1')).commands).toContainEqual({ kind: 'extend', n: 2 });
});

test('a task that cannot be added changes nothing but its own answer', () => {
  const made = bench([node('a')]);
  submit(made);
  made.post({ kind: 'unextended', n: 1, code: 'bad_input', message: 'no such skill' });
  expect(settlement(made.engine, { kind: 'submission', n: 1 })).toEqual({
    kind: 'refused',
    code: 'bad_input',
    message: 'no such skill',
  });
  made.run('a');
  expect(made.engine.state.outcome).toBe('complete');
});

test('a task that depends on one that failed is skipped at once', () => {
  const made = bench([node('a'), node('b')]);
  made.fail('a');
  submit(made);
  extend(made, 1, node('s1', [0]));
  expect(made.statuses()).toMatchObject({ a: 'failed', s1: 'skipped' });
});

test('what comes too late is refused: after a cancel, and after the end', () => {
  const made = bench([node('a')]);
  submit(made);
  made.post({ kind: 'cancel', by: 'bob' });
  expect(settlement(made.engine, { kind: 'submission', n: 1 })).toMatchObject({ kind: 'refused' });
  expect(extend(made, 1, node('s1')).reply.kind).toBe('unchanged');
  expect(submit(made).reply).toMatchObject({ kind: 'refused', code: 'refused' });
  made.end('a', { kind: 'cancelled', startedAt: 0 });
  expect(submit(made).reply).toMatchObject({ kind: 'refused', message: 'the request has ended' });
});

test('a drain that is under way goes on when a task is added', () => {
  const made = bench([node('a')]);
  made.post({ kind: 'hold' });
  submit(made);
  extend(made, 1, node('s1'));
  expect(made.started()).toEqual(['a']);
});

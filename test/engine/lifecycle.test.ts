import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import { PHASES, TRIGGERS } from '../../src/contract/phase.js';
import { TASK_STATES } from '../../src/contract/task.js';
import { buildGraph } from '../../src/engine/graph.js';
import { historyOf, record, TASK_TRANSITIONS } from '../../src/engine/lifecycle.js';
import { fire, PHASE_ACTIONS, PHASE_TRANSITIONS } from '../../src/engine/phases.js';
import { open } from '../../src/engine/model.js';
import { retryDelay } from '../../src/engine/results.js';
import { createState } from '../../src/engine/state.js';
import { bench, completed, node } from './fixtures.js';

const settings = { maxParallel: 1, onFailure: 'continue', interaction: 'minimal', yes: false, by: '' } as const;

test('every trigger is legal from exactly the phases that the table names', () => {
  for (const phase of PHASES) {
    for (const trigger of TRIGGERS) {
      const state = { ...createState({ request: 'r', at: 0, settings }), phase };
      const { from, to } = PHASE_TRANSITIONS[trigger];
      const isLegal = from === '*' || from === phase;
      expect(fire(state, trigger, { at: 5, commands: [], data: { why: 'x' } })).toBe(isLegal);
      expect(state.phase).toBe(isLegal ? to : phase);
      expect(state.transitions).toEqual(isLegal ? [{ from: phase, to, trigger, at: 5, data: { why: 'x' } }] : []);
      expect(state.illegalTriggers).toBe(isLegal ? 0 : 1);
      expect(state.data).toEqual(isLegal ? { why: 'x' } : {});
    }
  }
});

test('entering a phase asks for what belongs to it, and leaving ERROR clears the error', () => {
  const asked = PHASES.map((phase) => {
    const commands: { kind: string }[] = [];
    const state = { ...createState({ request: 'r', at: 0, settings }), outcome: 'complete' as const };
    PHASE_ACTIONS[phase].entry?.(state, commands as never);
    return [phase, commands.map(({ kind }) => kind).join()];
  });
  expect(Object.fromEntries(asked)).toEqual({
    IDLE: 'finish',
    ANALYZING: 'analyze',
    PLANNING: 'plan',
    EXECUTING: '',
    MONITORING: '',
    ESCALATING: '',
    COMPLETING: 'conclude',
    ERROR: '',
  });
});

test('a whole request walks the phases and returns to IDLE', () => {
  const { post, run, engine } = bench([node('a')]);
  run('a');
  post({ kind: 'concluded' });
  expect(engine.state.transitions.map(({ trigger }) => trigger)).toEqual([
    'start',
    'plan',
    'execute',
    'monitor',
    'complete',
    'finish',
  ]);
  expect(engine.state.phase).toBe('IDLE');
});

test('ERROR keeps the data, and after recover and start the finished tasks stay finished', () => {
  const { post, run, engine, statuses } = bench([node('a'), node('b', [0])]);
  run('a');
  post({ kind: 'error', code: 'internal', message: 'boom' });
  expect(engine.state).toMatchObject({
    phase: 'ERROR',
    error: { code: 'internal', message: 'boom' },
    data: { intent: 'analyze' },
  });
  post({ kind: 'recover' });
  expect(engine.state).toMatchObject({ phase: 'IDLE', error: null });
  post({ kind: 'start' });
  post({ kind: 'analyzed', data: {} });
  post({
    kind: 'planned',
    graph: engine.graph,
    maxParallel: 1,
    onFailure: 'continue',
    approval: null,
    yes: false,
    by: '',
  });
  expect(statuses()['a']).toBe('completed');
});

test('an illegal trigger is refused and changes nothing', () => {
  const { post, engine } = bench([node('a')]);
  const before = { ...engine.state, illegalTriggers: 1 };
  expect(post({ kind: 'start' }).reply.kind).toBe('refused');
  expect(engine.state).toEqual(before);
});

test('a history gives back the times that were recorded', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...TASK_STATES), fc.nat(10 ** 9)), { maxLength: LIMITS.taskHistoryEntries }),
      (entries) => {
        const state = createState({ request: 'r', at: 1000, settings });
        let at = 1000;
        const expected = entries.map(([to, elapsed]) => {
          record(state, 0, to, elapsed);
          return { to, at: (at += elapsed) };
        });
        expect(historyOf(state, 0)).toEqual(expected);
      },
    ),
  );
});

test('a history that grows too long keeps its beginning, its end and its times', () => {
  const state = createState({ request: 'r', at: 0, settings });
  for (let i = 0; i < 1000; i += 1) record(state, 0, i % 2 ? 'waiting' : 'running', 10);
  const history = historyOf(state, 0);
  expect(history).toHaveLength(LIMITS.taskHistoryEntries);
  expect(history[0]).toEqual({ to: 'running', at: 10 });
  expect(history.at(-1)).toEqual({ to: 'waiting', at: 10_000 });
});

test('every state can be left or is an end, and an ended task can only be compensated or tried again', () => {
  for (const state of TASK_STATES) expect(TASK_TRANSITIONS[state].length).toBeGreaterThan(0);
  expect(TASK_TRANSITIONS.completed).toEqual(['compensated']);
});

test('the state of 10,000 tasks, every fifth of which failed once, fits in 512 KiB', () => {
  const nodes = Array.from({ length: 10_000 }, (_, i) =>
    node(`task-${i}`, i === 0 ? [] : [Math.floor((i - 1) / 3)], { retries: 1 }),
  );
  const { engine, end, post, wait, started } = bench(nodes, { maxParallel: 100 });
  for (let i = 0; i < started().length; i += 1) {
    wait(7 + (i % 5000));
    const id = started()[i] ?? '';
    const task = engine.graph.positions.get(id) ?? 0;
    const isFirst = engine.state.details[task]?.failures === undefined && i % 5 === 0;
    end(
      id,
      isFirst
        ? { kind: 'failed', startedAt: 0, error: { code: 'command_failed', message: 'm'.repeat(4096) }, artifacts: [] }
        : completed,
    );
    if (isFirst) post({ kind: 'timer', id: `retry:${task}` });
  }
  expect(engine.state.outcome).toBe('complete');
  expect(JSON.stringify(engine.state).length).toBeLessThanOrEqual(512 * 1024);
});

test('a request opened from the JSON of its state goes on as if nothing had happened', () => {
  const { engine, run, fail } = bench([node('a'), node('b'), node('c', [0]), node('d', [1])], { maxParallel: 1 });
  run('a');
  fail('b');
  const again = open(JSON.parse(JSON.stringify(engine.state)) as typeof engine.state, engine.graph);
  expect({ ...again.index, ready: [...again.index.ready.items].sort() }).toEqual({
    ...engine.index,
    ready: [...engine.index.ready.items].sort(),
    unmet: again.index.unmet,
  });
});

test('the delay before a retry follows its rule and its cap', () => {
  expect([1, 2, 3, 10].map((n) => retryDelay(n, 0))).toEqual([1000, 2000, 4000, 30_000]);
  expect(retryDelay(1, 0.999)).toBe(1100);
});

test('a graph whose nodes stand before their dependencies is refused', () => {
  expect(() => buildGraph('d', [node('a', [1]), node('b')])).toThrow(RangeError);
});

test('the state of 10,000 tasks that all failed with long messages fits in 512 KiB', () => {
  const { engine, fail, wait, started } = bench(
    Array.from({ length: 10_000 }, (_, i) => node(`task-${i}`)),
    { maxParallel: 100 },
  );
  for (let i = 0; i < started().length; i += 1) {
    wait(7 + (i % 5000));
    fail(started()[i] ?? '');
  }
  expect(engine.state.outcome).toBe('failed');
  expect(JSON.stringify(engine.state).length).toBeLessThanOrEqual(512 * 1024);
});

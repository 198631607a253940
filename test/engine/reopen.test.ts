import { expect, test } from 'vitest';
import { step } from '../../src/engine/engine.js';
import { open } from '../../src/engine/model.js';
import type { EngineState } from '../../src/engine/state.js';
import { statusOf } from '../../src/engine/moves.js';
import { bench, node, type Bench } from './fixtures.js';

/** Another run of the closed request, from the JSON that was kept of it. */
function reopened({ engine }: Bench, task?: string) {
  const again = open(JSON.parse(JSON.stringify(engine.state)) as EngineState, engine.graph);
  const made = step(again, { request: 'r', at: 5_000_000, kind: 'reopen', by: 'bob', ...(task ? { task } : {}) });
  return { engine: again, ...made, status: (position: number) => statusOf(again, position) };
}

test('a closed request goes on with what had failed and what that held back; what was done stays done', () => {
  const made = bench([node('a'), node('b', [0]), node('c')]);
  made.fail('a');
  made.run('c');
  expect(made.engine.state).toMatchObject({ phase: 'COMPLETING', outcome: 'partial' });
  const again = reopened(made);
  expect(again.reply.kind).toBe('accepted');
  expect(again.commands).toEqual([{ kind: 'run', unit: 'a', tasks: [{ task: 0, epoch: 1, attempt: 1 }] }]);
  expect([again.status(0), again.status(1), again.status(2)]).toEqual(['running', 'pending', 'completed']);
  expect(again.engine.state).toMatchObject({ phase: 'MONITORING', outcome: null, endedAt: null });
});

test('a cancelled request can be retried as a whole', () => {
  const made = bench([node('a'), node('b', [0])]);
  made.post({ kind: 'cancel', by: 'ann' });
  made.end('a', { kind: 'cancelled', startedAt: 0 });
  expect(made.engine.state.outcome).toBe('cancelled');
  const again = reopened(made);
  expect(again.engine.state.cancel).toBeNull();
  expect([again.status(0), again.status(1)]).toEqual(['running', 'pending']);
});

test('one task can be retried alone', () => {
  const made = bench([node('a'), node('b')]);
  made.fail('a');
  made.fail('b');
  const again = reopened(made, 'b');
  expect([again.status(0), again.status(1)]).toEqual(['failed', 'running']);
});

test('where nothing has failed nothing is changed', () => {
  const made = bench([node('a')]);
  made.run('a');
  const before = JSON.stringify(made.engine.state);
  const again = reopened(made);
  expect(again.reply).toMatchObject({ kind: 'refused', message: 'nothing has failed' });
  expect(again.commands).toEqual([]);
  expect(JSON.stringify(again.engine.state)).toBe(before);
  expect(reopened(made, 'zz').reply).toMatchObject({ kind: 'refused', code: 'unknown_id' });
});

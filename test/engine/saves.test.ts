import { expect, test } from 'vitest';
import { settlement } from '../../src/engine/settlement.js';
import { bench, node } from './fixtures.js';

const pending = { kind: 'save', n: 1 } as const;

test('a state is saved on demand, and the answer waits until it is', () => {
  const { engine, post } = bench([node('a')]);
  expect(post({ kind: 'checkpoint', by: 'ann' })).toMatchObject({
    commands: [{ kind: 'save', n: 1 }],
    reply: { pending },
  });
  expect(settlement(engine, pending)).toBeUndefined();
  post({ kind: 'saved', n: 1 });
  expect(settlement(engine, pending)).toMatchObject({ kind: 'accepted', data: { checkpoint: 1 } });
});

test('a state that cannot be saved says why, and the request goes on', () => {
  const { engine, post, run } = bench([node('a')]);
  post({ kind: 'checkpoint', by: 'ann' });
  post({ kind: 'saved', n: 1, error: { code: 'no_space', message: 'the disk is full' } });
  expect(settlement(engine, pending)).toEqual({ kind: 'refused', code: 'no_space', message: 'the disk is full' });
  run('a');
  expect(engine.state.outcome).toBe('complete');
});

test('a request that has ended is not saved again', () => {
  const { post, run } = bench([node('a')]);
  run('a');
  expect(post({ kind: 'checkpoint', by: 'ann' }).reply.kind).toBe('refused');
});

import { describe, expect, it } from 'vitest';
import type { TaskResult } from '../../src/contract/task.js';
import type { EventBody } from '../../src/engine/events.js';
import { bench, completed, failed, node } from './fixtures.js';

const asks = { question: 'Take it?', digest: 'abc', summary: '1 file', context: { '.npmrc': 'changed' } };
const held: TaskResult = { kind: 'parked', startedAt: 0, session: null, asks };
const answer = (choice: string): EventBody => ({
  kind: 'decide',
  decision: 'd1',
  choice,
  comment: '',
  by: 'ann',
  via: 'signal',
});

describe('a task that asks for leave', () => {
  it('waits for a person, and goes on with the answer as a further attempt', () => {
    const { post, end, engine, statuses } = bench([node('a'), node('b', [0])]);
    end('a', held);
    expect(statuses()).toEqual({ a: 'waiting', b: 'pending' });
    expect(engine.state.decisions).toMatchObject([
      { id: 'd1', kind: 'permission', task: 'a', subject: { digest: 'abc' }, onDeadline: 'reject', state: 'open' },
    ]);
    const { commands } = post(answer('approve'));
    expect(commands).toContainEqual({ kind: 'run', unit: 'a', tasks: [{ task: 0, epoch: 0, attempt: 2 }] });
    expect(engine.state.details[0]?.permit).toEqual({ digest: 'abc', choice: 'approve' });
    end('a', completed);
    expect(engine.state.details[0]?.permit).toBeUndefined();
    expect(statuses()).toEqual({ a: 'completed', b: 'running' });
  });

  it('goes on with a rejection as well: what becomes of it is for the task to say', () => {
    const { post, end, engine, statuses } = bench([node('a')]);
    end('a', held);
    post(answer('reject'));
    expect(statuses()).toEqual({ a: 'running' });
    expect(engine.state.details[0]?.permit?.choice).toBe('reject');
  });

  it('is answered by no standing yes', () => {
    const { end, engine } = bench([node('a')]);
    engine.state.settings.yes = true;
    end('a', held);
    expect(engine.state.decisions[0]).toMatchObject({ state: 'open', criticality: 0.9 });
  });

  it.each(['cancel', 'skip'] as const)('takes its question back on %s', (kind) => {
    const { post, end, engine } = bench([node('a'), node('b')]);
    end('a', held);
    post({ kind, task: 'a', by: 'ann' });
    expect(engine.state.decisions[0]?.state).toBe('withdrawn');
    expect(post(answer('approve')).reply.kind).toBe('refused');
  });

  it('does not ask where its plan has stopped, and takes its question back where the plan stops later', () => {
    const before = bench([node('a'), node('b')], { onFailure: 'stop' });
    before.end('b', failed);
    before.end('a', held);
    expect([before.engine.state.decisions, before.statuses()]).toEqual([[], { a: 'skipped', b: 'failed' }]);
    const after = bench([node('a'), node('b')], { onFailure: 'stop' });
    after.end('a', held);
    after.end('b', failed);
    expect(after.statuses()).toEqual({ a: 'skipped', b: 'failed' });
    expect(after.engine.state.decisions[0]?.state).toBe('withdrawn');
    expect(after.engine.state.outcome).toBe('failed');
  });
});

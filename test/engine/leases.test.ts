import { expect, test } from 'vitest';
import { open } from '../../src/engine/model.js';
import type { EngineState } from '../../src/engine/state.js';
import { requestStatus, taskView } from '../../src/progress/view.js';
import { bench, node } from './fixtures.js';

const shared = { resources: { production: 1 } };

test('a task asks for what it shares when its turn comes, takes no slot until it has it, and gives it back at its end', () => {
  const made = bench([node('deploy', [], { ...shared, estimateMs: 9000 }), node('other')], { maxParallel: 1 });
  expect(made.statuses()).toEqual({ deploy: 'waiting', other: 'running' });
  expect(taskView(made.engine, 0)).toMatchObject({
    note: 'waits for production',
    waitsFor: { kind: 'resource', resources: ['production'] },
  });
  made.run('other');
  expect(requestStatus(made.engine)).toBe('running');
  expect(made.post({ kind: 'leased', n: 1 }).commands).toMatchObject([
    { kind: 'untimer' },
    { kind: 'run', unit: 'deploy' },
  ]);
  const { commands } = made.end('deploy', {
    kind: 'completed',
    startedAt: 0,
    summary: '',
    output: null,
    artifacts: [],
  });
  expect(commands).toContainEqual({ kind: 'unlease', n: 1 });
  expect(made.engine.state.outcome).toBe('complete');
});

test('each attempt asks anew, so that others have what is shared in between', () => {
  const made = bench([node('deploy', [], { ...shared, retries: 1 })]);
  made.post({ kind: 'leased', n: 1 });
  expect(made.fail('deploy').commands).toContainEqual({ kind: 'unlease', n: 1 });
  expect(made.post({ kind: 'timer', id: 'retry:0' }).commands).toContainEqual({ kind: 'lease', task: 0, n: 2 });
  expect(made.post({ kind: 'leased', n: 1 }).commands).toEqual([{ kind: 'unlease', n: 1 }]);
  made.post({ kind: 'leased', n: 2 });
  made.run('deploy');
  expect(made.engine.state.outcome).toBe('complete');
});

test('a task that is skipped or cancelled while it waits takes its wish back, and a lease that comes all the same is given back', () => {
  for (const kind of ['skip', 'cancel'] as const) {
    const made = bench([node('deploy', [], shared), node('other')]);
    expect(made.post({ kind, task: 'deploy', by: 'ann' }).commands).toContainEqual({ kind: 'unlease', n: 1 });
    expect(made.post({ kind: 'leased', n: 1 }).commands).toEqual([{ kind: 'unlease', n: 1 }]);
  }
});

test('a paused request holds nothing that it does not use', () => {
  const made = bench([node('deploy', [], shared)]);
  made.post({ kind: 'pause', by: 'ann' });
  expect(made.post({ kind: 'leased', n: 1 }).commands).toContainEqual({ kind: 'unlease', n: 1 });
  expect(made.post({ kind: 'resume', by: 'ann' }).commands).toContainEqual({ kind: 'lease', task: 0, n: 2 });
});

test('a lease outlives the run that it was asked in', () => {
  const made = bench([node('deploy', [], shared)]);
  Object.assign(made.engine, open(JSON.parse(JSON.stringify(made.engine.state)) as EngineState, made.engine.graph));
  expect(made.post({ kind: 'leased', n: 1 }).commands).toMatchObject([{ kind: 'untimer' }, { kind: 'run' }]);
});

test('a lease that does not come is asked for again, with the same number', () => {
  const made = bench([node('deploy', [], shared)]);
  expect(made.post({ kind: 'timer', id: 'lease:1' }).commands).toContainEqual({ kind: 'lease', task: 0, n: 1 });
  made.post({ kind: 'leased', n: 1 });
  expect(made.engine.state.timers).toEqual({});
});

test('a task for which too many wait already fails and says so', () => {
  const made = bench([node('deploy', [], shared)]);
  made.post({ kind: 'leased', n: 1, refused: true });
  expect(made.engine.state.details[0]?.error?.code).toBe('resource_queue_full');
  expect(made.engine.state.outcome).toBe('failed');
});

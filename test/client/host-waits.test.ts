import { expect, it } from 'vitest';
import { markWaiting } from '../../src/client/host-waits.js';
import type { TaskView } from '../../src/contract/view.js';

const task = (id: string, more: Partial<TaskView> = {}): TaskView => ({
  id,
  title: id,
  kind: 'agent',
  type: 'general',
  agent: 'mender',
  status: 'running',
  attempts: 1,
  startedAt: null,
  finishedAt: null,
  durationMs: null,
  dependencies: [],
  ...more,
});

it('a task that was handed out and that no worker has begun says so; one that works, is queued or has ended does not', () => {
  const tasks = [
    task('begun'),
    task('waits'),
    task('command', { kind: 'skill' }),
    task('noted', { note: 'being stopped' }),
    task('ended', { status: 'completed' }),
  ];
  const pending = [
    { activityId: 'begun/0/1', state: 2 },
    { activityId: 'waits/1/3', state: 1 },
    { activityId: 'command/0/1', state: 1 },
    { activityId: 'noted/0/1', state: 1 },
    { activityId: 'ended/0/1', state: 1 },
    { activityId: '7', state: 1 },
  ];
  expect(markWaiting(tasks, pending).map(({ note, waitsFor }) => [note, waitsFor])).toEqual([
    [undefined, undefined],
    ['waits for a free process of its host (maxProcesses)', { kind: 'host', agents: true }],
    ['waits for a worker of its host', { kind: 'host', agents: false }],
    ['being stopped', { kind: 'host', agents: true }],
    [undefined, undefined],
  ]);
  expect(markWaiting(tasks, [])).toEqual(tasks);
});

import { cancelTask, withdraw } from './decisions.js';
import type { Engine } from './model.js';
import type { Command, EngineEvent, Reply } from './events.js';
import {
  detailOf,
  epochOf,
  hasEnded,
  isRepair,
  makeReady,
  mayReopen,
  move,
  release,
  reopen,
  satisfy,
  skipDependants,
  statusOf,
} from './moves.js';
import { refuseSubmissions } from './submissions.js';
import { dropTimer } from './timers.js';
import { tryAnyway } from './usage-limits.js';

const accepted = (message: string): Reply => ({ kind: 'accepted', message });
const unchanged = (message: string): Reply => ({ kind: 'unchanged', message });
const refused = (message: string): Reply => ({ kind: 'refused', code: 'refused', message });
const unknownTask = (id: string): Reply => ({
  kind: 'refused',
  code: 'unknown_id',
  message: `no task ${id} in this request`,
});
const over = (engine: Engine): boolean => engine.state.outcome !== null || engine.state.phase === 'ERROR';

/** Nothing more starts; what runs may end. One task: its process is ended, and it starts anew on resume. */
export function pause(engine: Engine, event: EngineEvent & { kind: 'pause' }, commands: Command[]): Reply {
  const { state } = engine;
  if (over(engine)) return refused('the request has ended');
  if (state.cancel) return refused('the request is being cancelled');
  if (event.task === undefined) {
    if (state.paused) return unchanged(`paused by ${state.paused.by} before`);
    state.paused = { at: event.at, by: event.by };
    return accepted('paused: nothing more starts until resume');
  }
  const task = engine.graph.positions.get(event.task);
  if (task === undefined) return unknownTask(event.task);
  const status = statusOf(engine, task);
  if (status === 'paused') return unchanged('paused before');
  if (status === 'running') return stop(engine, task, 'paused', commands);
  if (status !== 'pending' && status !== 'ready' && status !== 'queued') return refused(`${event.task} is ${status}`);
  detailOf(engine, task).from = status === 'pending' ? 'pending' : 'ready';
  move(engine, task, 'paused', event.at);
  return accepted(`${event.task} is paused`);
}

export function resume(engine: Engine, event: EngineEvent & { kind: 'resume' }): Reply {
  const { state } = engine;
  if (over(engine)) return refused('the request has ended');
  if (event.task === undefined) {
    if (!state.paused) return unchanged('it is not paused');
    state.paused = null;
    return accepted('goes on');
  }
  const task = engine.graph.positions.get(event.task);
  if (task === undefined) return unknownTask(event.task);
  const detail = engine.state.details[task];
  if (detail?.stopping === 'paused') return refused(`${event.task} is being stopped; resume it in a moment`);
  if (statusOf(engine, task) !== 'paused') return unchanged(`${event.task} is not paused`);
  if (detail?.from === 'ready') makeReady(engine, task, event.at);
  else {
    move(engine, task, 'pending', event.at);
    release(engine, task, event.at);
  }
  return accepted(`${event.task} goes on`);
}

/** Ends everything that runs and gives up the rest. Cancelling again changes nothing. */
export function cancelRequest(engine: Engine, event: { at: number; by: string }, commands: Command[]): Reply {
  const { state, graph } = engine;
  if (over(engine)) return refused('the request has ended');
  const again = state.cancel !== null;
  state.cancel ??= { at: event.at, by: event.by };
  withdraw(engine, event.at, commands);
  refuseSubmissions(engine, 'the request is being cancelled');
  if (state.plan === null) commands.push({ kind: 'abandon' });
  graph.nodes.forEach((_, task) => {
    if (statusOf(engine, task) === 'running') stop(engine, task, 'cancelled', commands);
    else {
      dropTimer(engine, `retry:${task}`, commands);
      cancelTask(engine, task, event.at);
    }
  });
  return again ? unchanged('cancelled before') : accepted('cancelled: what runs is being ended');
}

export function cancelOne(engine: Engine, id: string, event: { at: number }, commands: Command[]): Reply {
  const task = engine.graph.positions.get(id);
  if (task === undefined) return unknownTask(id);
  const status = statusOf(engine, task);
  if (status === 'cancelled') return unchanged('cancelled before');
  if (hasEnded(engine, task)) return refused(`${id} is ${status}`);
  if (status === 'running') return stop(engine, task, 'cancelled', commands);
  dropTimer(engine, `retry:${task}`, commands);
  withdraw(engine, event.at, commands, { task: id });
  cancelTask(engine, task, event.at);
  skipDependants(engine, task, 'dependency', event.at);
  return accepted(`${id} is cancelled`);
}

/** Runs a failed, cancelled or passed-over task once more, with what it held back. Without a task: all that failed. */
export function retry(engine: Engine, event: EngineEvent & { kind: 'retry' }): Reply {
  const { state, graph } = engine;
  if (over(engine)) return refused('the request has ended');
  if (state.cancel) return refused('the request is being cancelled');
  let tasks: number[];
  if (event.task === undefined)
    tasks = graph.nodes
      .map((_, task) => task)
      .filter((task) => statusOf(engine, task) === 'failed' && !isRepair(engine, task));
  else {
    const task = graph.positions.get(event.task);
    if (task === undefined) return unknownTask(event.task);
    const tried = tryAnyway(engine, task, event.at);
    if (tried) return tried;
    if (isRepair(engine, task)) return refused(`${event.task} mends another task; retry that one`);
    tasks = [task];
  }
  const given = state.stopped ? tasks.concat(stoppedTasks(engine)) : tasks;
  const reopened = tasks.some((task) => mayReopen(engine, task)) ? reopen(engine, given, event.at) : [];
  if (reopened.length > 0) state.stopped = false;
  for (const task of reopened) release(engine, task, event.at);
  if (reopened.length > 0) return accepted(`${reopened.length} tasks run again`);
  return refused(
    event.task === undefined ? 'nothing has failed' : `${event.task} is ${statusOf(engine, tasks[0] ?? 0)}`,
  );
}

/** What the stop at the first failure had passed over. */
const stoppedTasks = (engine: Engine): number[] =>
  engine.graph.nodes.map((_, task) => task).filter((task) => engine.state.details[task]?.reason === 'stopped');

/** A person says that a task is not needed: what depends on it goes on without it. Without a task: all that is left. */
export function skip(engine: Engine, event: EngineEvent & { kind: 'skip' }, commands: Command[]): Reply {
  if (event.task === undefined) return skipRest(engine, event.at, commands);
  const task = engine.graph.positions.get(event.task);
  if (task === undefined) return unknownTask(event.task);
  if (over(engine)) return refused('the request has ended');
  const status = statusOf(engine, task);
  if (status === 'skipped') return unchanged('skipped before');
  if (status === 'running') return stop(engine, task, 'skipped', commands);
  if (status === 'completed' || status === 'cancelled' || status === 'compensated')
    return refused(`${event.task} is ${status}`);
  dropTimer(engine, `retry:${task}`, commands);
  withdraw(engine, event.at, commands, { task: event.task });
  const wasFailed = status === 'failed';
  detailOf(engine, task).reason = 'person';
  satisfy(engine, task, 'skipped', event.at);
  if (wasFailed) for (const other of reopenBelow(engine, task, event.at)) release(engine, other, event.at);
  return accepted(`${event.task} is skipped`);
}

/** Ends a request early and well: what was done counts, what failed stays failed, and the rest was not needed. */
function skipRest(engine: Engine, at: number, commands: Command[]): Reply {
  const { state, graph } = engine;
  if (over(engine)) return refused('the request has ended');
  if (state.cancel) return refused('the request is being cancelled');
  if (state.plan === null) return refused('there is no plan yet; cancel the request instead');
  withdraw(engine, at, commands);
  refuseSubmissions(engine, 'what is left of the request is skipped');
  const left = graph.nodes.map((_, task) => task).filter((task) => !hasEnded(engine, task));
  for (const task of left) {
    if (statusOf(engine, task) === 'running') {
      stop(engine, task, 'skipped', commands);
      continue;
    }
    dropTimer(engine, `retry:${task}`, commands);
    detailOf(engine, task).reason = 'person';
    satisfy(engine, task, 'skipped', at);
  }
  return accepted(`${left.length} ${left.length === 1 ? 'task is' : 'tasks are'} skipped`);
}

/** What a failure had held back may run after all. */
function reopenBelow(engine: Engine, task: number, at: number): number[] {
  return reopen(engine, engine.graph.dependants[task] ?? [], at);
}

/** Asks the shell to end a running task; the task moves when its process is gone. */
function stop(engine: Engine, task: number, to: 'cancelled' | 'skipped' | 'paused', commands: Command[]): Reply {
  const detail = detailOf(engine, task);
  const id = engine.graph.nodes[task]?.id ?? '';
  if (detail.stopping === to) return unchanged(`${id} is being stopped`);
  const isFirst = detail.stopping === undefined;
  detail.stopping = to;
  if (isFirst) commands.push({ kind: 'stop', task, epoch: epochOf(engine, task) });
  return accepted(`${id} is being stopped`);
}

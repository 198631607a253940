import { BatonError } from '../contract/errors.js';
import { ENDED_STATES, type TaskState } from '../contract/task.js';
import { enqueue, isSatisfied, type Engine } from './model.js';
import { touchMoved } from './touches.js';
import { record, TASK_TRANSITIONS } from './lifecycle.js';
import type { SkipReason, TaskDetail } from './state.js';

export const statusOf = (engine: Engine, task: number): TaskState => engine.index.status[task] ?? 'pending';

export const hasEnded = (engine: Engine, task: number): boolean => ENDED_STATES.includes(statusOf(engine, task));

export const detailOf = (engine: Engine, task: number): TaskDetail => (engine.state.details[task] ??= {});

export const epochOf = (engine: Engine, task: number): number => engine.state.details[task]?.epoch ?? 0;

/** Number of the present epoch's running or next attempt, from 1. Each dispatch has another, so that a late result is known as late. */
export const attemptOf = (engine: Engine, task: number): number => (engine.state.details[task]?.attempts ?? 0) + 1;

/** Moves one task, and nothing else. An illegal move is a defect of the engine and stops the request rather than corrupting it. */
export function move(engine: Engine, task: number, to: TaskState, at: number): void {
  const { index, state } = engine;
  const from = statusOf(engine, task);
  if (!TASK_TRANSITIONS[from].includes(to)) {
    throw new BatonError('internal', `task ${engine.graph.nodes[task]?.id ?? task} cannot go from ${from} to ${to}`);
  }
  record(state, task, to, Math.max(0, at - (index.since[task] ?? at)));
  index.since[task] = Math.max(at, index.since[task] ?? at);
  index.counts[from] -= 1;
  index.counts[to] += 1;
  if (engine.graph.nodes[task]?.kind === 'agent')
    index.runningAgents += Number(to === 'running') - Number(from === 'running');
  index.status[task] = to;
  if (engine.graph.nodes[task]?.touches) touchMoved(engine, task, { from, to });
}

/** A pending task whose dependencies are all satisfied becomes ready. */
export function release(engine: Engine, task: number, at: number): void {
  const node = engine.graph.nodes[task];
  if (!node || statusOf(engine, task) !== 'pending' || (engine.index.unmet[task] ?? 0) > 0) return;
  makeReady(engine, task, at);
}

export function makeReady(engine: Engine, task: number, at: number): void {
  const node = engine.graph.nodes[task];
  if (!node) return;
  move(engine, task, 'ready', at);
  engine.index.fresh.push(task);
  enqueue(engine, task, node);
}

/** Ends a task well: its dependants need it no longer. */
export function satisfy(engine: Engine, task: number, to: 'completed' | 'skipped', at: number): void {
  move(engine, task, to, at);
  for (const dependant of engine.graph.dependants[task] ?? []) {
    engine.index.unmet[dependant] = (engine.index.unmet[dependant] ?? 1) - 1;
    release(engine, dependant, at);
  }
}

const WEIGHT: Record<SkipReason, number> = { person: 0, choice: 1, stopped: 2, dependency: 3 };

/**
 * Skips all that can no longer run because `task` ended without being satisfied. A task ruled out for several reasons keeps the gravest, so
 * that a failure above is never hidden by a choice. Iterative: a chain may be 5,000 long.
 */
export function skipDependants(engine: Engine, task: number, reason: SkipReason, at: number): void {
  const stack = [...(engine.graph.dependants[task] ?? [])];
  while (stack.length > 0) {
    const next = stack.pop() as number;
    const status = statusOf(engine, next);
    const known = engine.state.details[next]?.reason;
    const graver = status === 'skipped' && known !== undefined && known !== 'person' && WEIGHT[reason] > WEIGHT[known];
    if (hasEnded(engine, next) ? !graver : status === 'running') continue;
    if (status !== 'skipped') move(engine, next, 'skipped', at);
    detailOf(engine, next).reason = reason;
    stack.push(...(engine.graph.dependants[next] ?? []));
  }
}

/**
 * Takes ended tasks back to pending: the ones given and what was skipped or cancelled only because of them. What another ended task still
 * rules out is skipped again, so that nothing waits for ever. Gives what may now run or wait, in topological order.
 */
export function reopen(engine: Engine, tasks: readonly number[], at: number): number[] {
  const reopened: number[] = [];
  const stack = [...tasks];
  while (stack.length > 0) {
    const next = stack.pop() as number;
    if (!mayReopen(engine, next)) continue;
    move(engine, next, 'pending', at);
    beginAnew(engine, next);
    reopened.push(next);
    stack.push(...(engine.graph.dependants[next] ?? []));
  }
  reopened.sort((a, b) => a - b);
  return reopened.filter((task) => !passOver(engine, task, at));
}

/** Forgets all that was of the epoch before. */
export function beginAnew(engine: Engine, task: number): void {
  const held = engine.state.details[task]?.held;
  engine.state.details[task] = { epoch: epochOf(engine, task) + 1, ...(held === undefined ? {} : { held }) };
}

/** Counts anew what a pending task waits for, and skips it where something that has ended rules it out; gives whether it was skipped. */
export function passOver(engine: Engine, task: number, at: number): boolean {
  const dependencies = engine.graph.nodes[task]?.dependencies ?? [];
  const unmet = dependencies.filter((dependency) => !isSatisfied(engine, dependency));
  engine.index.unmet[task] = unmet.length;
  const reasons = unmet
    .filter((dependency) => hasEnded(engine, dependency))
    .map((dependency) => blocks(engine, dependency));
  if (reasons.length === 0) return false;
  move(engine, task, 'skipped', at);
  detailOf(engine, task).reason = reasons.reduce((a, b) => (WEIGHT[b] > WEIGHT[a] ? b : a));
  return true;
}

/** Why an ended task that does not satisfy holds back what depends on it. */
function blocks(engine: Engine, task: number): SkipReason {
  const reason = engine.state.details[task]?.reason;
  if (statusOf(engine, task) === 'completed') return 'choice';
  return statusOf(engine, task) === 'skipped' && reason !== undefined ? reason : 'dependency';
}

/** A repair is never done again by itself: the task that it was for begins anew, or has another one. */
export const isRepair = (engine: Engine, task: number): boolean => engine.graph.nodes[task]?.repairs !== undefined;

export function mayReopen(engine: Engine, task: number): boolean {
  const status = statusOf(engine, task);
  if (status === 'skipped') return engine.state.details[task]?.reason !== 'person';
  return status === 'failed' || status === 'cancelled';
}

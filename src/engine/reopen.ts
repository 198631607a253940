import type { Trigger } from '../contract/phase.js';
import { endBudget } from './budget.js';
import type { Command, EngineEvent, Reply } from './events.js';
import type { Engine } from './model.js';
import { isRepair, mayReopen, release, reopen, statusOf } from './moves.js';
import { fire } from './phases.js';
import { forgetLimits } from './usage-limits.js';

/** Tasks of a closed request that another run would do again: the one that is named, else all that failed or were cancelled. */
export function reopenable(engine: Engine, id: string | undefined): number[] {
  const given = id === undefined ? engine.graph.nodes.map((_, task) => task) : [engine.graph.positions.get(id) ?? -1];
  const again = (task: number): boolean =>
    id === undefined ? ['failed', 'cancelled'].includes(statusOf(engine, task)) : mayReopen(engine, task);
  return given.filter((task) => task >= 0 && !isRepair(engine, task) && again(task));
}

const WALK: readonly Trigger[] = ['start', 'plan', 'execute', 'monitor'];

/** A closed request, opened from its kept state, goes on with what had failed. Its plan and its answers stay as they were. */
export function reopenRequest(engine: Engine, event: EngineEvent & { kind: 'reopen' }): Reply {
  const { state, graph } = engine;
  const { at, task } = event;
  if (task !== undefined && !graph.positions.has(task))
    return { kind: 'refused', code: 'unknown_id', message: `no task ${task} in this request` };
  const tasks = reopenable(engine, task);
  if (state.outcome === null || state.plan === null || tasks.length === 0)
    return {
      kind: 'refused',
      code: 'refused',
      message: task === undefined ? 'nothing has failed' : `${task} has not failed`,
    };
  Object.assign(state, { outcome: null, endedAt: null, error: null, cancel: null, paused: null, stopped: false });
  // The phases are walked as they must be; what entering them asks for was done by the run before.
  const scratch: Command[] = [];
  forgetLimits(engine, scratch);
  endBudget(engine, scratch);
  if (state.phase === 'COMPLETING') fire(state, 'finish', { at, commands: scratch });
  if (state.phase === 'ERROR') fire(state, 'recover', { at, commands: scratch });
  for (const trigger of WALK) fire(state, trigger, { at, commands: scratch, data: { retriedBy: event.by } });
  const stopped = graph.nodes.map((_, other) => other).filter((other) => state.details[other]?.reason === 'stopped');
  const reopened = reopen(engine, [...tasks, ...stopped], at);
  for (const other of reopened) release(engine, other, at);
  return { kind: 'accepted', message: `${reopened.length} tasks run again` };
}

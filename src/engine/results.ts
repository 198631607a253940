import { isRepeated } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import type { Permit, TaskResult } from '../contract/task.js';
import { settleReservation } from './budget.js';
import { openPermission, raisePermission, withdraw } from './decisions.js';
import { fail, keepError } from './failing.js';
import { accountOf, type Engine } from './model.js';
import type { Command, EngineEvent, Reply } from './events.js';
import { attemptOf, detailOf, epochOf, makeReady, move, satisfy, skipDependants, statusOf } from './moves.js';
import { conflicted } from './repairs.js';
import { setTimer } from './timers.js';
import { closeAccount, limited, openAccount, resumeAfter } from './usage-limits.js';

/** A dispatched task has ended, well or not. A result of an earlier attempt, or a second one of the same, changes nothing. */
export function taskEnded(engine: Engine, event: EngineEvent & { kind: 'task.ended' }, commands: Command[]): Reply {
  const { task, epoch, attempt, result, at } = event;
  const detail = engine.state.details[task];
  const isStale = epochOf(engine, task) !== epoch || attemptOf(engine, task) !== attempt;
  if (isStale || statusOf(engine, task) !== 'running') return { kind: 'unchanged', message: 'a late result' };
  addUsage(engine, result);
  settleReservation(engine, task, result);
  const { stopping, anyway, permit } = detail ?? {};
  if (detail) for (const done of ['permit', 'stopping', 'anyway'] as const) delete detail[done];
  const node = engine.graph.nodes[task];
  // Only an agent asks while it runs. What it asked is of no use to anybody but for the one answer with which its task goes on.
  const goesOn = result.kind === 'parked' && !stopping && !engine.state.stopped;
  if (node?.kind === 'agent')
    withdraw(engine, at, commands, { task: node.id, but: goesOn ? result.asks?.digest : undefined });
  if (result.kind === 'limited') closeAccount(engine, task, { until: result.until, at }, commands);
  else if (anyway && result.kind === 'completed') openAccount(engine, accountOf(engine, task), at, commands);
  if (stopping && result.kind !== 'completed') return stopped(engine, task, stopping, event);
  switch (result.kind) {
    case 'completed':
      if (detail) delete detail.error;
      satisfy(engine, task, 'completed', at);
      break;
    case 'failed':
      failed(engine, event, result, commands);
      break;
    case 'conflicted':
      conflicted(engine, event, result.conflict, commands);
      break;
    case 'cancelled':
      // Nobody asked for it here, so somebody ended the activity from Temporal's side.
      move(engine, task, 'cancelled', at);
      skipDependants(engine, task, 'dependency', at);
      break;
    case 'limited':
      limited(engine, event, result);
      break;
    case 'parked':
      detailOf(engine, task).attempts = attempt;
      move(engine, task, 'waiting', at);
      park(engine, { task, at, permit }, result, commands);
      break;
  }
  return { kind: 'accepted', message: '' };
}

/** Its process has ended, and its slot is free. What it asked may have been answered in the meantime. */
function park(
  engine: Engine,
  { task, at, permit }: { task: number; at: number; permit: Permit | undefined },
  result: TaskResult & { kind: 'parked' },
  commands: Command[],
): void {
  const detail = detailOf(engine, task);
  const { asks } = result;
  const resume = resumeAfter(detail.resume, result);
  if (resume) detail.resume = resume;
  const isAnswered = asks !== undefined && permit?.digest === asks.digest;
  if (isAnswered) detail.permit = permit;
  // Nothing starts again in a plan that has stopped, so that nothing is to be asked for it.
  const isToAsk = asks !== undefined && !isAnswered && !engine.state.stopped;
  if (!isToAsk) makeReady(engine, task, at);
  else if (!openPermission(engine, task, asks.digest)) raisePermission(engine, task, { asks, at }, commands);
}

function addUsage(engine: Engine, result: TaskResult): void {
  const { cost } = engine.state;
  cost.usd += result.usage?.usd ?? 0;
  cost.inputTokens += result.usage?.inputTokens ?? 0;
  cost.outputTokens += result.usage?.outputTokens ?? 0;
}

/** The process of a task that a person cancelled, skipped or paused is gone. */
function stopped(
  engine: Engine,
  task: number,
  to: 'cancelled' | 'skipped' | 'paused',
  { at, attempt }: { at: number; attempt: number },
): Reply {
  const detail = detailOf(engine, task);
  detail.attempts = attempt;
  if (to === 'skipped') {
    detail.reason = 'person';
    satisfy(engine, task, 'skipped', at);
  } else {
    move(engine, task, to, at);
    if (to === 'paused') detail.from = 'ready';
    else if (!engine.state.cancel) skipDependants(engine, task, 'dependency', at);
  }
  return { kind: 'accepted', message: '' };
}

/** A failure that may end otherwise is tried again as often as the plan says, later each time; else it is final. */
function failed(
  engine: Engine,
  event: EngineEvent & { kind: 'task.ended' },
  result: TaskResult & { kind: 'failed' },
  commands: Command[],
): void {
  const { task, at } = event;
  const failures = (engine.state.details[task]?.failures ?? 0) + 1;
  const mayHelp = isRepeated(result.error.code);
  const mayRetry =
    mayHelp && failures <= (engine.graph.nodes[task]?.retries ?? 0) && !engine.state.cancel && !engine.state.stopped;
  keepError(engine, task, result.error);
  if (mayRetry) {
    Object.assign(detailOf(engine, task), { failures, attempts: event.attempt });
    move(engine, task, 'waiting', at);
    const ms = retryDelay(failures, event.random);
    setTimer(engine, { id: `retry:${task}`, at, ms }, commands);
    return;
  }
  fail(engine, task, at, commands);
}

/** Before the n-th retry: min(1 s × 2ⁿ⁻¹ × (1 + U(0, .1)), 30 s) (ERR-2). */
export function retryDelay(n: number, random: number): number {
  const base = LIMITS.retryFirstDelayMs * 2 ** Math.min(n - 1, 20);
  return Math.round(Math.min(base * (1 + 0.1 * random), LIMITS.retryMaxDelayMs));
}

/** The time before a retry is over. */
export function tryAgain(engine: Engine, task: number, at: number): void {
  if (statusOf(engine, task) === 'waiting') makeReady(engine, task, at);
}

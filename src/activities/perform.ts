import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { BatonError } from '../contract/errors.js';
import type { TaskOrder } from '../contract/orders.js';
import type { TaskResult } from '../contract/task.js';
import { endLeftovers } from '../agents/process/end.js';
import { idempotencyKeyOf, taskKeyOf } from '../agents/process/environment.js';
import { withBeat } from './beat.js';
import type { Deps } from './deps.js';
import { EXECUTORS, type Execution } from './executors.js';
import { readPlan } from './plan.js';
import { keepRecord, readRecord } from './records.js';
import type { KeptAnalysis } from './analyze.js';

/**
 * One attempt at one task. Its end, good or bad, is a value; what it throws is only for Temporal: a lost worker, a full disk. An attempt whose
 * result was kept before its worker died is not done again.
 */
export async function perform(deps: Deps, order: TaskOrder): Promise<TaskResult> {
  const kept = await readRecord(deps, order);
  if (kept) return kept.result;
  return withBeat(async (beat) => {
    const execution = await prepare(deps, order, beat);
    const { action } = execution.task;
    const executor = EXECUTORS[action.kind] as (
      execution: Execution,
      action: unknown,
    ) => ReturnType<(typeof EXECUTORS)['command']>;
    deps.reaper.add(execution.identity.taskKey);
    try {
      const { result, details } = await executor(execution, action);
      if (result.kind === 'completed' || result.kind === 'failed')
        await keepRecord(deps, order, { result, ...details });
      return result;
    } finally {
      deps.reaper.remove(execution.identity.taskKey);
    }
  });
}

async function prepare(deps: Deps, order: TaskOrder, beat: Execution['beat']): Promise<Execution> {
  const context = Context.current();
  const plan = await readPlan(deps, order.plan);
  const task = plan.tasks.find((candidate) => candidate.id === order.task);
  if (!task) throw new BatonError('plan_changed', `the plan has no task ${order.task}`);
  const analysis = (await deps.files.readJson(order.request, 'analysis.json')) as KeptAnalysis | undefined;
  if (!analysis) throw new BatonError('artifact_missing', `what was kept of ${order.request} is not there any more`);
  const names = { requestId: order.request, taskId: order.task, epoch: order.epoch };
  const taskKey = taskKeyOf(deps.installation, names);
  const delivery = context.info.attempt;
  // The worker of an earlier delivery is gone; whatever of its processes is left must not work beside this one.
  if (delivery > 1) await endLeftovers(taskKey);
  return {
    deps,
    task,
    workspace: analysis.workspace,
    settings: deps.settings(analysis.workspace),
    identity: { ...names, attempt: order.attempt + delivery - 1, idempotencyKey: idempotencyKeyOf(names), taskKey },
    signal: abortSignalOf(context),
    beat,
  };
}

/** Aborts with `shutdown` where the worker stops and with `cancel` where somebody asked for it: only the latter ends a task for good. */
function abortSignalOf(context: Context): AbortSignal {
  const controller = new AbortController();
  context.cancelled.catch((error: unknown) => {
    const isShutdown = error instanceof CancelledFailure && error.message === 'WORKER_SHUTDOWN';
    controller.abort(isShutdown ? 'shutdown' : 'cancel');
  });
  return controller.signal;
}

import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { TaskOrder } from '../contract/orders.js';
import type { TaskResult } from '../contract/task.js';
import { endLeftovers } from '../agents/process/end.js';
import { idempotencyKeyOf, taskKeyOf } from '../agents/process/environment.js';
import { workspaceOf } from './analyze.js';
import { withBeat } from './beat.js';
import type { Deps } from './deps.js';
import { EXECUTORS, type Execution } from './executors.js';
import { readTask } from './plan.js';
import { keepRecord, readRecord } from './records.js';

/**
 * One attempt at one task. Its end, good or bad, is a value; what it throws is only for Temporal: a lost worker, a full disk. An attempt whose
 * result was kept before its worker died is not done again.
 */
export async function perform(deps: Deps, order: TaskOrder): Promise<TaskResult> {
  // A first delivery has no worker before it, and a record of this name would be that of a request that had the same id.
  const kept = Context.current().info.attempt > 1 ? await readRecord(deps, order) : undefined;
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
  const task = await readTask(deps, order.plan, order.task);
  const run = context.info.workflowExecution?.runId ?? order.request;
  const workspace = await workspaceOf(deps, { request: order.request, run });
  const names = { requestId: order.request, taskId: order.task, epoch: order.epoch };
  const taskKey = taskKeyOf(deps.installation, names);
  const delivery = context.info.attempt;
  // The worker of an earlier delivery is gone; whatever of its processes is left must not work beside this one.
  if (delivery > 1) await endLeftovers(taskKey);
  return {
    deps,
    task,
    workspace,
    settings: deps.settings(workspace),
    identity: { ...names, attempt: order.attempt + delivery - 1, idempotencyKey: idempotencyKeyOf(names), taskKey },
    signal: abortSignalOf(context),
    beat,
  };
}

/**
 * Aborts with `cancel` where a cancel was requested, which ends a task for good. The worker's shutdown, and a pause or reset of the activity
 * from Temporal's side, only end this delivery: Temporal is told so, and brings the task again.
 */
function abortSignalOf(context: Context): AbortSignal {
  const controller = new AbortController();
  context.cancelled.catch((error: unknown) => {
    const isRequested = error instanceof CancelledFailure && error.message === 'CANCELLED';
    controller.abort(isRequested ? 'cancel' : 'shutdown');
  });
  return controller.signal;
}

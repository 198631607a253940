import type { TaskBeat, TaskOrder } from '../contract/orders.js';
import type { Action } from '../contract/plan.js';
import type { TaskResult } from '../contract/task.js';
import { endLeftovers } from '../agents/process/end.js';
import { idempotencyKeyOf, taskKeyOf } from '../agents/process/environment.js';
import type { Snapshot } from '../workspace/worktree/worktrees.js';
import { workspaceOf } from './analyze.js';
import { auditAgent } from './audit.js';
import { withBeat } from './beat.js';
import { alone } from './deliveries.js';
import type { Deps } from './deps.js';
import { claimEffect } from './executors/claim.js';
import { withChecks } from './executors/checks.js';
import type { Executed, Execution } from './executors/execution.js';
import { EXECUTORS } from './executors/index.js';
import { secretsFor } from './executors/secrets.js';
import { buildsOnAgents, readTask } from './plan.js';
import { keepRecord, readRecord } from './records.js';
import { Context } from '../sdk/activity.js';
import { CancelledFailure } from '../sdk/common.js';

/**
 * One attempt at one task. Its end, good or bad, is a value; what it throws is only for Temporal: a lost worker, a full disk. An attempt whose
 * result was kept before its worker died is not done again.
 */
export const perform = (deps: Deps, order: TaskOrder): Promise<TaskResult> =>
  underWay(deps, order, (delivery) => deliver(deps, order, delivery));

/** A step of an attempt that a workflow leads: prepared as an attempt is, and like one never under way twice in this worker. */
export const performStep = <T>(deps: Deps, order: TaskOrder, step: (execution: Execution) => Promise<T>): Promise<T> =>
  underWay(deps, order, async (delivery) => {
    deps.reaper.add(delivery.taskKey);
    try {
      return await step(await prepare(deps, order, delivery));
    } catch (error) {
      if (delivery.signal.aborted)
        throw new CancelledFailure(delivery.signal.reason === 'cancel' ? 'CANCELLED' : 'WORKER_SHUTDOWN');
      throw error;
    } finally {
      deps.reaper.remove(delivery.taskKey);
    }
  });

function underWay<T>(deps: Deps, order: TaskOrder, work: (delivery: Delivery) => Promise<T>): Promise<T> {
  const context = Context.current();
  const abort = abortOf(context);
  const taskKey = taskKeyOf(deps.installation, namesOf(order));
  const delivery = { number: context.info.attempt, stop: () => abort.abort('shutdown') };
  return withBeat((beat) => alone(taskKey, delivery, () => work({ beat, taskKey, signal: abort.signal })));
}

interface Delivery {
  beat: TaskBeat;
  taskKey: string;
  signal: AbortSignal;
}

async function deliver(deps: Deps, order: TaskOrder, delivery: Delivery): Promise<TaskResult> {
  // A first delivery has no worker before it, and a record of this name would be that of a request that had the same id.
  const kept = Context.current().info.attempt > 1 ? await readRecord(deps, order) : undefined;
  if (kept) return kept.result;
  const startedAt = Date.now();
  deps.reaper.add(delivery.taskKey);
  try {
    const { result, details, settle } = await execute(deps, order, delivery);
    const isEnd = result.kind === 'completed' || result.kind === 'failed' || details.agent !== undefined;
    // First, for an attempt whose result is kept is not looked at again.
    if (details.agent) await auditAgent(deps, order, details.agent);
    if (isEnd) await keepRecord(deps, order, { result, ...details });
    await settle?.().catch((error: unknown) => deps.log.warn({ ...order, error: String(error) }, 'could not tidy up'));
    return result;
  } catch (error) {
    // What was given up half-way because of the abort may fail in any manner.
    if (delivery.signal.reason === 'cancel') return { kind: 'cancelled', startedAt };
    if (delivery.signal.aborted) throw new CancelledFailure('WORKER_SHUTDOWN');
    throw error;
  } finally {
    deps.reaper.remove(delivery.taskKey);
  }
}

async function execute(deps: Deps, order: TaskOrder, delivery: Delivery): Promise<Executed> {
  const prepared = await prepare(deps, order, delivery);
  const execution = { ...prepared, secrets: await secretsFor(prepared) };
  const { action } = execution.task;
  const executor = EXECUTORS[action.kind] as (execution: Execution, action: Action) => Promise<Executed>;
  const snapshot = await snapshotFor(execution);
  try {
    const placed = snapshot ? { ...execution, workspace: snapshot.cwd } : execution;
    // Last of all, so that nothing else can keep what was claimed from being done.
    const held = await claimEffect(placed);
    if (held) return held;
    const executed = await executor(placed, action);
    // An agent's are run where its changes are merged.
    return action.kind === 'agent' ? executed : await withChecks(placed, executed);
  } finally {
    snapshot?.release();
  }
}

async function prepare(deps: Deps, order: TaskOrder, { beat, taskKey, signal }: Delivery): Promise<Execution> {
  const { info } = Context.current();
  const task = await readTask(deps, order.plan, order.task);
  const workspace = await workspaceOf(deps, order.request);
  const names = namesOf(order);
  const delivery = info.attempt;
  // The worker of an earlier delivery is gone; whatever of its processes is left must not work beside this one.
  if (delivery > 1) await endLeftovers(taskKey);
  return {
    deps,
    order,
    task,
    workspace,
    settings: deps.settings(workspace),
    secrets: {},
    identity: { ...names, attempt: order.attempt + delivery - 1, idempotencyKey: idempotencyKeyOf(names), taskKey },
    signal,
    beat,
    before: delivery > 1 ? (info.heartbeatDetails as TaskBeat | undefined) : undefined,
  };
}

/** What agents have made so far, for a task that comes after one of them; never for an agent, which gets a worktree of its own. */
async function snapshotFor({ deps, order, task, signal }: Execution): Promise<Snapshot | undefined> {
  if (task.kind === 'agent' || !(await buildsOnAgents(deps, order.plan, order.task))) return undefined;
  return deps.worktrees.snapshot(order.request, signal);
}

const namesOf = ({ request, task, epoch }: TaskOrder): { requestId: string; taskId: string; epoch: number } => ({
  requestId: request,
  taskId: task,
  epoch,
});

/**
 * Aborts with `cancel` where a cancel was requested, which ends a task for good. The worker's shutdown, and a pause or reset of the activity
 * from Temporal's side, only end this delivery: Temporal is told so, and brings the task again.
 */
function abortOf(context: Context): AbortController {
  const controller = new AbortController();
  context.cancelled.catch((error: unknown) => {
    const isRequested = error instanceof CancelledFailure && error.message === 'CANCELLED';
    controller.abort(isRequested ? 'cancel' : 'shutdown');
  });
  return controller;
}

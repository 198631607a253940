import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { LIMITS } from '../contract/limits.js';
import type { TaskOrder } from '../contract/orders.js';
import type { GraphNode } from '../contract/plan.js';
import type { TaskResult } from '../contract/task.js';

const RETRY = {
  initialInterval: LIMITS.activityFirstRetryMs,
  backoffCoefficient: 2,
  maximumInterval: LIMITS.activityMaxRetryMs,
} as const;

/** The light activities, on the queue of the host that has the workspace (`undefined`: on the workflow's own). */
export function lightActivities(
  taskQueue: string | undefined,
  summary: string,
  waitMs: number = LIMITS.hostWaitMs,
): Activities {
  const options: ActivityOptions = {
    startToCloseTimeout: LIMITS.lightActivityMs,
    scheduleToStartTimeout: waitMs,
    scheduleToCloseTimeout: LIMITS.hostWaitMs,
    heartbeatTimeout: LIMITS.lightHeartbeatTimeoutMs,
    retry: RETRY,
    summary,
    ...(taskQueue === undefined ? {} : { taskQueue }),
  };
  return proxyActivities<Activities>(options);
}

/**
 * Runs one attempt at a task. Temporal's own retries are for lost workers only, and are not counted: what fails by itself comes back as a
 * value, and the engine decides whether to try again.
 */
export function performTask(taskQueue: string, node: GraphNode, order: TaskOrder): Promise<TaskResult> {
  const proxy = proxyActivities<Record<string, (order: TaskOrder) => Promise<TaskResult>>>({
    taskQueue,
    startToCloseTimeout: node.timeLimitMs + LIMITS.lightActivityMs,
    scheduleToCloseTimeout: LIMITS.hostWaitMs + node.timeLimitMs,
    heartbeatTimeout: LIMITS.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: RETRY,
    summary: summaryOf(node, order),
  });
  const perform = proxy[node.label] as (order: TaskOrder) => Promise<TaskResult>;
  return perform(order);
}

function summaryOf(node: GraphNode, { epoch, attempt }: TaskOrder): string {
  const again = attempt > 1 || epoch > 0 ? ` (attempt ${attempt}${epoch > 0 ? `, round ${epoch + 1}` : ''})` : '';
  const text = node.title === node.id ? node.id : `${node.id}: ${node.title}`;
  return `${text.slice(0, 150)}${again}`;
}

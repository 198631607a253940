import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { LIMITS } from '../contract/limits.js';
import { activityIdOf } from '../contract/names.js';
import type { TaskOrder } from '../contract/orders.js';
import type { GraphNode } from '../contract/plan.js';
import type { RequestInput } from '../contract/request.js';
import { PRIORITIES, type TaskResult } from '../contract/task.js';

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

export interface TaskPlace {
  taskQueue: string;
  /** From 1, the most urgent, to 5. */
  priorityKey: number;
}

/** A request's priority and a task's own count alike; what states neither is in the middle. */
export function priorityKeyOf({ priority = 'normal' }: RequestInput, node: GraphNode): number {
  const normal = PRIORITIES.indexOf('normal');
  const urgency = PRIORITIES.indexOf(priority) - normal + (node.priority - normal);
  return Math.min(5, Math.max(1, 3 - urgency));
}

/**
 * Runs one attempt at a task. Temporal's own retries are for lost workers only, and are not counted: what fails by itself comes back as a
 * value, and the engine decides whether to try again.
 */
export function performTask(place: TaskPlace, node: GraphNode, order: TaskOrder): Promise<TaskResult> {
  const proxy = proxyActivities<Record<string, (order: TaskOrder) => Promise<TaskResult>>>({
    activityId: activityIdOf(order),
    taskQueue: place.taskQueue,
    priority: { priorityKey: place.priorityKey },
    startToCloseTimeout: node.timeLimitMs * (1 + (node.checks ?? 0)) + LIMITS.lightActivityMs,
    scheduleToCloseTimeout: LIMITS.hostWaitMs + node.timeLimitMs,
    heartbeatTimeout: LIMITS.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: RETRY,
    summary: summaryOf(node, order),
  });
  const perform = proxy[node.label] as (order: TaskOrder) => Promise<TaskResult>;
  return perform(order);
}

export function summaryOf(node: GraphNode, { epoch, attempt }: TaskOrder): string {
  const again = attempt > 1 || epoch > 0 ? ` (attempt ${attempt}${epoch > 0 ? `, round ${epoch + 1}` : ''})` : '';
  const text = node.title === node.id ? node.id : `${node.id}: ${node.title}`;
  return `${text.slice(0, 150)}${again}`;
}

import { ChildWorkflowCancellationType, executeChild, ParentClosePolicy, workflowInfo } from '@temporalio/workflow';
import { globalId, TALK_TYPE } from '../../contract/names.js';
import type { TaskOrder } from '../../contract/orders.js';
import type { GraphNode } from '../../contract/plan.js';
import type { TaskResult } from '../../contract/task.js';
import { summaryOf, type TaskPlace } from '../activities.js';
import type { TalkInput } from './state.js';

/** Runs one attempt at a task that is a conversation, as a child workflow under the task's global id. */
export function performTalk(place: TaskPlace, node: GraphNode, order: TaskOrder): Promise<TaskResult> {
  const input: TalkInput = { v: 1, order, node, place };
  return executeChild<(input: TalkInput) => Promise<TaskResult>>(TALK_TYPE, {
    workflowId: globalId(order.request, node.id),
    args: [input],
    taskQueue: workflowInfo().taskQueue,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    // What its worktree holds is of no use to anybody once the request is gone.
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    priority: { priorityKey: place.priorityKey },
    staticSummary: summaryOf(node, order),
  });
}

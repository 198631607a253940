import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { keyOf, LEASES, RESOURCES_ID, type Lease } from '../contract/lease.js';
import type { RequestInput } from '../contract/request.js';
import type { Engine } from '../engine/model.js';
import { priorityKeyOf } from './activities.js';

/** What a task asks of the resources of the cluster. */
export function leaseAskOf(
  { input, engine }: { input: RequestInput; engine: () => Engine },
  { task, n }: { task: number; n: number },
): Lease | undefined {
  const { workflowId: request, firstExecutionRunId: run } = workflowInfo();
  const node = engine().graph.nodes[task];
  if (!node?.resources) return undefined;
  return { request, run, n, task: node.id, wants: node.resources, priority: -priorityKeyOf(input, node) };
}

export const leaseSummary = ({ task, wants }: Lease): string =>
  `${task}: ask for ${Object.keys(wants).join(', ')}`.slice(0, 150);

/** Whoever holds the leases has ended where nobody holds any: then there is nothing to give back. */
export function giveBack(n: number): void {
  const { workflowId: request, firstExecutionRunId: run } = workflowInfo();
  getExternalWorkflowHandle(RESOURCES_ID)
    .signal(LEASES.release, { key: keyOf({ request, run, n }) })
    .catch(() => undefined);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { WORKFLOW_TYPE } from '../../contract/names.js';
import type { Place } from '../place.js';

/** What Temporal knows of a request; `closedAt` in ms since the epoch. */
export type Execution = { kind: 'open' } | { kind: 'closed'; closedAt: number } | { kind: 'none' };

/** @throws BatonError `no_server` where Temporal does not tell */
export async function executionOf({ client }: Place, id: string): Promise<Execution> {
  const found = await asked(id, () => client.workflow.getHandle(id).describe());
  if (found?.type !== WORKFLOW_TYPE) return { kind: 'none' };
  const closedAt = found.closeTime?.getTime() ?? 0;
  return found.status.name === 'RUNNING' ? { kind: 'open' } : { kind: 'closed', closedAt };
}

/**
 * Has Temporal forget all closed runs of a request, and waits until its lists show them no more.
 * @throws BatonError `no_server` where it refuses
 */
export async function forget(place: Place, id: string): Promise<void> {
  const done = new Set<string>();
  const end = Date.now() + LIMITS.historyDeletionMs;
  for (let left = await closedRuns(place, id); left.length > 0; left = await closedRuns(place, id)) {
    for (const runId of left.filter((run) => !done.has(run))) {
      done.add(runId);
      await asked(id, () =>
        place.client.workflowService.deleteWorkflowExecution({
          namespace: place.pair.namespace,
          workflowExecution: { workflowId: id, runId },
        }),
      );
    }
    if (Date.now() >= end) return;
    await sleep(LIMITS.readyPollMs);
  }
}

/** The lists are a moment behind, so the latest run is asked for by itself. */
async function closedRuns({ client }: Place, id: string): Promise<string[]> {
  const latest = await asked(id, () => client.workflow.getHandle(id).describe());
  const runs = latest && latest.status.name !== 'RUNNING' ? [latest.runId] : [];
  const query = `WorkflowId="${id}" AND WorkflowType="${WORKFLOW_TYPE}"`;
  await asked(id, async () => {
    for await (const { runId, status } of client.workflow.list({ query }))
      if (status.name !== 'RUNNING') runs.push(runId);
  });
  return [...new Set(runs)];
}

/** Undefined where Temporal has nothing of that name. */
async function asked<T>(id: string, ask: () => Promise<T>): Promise<T | undefined> {
  const { WorkflowNotFoundError, isGrpcServiceError } = await import('../../sdk/client.js');
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (!isGrpcServiceError(error)) throw error;
    if (`${error.code}` === NOT_FOUND) return undefined;
    throw new BatonError('no_server', `Temporal does not answer for ${id}: ${error.details || error.message}`, {
      hint: 'look at the server with: baton doctor',
      cause: error,
    });
  }
}

/** Of gRPC's status codes, whose package is no dependency of Baton's. */
const NOT_FOUND = '5';

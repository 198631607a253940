import { BatonError } from '../contract/errors.js';
import { splitGlobalId, TASK_QUEUE, WORKFLOW_TYPE } from '../contract/names.js';
import type { RequestInput } from '../contract/request.js';
import { keptResult } from './look.js';
import { control, userName, type MessageAnswer } from './messages.js';
import type { Place } from './place.js';
import { awaitPlan } from './submitted.js';

/**
 * Runs what failed once more. A request that has ended goes on in a new run of the same workflow id, from its kept state; one that runs is
 * told. Throws `refused` where nothing has failed.
 */
export async function retry(place: Place, id: string): Promise<MessageAnswer> {
  const { request, local } = splitGlobalId(id);
  const { status, type } = await describe(place, request);
  if (status === 'RUNNING') return control(place, 'retry', id);
  if (type !== WORKFLOW_TYPE) throw new BatonError('unknown_id', `${request} is not a request of Baton`);
  await refuseWithoutFailure(request, local);
  const input = await firstInput(place, request);
  const wish = { by: userName(), ...(local === undefined ? {} : { task: local }) };
  const { WorkflowExecutionAlreadyStartedError } = await import('../sdk/client.js');
  await place.client.workflow
    .start(WORKFLOW_TYPE, {
      taskQueue: TASK_QUEUE,
      workflowId: request,
      args: [{ ...input, retry: wish }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: { description: input.description.replace(/\s+/g, ' ').trim().slice(0, 200) },
    })
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      throw new BatonError('refused', `${request} was started by somebody else`, {
        hint: `look at it with: baton status ${request}`,
      });
    });
  await awaitPlan(place, request);
  return { v: 1, result: 'accepted', message: `${request} runs again; follow it with: baton watch ${request}` };
}

/** Found out here where the end was kept on this machine, so that no run is started for nothing. */
async function refuseWithoutFailure(request: string, task: string | undefined): Promise<void> {
  const kept = await keptResult(request);
  if (!kept || kept.tasks.length === 0) return;
  const again = kept.tasks.some(({ id, status }) =>
    task === undefined ? LOST.includes(status) : id === task && [...LOST, 'skipped'].includes(status),
  );
  if (again) return;
  const what = task === undefined ? `nothing of ${request} has failed` : `${request}/${task} has not failed`;
  throw new BatonError('refused', what, { hint: `look at it with: baton status ${request}` });
}

const LOST = ['failed', 'cancelled'];

async function describe({ client }: Place, request: string): Promise<{ status: string; type: string }> {
  const { WorkflowNotFoundError } = await import('../sdk/client.js');
  const found = await client.workflow
    .getHandle(request)
    .describe()
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new BatonError('unknown_id', `there is no request ${request}`, { hint: 'list them with: baton list' });
    });
  return { status: found.status.name, type: found.type };
}

/** What the request was started with: the first event of its newest run has it. */
async function firstInput({ client }: Place, request: string): Promise<RequestInput> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: request },
    maximumPageSize: 1,
  });
  const [payload] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  if (!payload) throw new BatonError('artifact_missing', `Temporal no longer has what ${request} was started with`);
  return client.options.loadedDataConverter.payloadConverter.fromPayload<RequestInput>(payload);
}

import type { PayloadCodec } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { Leases } from './activities/deps.js';
import { LEASES, RESOURCES_ID, RESOURCES_TYPE, type Holder } from './contract/lease.js';
import { TASK_QUEUE } from './contract/names.js';
import { Client, WorkflowNotFoundError } from './sdk/client.js';

interface Connecting {
  connection: NativeConnection;
  namespace: string;
  codec: PayloadCodec | undefined;
}

/** How an activity speaks with the workflow that holds the leases of a namespace; who asks first starts it. */
export function createLeases({ connection, namespace, codec }: Connecting): Leases {
  const client = new Client({ connection, namespace, dataConverter: { payloadCodecs: codec ? [codec] : [] } });
  const isGone = async ({ request, run }: Holder): Promise<boolean> => {
    try {
      const found = await client.workflow.getHandle(request).describe();
      const first = found.raw.workflowExecutionInfo?.firstRunId;
      return found.status.name !== 'RUNNING' || (typeof first === 'string' && first !== '' && first !== run);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return true;
      throw error;
    }
  };
  return {
    ask: async (ask) => {
      await client.workflow.signalWithStart(RESOURCES_TYPE, {
        workflowId: RESOURCES_ID,
        taskQueue: TASK_QUEUE,
        signal: LEASES.ask,
        signalArgs: [ask],
        staticSummary: 'resources that requests share',
      });
    },
    gone: async (holders) => {
      const gone: Holder[] = [];
      for (const holder of holders) if (await isGone(holder)) gone.push(holder);
      return gone;
    },
  };
}

import { WORKFLOW_TYPE } from '../contract/names.js';
import { connectTo } from './place.js';

/** Whether any request is open: it runs, or it waits for a person. */
export async function anythingOpen(pair: { address: string; namespace: string; embedded: boolean }): Promise<boolean> {
  const { client, close } = await connectTo({ uiUrl: null, ...pair });
  try {
    const { count } = await client.workflow.count(`WorkflowType="${WORKFLOW_TYPE}" AND ExecutionStatus="Running"`);
    return count > 0;
  } finally {
    await close();
  }
}

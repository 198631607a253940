/** Every workflow that a worker serves. The build bundles this file; nothing else of Baton runs in the workflow sandbox. */
import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { WORKFLOW_TYPE } from '../contract/names.js';

export { converse } from './converse/converse.js';
export { orchestrate } from './orchestrate.js';
export { resources } from './resources.js';

/** Without this a start with a misspelt type would stay Running for ever. */
export default async function unknownType(): Promise<never> {
  const { workflowType } = workflowInfo();
  throw ApplicationFailure.nonRetryable(
    `unknown workflow type ${workflowType}; Baton's is ${WORKFLOW_TYPE}`,
    'bad_input',
  );
}

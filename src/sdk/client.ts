import { load } from './load.js';

export const {
  ApplicationFailure,
  Client,
  Connection,
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} = load('@temporalio/client');

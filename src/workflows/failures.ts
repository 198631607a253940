import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { ERRORS, type ErrorCode } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { ENCRYPTED_TEXT } from '../contract/names.js';
import type { TaskError } from '../contract/task.js';

const clip = (text: string): string => text.slice(0, LIMITS.errorTextBytes);

/** What an activity's failure means for its task. */
export function taskErrorOf(error: unknown): TaskError {
  const cause = causeOf(error);
  if (cause instanceof TimeoutFailure) {
    const waited = cause.timeoutType === 'SCHEDULE_TO_CLOSE' || cause.timeoutType === 'SCHEDULE_TO_START';
    return waited
      ? { code: 'no_worker', message: 'no worker of the host carried the task out in time' }
      : { code: 'time_limit', message: `the activity timed out (${cause.timeoutType})` };
  }
  if (cause instanceof ApplicationFailure) return { code: codeOf(cause.type), message: clip(textOf(cause)) };
  return { code: 'internal', message: clip(cause instanceof Error ? cause.message : String(cause)) };
}

function textOf({ message, details }: ApplicationFailure): string {
  const [text] = details ?? [];
  return message === ENCRYPTED_TEXT && typeof text === 'string' ? text : message;
}

export const isCancellation = (error: unknown): boolean => causeOf(error) instanceof CancelledFailure;

/** What an activity, or an activity of a child, came to. */
function causeOf(error: unknown): unknown {
  const inner = error instanceof ChildWorkflowFailure ? (error.cause ?? error) : error;
  return inner instanceof ActivityFailure ? (inner.cause ?? inner) : inner;
}

/** The failure of the whole request, readable in Temporal Web and never retried. */
export function failureOf(error: unknown): ApplicationFailure {
  const { code, message } = taskErrorOf(error);
  return ApplicationFailure.nonRetryable(message, code);
}

export function internalFailure(error: unknown): ApplicationFailure {
  const message = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  return ApplicationFailure.nonRetryable(clip(message), 'internal');
}

const codeOf = (type: string | null | undefined): ErrorCode =>
  type && Object.hasOwn(ERRORS, type) ? (type as ErrorCode) : 'internal';

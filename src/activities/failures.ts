import { BatonError, ERRORS } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { ENCRYPTED_TEXT } from '../contract/names.js';
import type { Deps } from './deps.js';
import { ApplicationFailure, CancelledFailure } from '../sdk/common.js';

/** Gives an activity its dependencies, and maps whatever it throws by the table of errors: terminal ones are never retried. */
export function guarded<I, O>(deps: Deps, activity: (deps: Deps, input: I) => Promise<O>): (input: I) => Promise<O> {
  return async (input) => {
    try {
      return await activity(deps, input);
    } catch (error) {
      throw toFailure(error, deps.encrypts);
    }
  };
}

/** The one mapper from an error to what Temporal is told. */
function toFailure(error: unknown, encrypts: boolean): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const batonError = error instanceof BatonError ? error : undefined;
  const code = batonError?.code ?? 'internal';
  const text = error instanceof Error ? error.message : String(error);
  const message = `${text.slice(0, LIMITS.errorTextBytes)}${batonError?.hint ? `\n${batonError.hint}` : ''}`;
  // Of a failure only the details are a payload, so that they alone can be encrypted.
  const told = encrypts ? { message: ENCRYPTED_TEXT, details: [message] } : { message };
  return ApplicationFailure.create({ ...told, type: code, nonRetryable: ERRORS[code].fate !== 'retryable' });
}

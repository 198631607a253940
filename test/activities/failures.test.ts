import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import type { Deps } from '../../src/activities/deps.js';
import { guarded } from '../../src/activities/failures.js';
import { BatonError, ERRORS, type ErrorCode } from '../../src/contract/errors.js';
import { LIMITS } from '../../src/contract/limits.js';

const failureOf = async (error: unknown): Promise<unknown> =>
  guarded({} as Deps, () => Promise.reject(error as Error))(undefined).catch((failure: unknown) => failure);

test.each(Object.entries(ERRORS))('%s is retried by Temporal as its fate says', async (code, { fate }) => {
  const failure = await failureOf(new BatonError(code as ErrorCode, 'what', { hint: 'do this' }));
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: code, nonRetryable: fate === 'terminal', message: 'what\ndo this' });
});

test('an unknown error is a defect, and is not retried', async () => {
  expect(await failureOf(new TypeError('x is not a function'))).toMatchObject({ type: 'internal', nonRetryable: true });
});

test('a long text is cut, since a failure over 2 MB would be lost', async () => {
  const failure = (await failureOf(new BatonError('io', 'x'.repeat(5_000_000)))) as Error;
  expect(failure.message).toHaveLength(LIMITS.errorTextBytes);
});

test('a cancellation stays one', async () => {
  const cancelled = new CancelledFailure('CANCELLED');
  expect(await failureOf(cancelled)).toBe(cancelled);
});

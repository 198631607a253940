import { z } from 'zod';
import { LIMITS } from '../limits.js';
import type { Submission } from '../submission.js';
import { jsonRecord, nonBlank, taskId } from './fields.js';
import { flawsOf, refuse } from './problems.js';
import { guardValue } from './value-guard.js';

const HINT = 'a submission is one object such as {"type": "documentation", "description": "…"}';

const schema = z.strictObject({
  type: nonBlank(LIMITS.taskIdChars),
  description: nonBlank(LIMITS.descriptionChars),
  parameters: jsonRecord.optional(),
  dependencies: z.array(taskId).max(LIMITS.submissionDependencies).optional(),
  signature: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits are needed')
    .optional(),
});

/** One more task for a request, from anywhere. Throws BatonError `bad_input` with the path of each problem. */
export function parseSubmission(value: unknown): Submission {
  const guarded = guardValue(value, { chars: LIMITS.submissionBytes });
  if (guarded.length > 0) refuse(guarded, { source: '', hint: HINT });
  const result = schema.safeParse(value);
  if (!result.success) refuse(flawsOf(result.error.issues), { source: '', hint: HINT });
  // zod types an absent field as `undefined`, but leaves it out.
  return result.data as Submission;
}

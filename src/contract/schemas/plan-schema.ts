import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { ON_FAILURE } from '../plan.js';
import { notSupported, text, wholeNumber } from './fields.js';
import { toPlanDraft, toTaskDraft } from './plan-draft.js';
import { taskFields } from './task-schema.js';

/** Everything that a plan file may hold. */
const planFields = z.strictObject({
  v: z.literal(1).optional(),
  name: text(LIMITS.titleChars).optional(),
  description: text(LIMITS.descriptionChars).optional(),
  maxParallel: wholeNumber({ min: 1, max: LIMITS.parallelTasksMax }).optional(),
  onFailure: z
    .enum(ON_FAILURE)
    .superRefine((value, context) => {
      if (value === 'compensate') context.addIssue(notSupported('onFailure compensate'));
    })
    .optional(),
  tasks: z
    .array(taskFields.transform(toTaskDraft))
    .min(1, 'empty; a plan has at least one task')
    .max(LIMITS.planTasks, `more than ${LIMITS.planTasks} tasks`),
});

/** A plan file's value in, a draft out. */
export const planSchema = planFields.transform(toPlanDraft);

/** The JSON Schema (2020-12) of a plan file, for editors. What a schema cannot say, such as one action per task, `parsePlanFile` checks. */
export function planJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(planFields, { io: 'input', unrepresentable: 'any' });
}

import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { RESOURCE_NAME } from '../names.js';
import { TASK_KINDS } from '../plan.js';
import { PRIORITIES } from '../task.js';
import {
  command,
  duration,
  env,
  fraction,
  globs,
  jsonRecord,
  nonBlank,
  notSupported,
  notYet,
  relativePath,
  taskId,
  text,
  textOfBytes,
  wholeNumber,
} from './fields.js';

const MAX_MS = LIMITS.taskTimeLimitMaxMs;

const decision = z
  .strictObject({
    question: nonBlank(LIMITS.questionChars),
    options: z
      .array(nonBlank(LIMITS.choiceChars))
      .min(1, 'empty')
      .max(LIMITS.decisionOptions, `more than ${LIMITS.decisionOptions} options`)
      .optional(),
    deadline: duration({ min: 1, max: MAX_MS }).optional(),
    otherwise: text(LIMITS.choiceChars).optional(),
  })
  .superRefine(({ options = ['approve', 'reject'], otherwise }, context) => {
    if (new Set(options).size < options.length) {
      context.addIssue({ code: 'custom', path: ['options'], message: 'one option is given twice' });
    }
    if (otherwise !== undefined && !options.includes(otherwise)) {
      context.addIssue({
        code: 'custom',
        path: ['otherwise'],
        message: `not one of the options (${options.join(', ')})`,
      });
    }
  });

const wordList = z.array(nonBlank(LIMITS.taskIdChars)).max(LIMITS.patternsPerTask).optional();

const resourceName = z.string().regex(RESOURCE_NAME, 'a name has letters, digits, ".", "_" and "-", at most 64');

/** How much of each resource a task needs, by name; a list needs one of each. */
const resources = z
  .union(
    [
      z.record(resourceName, wholeNumber({ min: 1, max: LIMITS.resourceCapacity })),
      z
        .array(resourceName)
        .transform((names): Record<string, number> => Object.fromEntries(names.map((name) => [name, 1]))),
    ],
    'names of resources, as a list or each with how much of it is needed',
  )
  .refine((wanted) => Object.keys(wanted).length > 0, 'empty')
  .refine((wanted) => Object.keys(wanted).length <= LIMITS.resourcesPerTask, `more than ${LIMITS.resourcesPerTask}`);

/** Everything that a task of a plan file may hold. */
export const taskFields = z.strictObject({
  id: taskId,
  title: text(LIMITS.titleChars).optional(),
  kind: z
    .enum(TASK_KINDS)
    .superRefine((kind, context) => {
      if (kind === 'workflow') context.addIssue(notSupported('kind workflow'));
    })
    .optional(),
  type: nonBlank(LIMITS.taskIdChars).optional(),
  skill: nonBlank(LIMITS.skillNameChars).optional(),
  with: jsonRecord.optional(),
  command: command.optional(),
  agent: nonBlank(LIMITS.taskIdChars).optional(),
  mode: nonBlank(LIMITS.taskIdChars).optional(),
  effect: z.enum(['required', 'optional']).optional(),
  capabilities: wordList,
  preferredCapabilities: wordList,
  preferredSpecializations: wordList,
  prompt: textOfBytes(LIMITS.promptBytes).optional(),
  plan: notYet('a sub-plan'),
  decision: decision.optional(),
  dependencies: z.array(taskId).max(LIMITS.planTasks, `more than ${LIMITS.planTasks} dependencies`).optional(),
  inputs: globs.optional(),
  outputs: globs.optional(),
  touches: globs.optional(),
  resources: resources.optional(),
  estimate: duration({ min: 0, max: MAX_MS }).optional(),
  timeLimit: duration({ min: 1, max: MAX_MS }).optional(),
  retries: wholeNumber({ min: 0, max: LIMITS.retriesPerTask }).optional(),
  priority: z.enum(PRIORITIES).optional(),
  risk: fraction.optional(),
  criticality: fraction.optional(),
  env: env.optional(),
  cwd: relativePath.optional(),
  once: z.literal(true, { error: 'true, or leave it out' }).optional(),
  checks: z
    .array(command)
    .min(1, 'empty')
    .max(LIMITS.checksPerTask, `more than ${LIMITS.checksPerTask} checks`)
    .optional(),
  compensate: notYet('compensate'),
  checkpoint: notYet('checkpoint'),
  parameters: jsonRecord.optional(),
});
export type TaskFields = z.output<typeof taskFields>;

import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { POLICY_EFFECTS, POLICY_FIELDS, POLICY_SUBJECTS, type Policy } from '../policy.js';

const text = z.string().max(LIMITS.titleChars, `longer than ${LIMITS.titleChars} characters`);
const number = z.number();
const bounds = z
  .strictObject({ min: number.optional(), max: number.optional() })
  .refine(({ min, max }) => min !== undefined || max !== undefined, 'min or max is needed');
const several = z
  .array(z.union([text, number]))
  .min(1, 'empty')
  .max(LIMITS.modeEntries);

const matcher = z.union(
  [text, number, z.boolean(), several, bounds],
  'a text, a number, true or false, a list of them, or {min, max} is needed',
);

/** A policy as `baton.yaml` gives it, with what it leaves open filled in. */
export const policy = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a name of letters, digits, ".", "_" and "-" is needed'),
    on: z.enum(POLICY_SUBJECTS).describe('What it is about.'),
    when: z.record(z.string(), matcher).optional().describe('All of it must fit.'),
    then: z.enum(POLICY_EFFECTS).describe('What is done.'),
    who: z.array(z.string().min(1).max(LIMITS.choiceChars)).max(LIMITS.escalateTo).optional(),
    reason: text.optional(),
  })
  .superRefine(({ on, when = {} }, context) => {
    const known: readonly string[] = POLICY_FIELDS[on];
    for (const field of Object.keys(when)) {
      if (known.includes(field)) continue;
      const message = `a ${on} has no field ${JSON.stringify(field.slice(0, 64))}; there are: ${known.join(', ')}`;
      context.addIssue({ code: 'custom', path: ['when', field], message });
    }
  });

export const policyOf = ({ name, on, when = {}, then, who = [], reason = '' }: z.output<typeof policy>): Policy => ({
  name,
  on,
  when,
  then,
  who,
  reason,
});

import { z } from 'zod';
import { parseDuration } from '../durations.js';
import type { Json } from '../json.js';
import { LIMITS } from '../limits.js';
import { TASK_ID_PATTERN } from '../names.js';
import { envNameFlaw } from './env-names.js';
import { globFlaw, relativePathFlaw } from './path-rules.js';
import { secretName } from './secret.js';

/** A check that answers with what is wrong, as a zod refinement. */
function checked<T extends z.ZodType>(schema: T, flawOf: (value: z.output<T>) => string | undefined): T {
  return schema.superRefine((value, context) => {
    const message = flawOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

const utf8Bytes = (text: string): number => Buffer.byteLength(text);

export const text = (chars: number): z.ZodString => z.string().max(chars, `longer than ${chars} characters`);

export const nonBlank = (chars: number): z.ZodString =>
  checked(text(chars), (value) => (value.trim() === '' ? 'empty' : undefined));

export const textOfBytes = (bytes: number): z.ZodString =>
  checked(z.string(), (value) => {
    if (value.trim() === '') return 'empty';
    return utf8Bytes(value) > bytes ? `larger than ${bytes} bytes` : undefined;
  });

export const taskId = checked(z.string(), (value) => {
  if (!TASK_ID_PATTERN.test(value)) {
    return `not an id: 1 to ${LIMITS.taskIdChars} letters, digits, ".", "_" or "-"`;
  }
  return value === '.' || value === '..' ? 'not an id: it names a folder' : undefined;
});

/** A text such as `90s`; the output is milliseconds. */
export const duration = ({ min, max }: { min: number; max: number }) =>
  z
    .string({ error: 'a duration is a text of a number and its unit, such as "90s" (ms, s, m, h, d)' })
    .transform((value, context) => {
      const ms = parseDuration(value);
      const message =
        ms === undefined
          ? 'a duration is a number and its unit, such as 90s (ms, s, m, h, d)'
          : ms < min
            ? 'a duration longer than 0 is needed'
            : ms > max
              ? `longer than ${max / 86_400_000} days`
              : undefined;
      if (message !== undefined) context.addIssue({ code: 'custom', message });
      return ms ?? 0;
    });

export const fraction = z
  .number()
  .min(0, 'less than 0; it goes from 0 to 1')
  .max(1, 'more than 1; it goes from 0 to 1');

export const wholeNumber = ({ min, max }: { min: number; max: number }): z.ZodNumber => {
  const message = `a whole number from ${min} to ${max} is needed`;
  return z.number().int(message).min(min, message).max(max, message);
};

/** Any JSON; depth and size were bounded by `guardValue` before. */
const json: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined, 'a JSON value is needed');
export const jsonRecord = z.record(z.string(), json);

/** One argument as the system takes it: its bytes and the NUL that ends it must fit. */
const argument = checked(z.string(), (value) =>
  utf8Bytes(value) >= LIMITS.argumentBytes
    ? `larger than the ${LIMITS.argumentBytes} bytes that one argument may have`
    : undefined,
);

export const command = z.union(
  [
    checked(
      z.array(argument).min(1, 'empty').max(LIMITS.commandArguments, `more than ${LIMITS.commandArguments} arguments`),
      (argv) => (argv[0]?.trim() === '' ? 'its first item, the program, is empty' : undefined),
    ),
    checked(argument, (script) => (script.trim() === '' ? 'empty' : undefined)),
  ],
  'a list of arguments, such as [npm, test], or one text for the shell is needed',
);

export const globs = z
  .array(checked(z.string(), globFlaw))
  .max(LIMITS.patternsPerTask, `more than ${LIMITS.patternsPerTask} entries`);

export const relativePath = checked(z.string(), (value) => relativePathFlaw(value));

const valueOfVariable = z.union(
  [argument, z.strictObject({ secret: secretName })],
  'a text is needed, or {secret: NAME} with a name from `secrets` in BATON_HOME/baton.yaml',
);

export const env = z.record(z.string(), valueOfVariable).superRefine((value, context) => {
  const names = Object.keys(value);
  if (names.length > LIMITS.envVariablesPerTask) {
    context.addIssue({ code: 'custom', message: `more than ${LIMITS.envVariablesPerTask} variables` });
  }
  for (const name of names) {
    const message = envNameFlaw(name);
    if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
  }
});

/** A field of later work: known, and refused until it works. */
export const notYet = (name: string) =>
  z
    .unknown()
    .superRefine((_, context) => {
      context.addIssue(notSupported(name));
    })
    .optional();

export const notSupported = (name: string) => ({
  code: 'custom' as const,
  message: `${name} is not supported yet`,
  params: { unsupported: true },
});

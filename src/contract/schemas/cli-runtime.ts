import { z } from 'zod';
import { ACCESS_LEVELS, FAILURES, ARGUMENT_VALUES, type Access, type CliRuntime } from '../cli-runtime.js';
import { LIMITS } from '../limits.js';
import { CLI_DEFAULTS, PRECONFIGURED } from '../runtimes/index.js';
import { duration, nonBlank, text } from './fields.js';

const MANY = LIMITS.runtimeRules;

const pattern = text(1000).superRefine((value, context) => {
  try {
    new RegExp(value, 'i');
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'not a regular expression' });
  }
});

const path = text(200).regex(/^[^.\s]+(?:\.[^.\s]+)*$/, 'a path is names with dots between, such as item.text');
const paths = z.array(path).min(1, 'empty').max(MANY);

const argument = z
  .string()
  .max(LIMITS.pathChars)
  .superRefine((value, context) => {
    for (const [, name = ''] of value.matchAll(/\{(\w+)\}/g)) {
      if (!(ARGUMENT_VALUES as readonly string[]).includes(name)) {
        const known = ARGUMENT_VALUES.map((each) => `{${each}}`).join(', ');
        context.addIssue({ code: 'custom', message: `{${name}} is nothing known; known are ${known}` });
      }
    }
    if (value.includes('{access}') && value !== '{access}') {
      context.addIssue({ code: 'custom', message: '{access} stands alone: it is a list of arguments' });
    }
  });

const group = z
  .array(argument.refine((value) => value !== '{access}', '{access} stands in no list'))
  .min(1, 'empty')
  .max(MANY);

const plainArguments = z.array(z.string().max(LIMITS.pathChars)).max(MANY);

const forEach = <T extends z.ZodType>(schema: T) =>
  z.strictObject(Object.fromEntries(ACCESS_LEVELS.map((level) => [level, schema])) as Record<Access, T>);

const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

const variables = z.record(
  z.string().regex(variableName, 'expected the name of an environment variable'),
  text(LIMITS.pathChars),
);

const access = forEach(plainArguments);
const accessVariables = forEach(variables);

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const usage = z.strictObject({
  input: paths,
  output: paths,
  usd: path.optional(),
  counts: z.enum(['run', 'step', 'session']),
});

const eventRule = z.strictObject({
  when: z
    .record(path, z.union([scalar, z.array(scalar).min(1, 'empty').max(MANY)]))
    .refine((when) => Object.keys(when).length > 0, 'empty: it would mean every event'),
  session: path.optional(),
  text: path.optional(),
  delta: path.optional(),
  tool: z.strictObject({ name: path, input: path.optional(), id: path.optional() }).optional(),
  denied: z.strictObject({ tool: path.optional(), input: path.optional(), id: path.optional() }).optional(),
  failure: z.strictObject({ message: path, status: path.optional(), reset: path.optional() }).optional(),
  notice: path.optional(),
  usage: usage.optional(),
  turn: z.literal(true).optional(),
  done: z.literal(true).optional(),
});

const errorRule = z.strictObject({ matches: pattern, means: z.enum(FAILURES) });

/** A command line under `runtimes` in `baton.yaml`. */
export const cliRuntimeFields = z
  .strictObject({
    extends: z
      .enum(Object.keys(PRECONFIGURED) as [string, ...string[]])
      .describe('Takes all fields that are not given here from this one.'),
    title: nonBlank(64).describe('What people call it. Without it: its name.'),
    program: nonBlank(LIMITS.pathChars)
      .regex(/^[^-\0][^\0]*$/, 'not the name of a program')
      .refine((value) => !value.includes('/') || value.startsWith('/'), 'a name on PATH or an absolute path is needed')
      .describe('A name on PATH, or an absolute path.'),
    install: text(500).describe('What to do where the program is not there, such as `npm install -g my-agent`.'),
    signIn: text(500).describe('What to do where its account is refused.'),
    arguments: z
      .array(z.union([argument, group], 'a text, or a list of texts, is needed'))
      .max(MANY)
      .describe(
        'Its arguments. `{model}`, `{session}`, `{systemPrompt}`, `{maxTurns}` and `{prompt}` are filled in; `{access}` stands for the arguments of `access`. A list among them is left out as a whole where one of its names in braces has no value. Without `{prompt}`, the prompt goes to standard input, which is then closed; without `{systemPrompt}`, the agent’s own prompt stands before the task’s.',
      ),
    access: access.describe(
      'Arguments for an agent that may only look (`read`), also edit files (`edit`), also run commands (`run`). Without it, the agent’s tools limit nothing.',
    ),
    accessVariables: accessVariables.describe('As `access`, with variables in place of arguments.'),
    foreignSettings: z
      .array(nonBlank(200).regex(/^[^/]/, 'a path in the repository is needed'))
      .max(MANY)
      .describe(
        'Files and folders by which a repository makes it run code or lifts its limits, such as `.my-agent`. Where there is one, it is not started.',
      ),
    variables: z
      .array(
        text(128).regex(/^[A-Za-z_][A-Za-z0-9_]*\*?$/, 'expected the name of a variable, perhaps with * at its end'),
      )
      .max(MANY)
      .describe('Variables of the worker that it gets beside those of every task, such as `MY_AGENT_*`.'),
    defaults: variables.describe('Variables that it gets where the worker has none of that name.'),
    output: z
      .enum(['text', 'json-lines', 'stream-json'])
      .describe(
        '`text`: what it prints is its answer. `json-lines`: read by `events`. `stream-json`: as Claude Code prints it. Without it: `text`.',
      ),
    events: z.array(eventRule).max(MANY).describe('What the events of `json-lines` mean.'),
    denials: z
      .array(pattern)
      .max(MANY)
      .describe(
        'Lines of standard error that tell of a refused tool call: regular expressions with the groups `tool` and `input`.',
      ),
    errors: z
      .array(errorRule)
      .max(MANY)
      .describe(
        'What its words of failure mean: `matches` (a regular expression; its group `reset` is when a usage limit is reset) and `means`.',
      ),
    exitCodes: z
      .record(z.string().regex(/^\d{1,3}$/, 'expected an exit code'), z.enum(FAILURES))
      .describe('What its exit codes mean where its words do not tell.'),
    silenceLimit: duration({ min: 1000, max: LIMITS.taskTimeLimitMaxMs }).describe(
      'It is ended where it prints nothing for so long. Without it: 30m.',
    ),
  })
  .partial()
  .superRefine((fields, context) => {
    if (fields.extends !== undefined) return;
    for (const field of ['program', 'arguments'] as const) {
      if (fields[field] === undefined) {
        context.addIssue({ code: 'custom', message: 'missing, and there is no `extends`', path: [field] });
      }
    }
  });

export type CliRuntimeFields = z.output<typeof cliRuntimeFields>;

/** The whole description that such fields make. */
export function cliRuntimeOf(name: string, { extends: base, silenceLimit, ...fields }: CliRuntimeFields): CliRuntime {
  const from = { ...CLI_DEFAULTS, title: name, ...(base === undefined ? {} : PRECONFIGURED[base]) };
  // What is absent is not there at all: zod adds no member of its own.
  return {
    ...from,
    ...(fields as Partial<CliRuntime>),
    ...(silenceLimit === undefined ? {} : { silenceLimitMs: silenceLimit }),
  };
}

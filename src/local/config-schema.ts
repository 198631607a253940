import { z } from 'zod';
import { isRuntimeName } from '../contract/agent.js';
import { parseDuration } from '../contract/durations.js';
import { LIMITS } from '../contract/limits.js';
import { RESOURCE_NAME } from '../contract/names.js';
import { cliRuntimeFields } from '../contract/schemas/cli-runtime.js';
import { endpoints } from '../contract/schemas/endpoint.js';
import { mcpServers } from '../contract/schemas/mcp-server.js';
import { modelProviderFields } from '../contract/schemas/model-provider.js';
import { policy } from '../contract/schemas/policy.js';
import { secret, secretName } from '../contract/schemas/secret.js';
import { modeRights } from '../contract/schemas/mode-rights.js';

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
export const SANDBOXES = ['off', 'installed', 'required'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const DURATION = /^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$/;

/** A duration between two limits, as text (`90s`); the file's text is kept and turned into milliseconds later. */
const duration = (minMs: number, maxMs: number, description: string): z.ZodType<string> =>
  z
    .string()
    .regex(DURATION, 'expected a number with ms, s, m, h or d, such as 90s')
    .refine(
      (text) => {
        const ms = parseDuration(text);
        return ms === undefined || (ms >= minMs && ms <= maxMs);
      },
      `expected a duration from ${minMs}ms to ${maxMs / 1000}s`,
    )
    .describe(description);

/** What a `baton.yaml` may hold. Unknown fields are errors. */
export const configSchema = z
  .strictObject({
    allowShell: z
      .boolean()
      .describe('Whether commands written as a shell string run without a decision. True counts only in BATON_HOME.'),
    environment: z
      .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'expected the name of an environment variable'))
      .max(200)
      .describe('Names of further variables that tasks get from the worker. Counts only in BATON_HOME.'),
    secrets: z
      .record(secretName, secret)
      .refine(
        (secrets) => Object.keys(secrets).length <= LIMITS.secretsNamed,
        `more than ${LIMITS.secretsNamed} secrets`,
      )
      .describe(
        'Where the worker finds a secret that a plan names (`env: {TOKEN: {secret: NAME}}`), read when the task starts. Counts only in BATON_HOME.',
      ),
    policies: z
      .array(policy)
      .max(LIMITS.modeEntries)
      .describe(
        'Rules over requests, plans, tasks and tools: allow, deny, or require a decision. Of those that match, the first counts. Counts only in BATON_HOME.',
      ),
    modes: z
      .record(z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected a name of small letters, digits and -'), modeRights)
      .refine((modes) => Object.keys(modes).length <= LIMITS.modes, `more than ${LIMITS.modes} modes`)
      .describe(
        'What agents may do, by the name of the mode. A built-in mode gets the given lists in place of its own; any other begins with nothing allowed.',
      ),
    maxParallel: z
      .int()
      .min(1)
      .max(LIMITS.parallelTasksMax)
      .describe('Tasks of one request that run at the same time.'),
    maxProcesses: z
      .int()
      .min(1)
      .max(LIMITS.hostProcessesMax)
      .describe(
        'Agents that work on this machine at the same time, over all requests; further ones wait, the most urgent first. The worker reads it when it starts. Counts only in BATON_HOME.',
      ),
    resources: z
      .record(
        z.string().regex(RESOURCE_NAME, 'expected a name of letters, digits, ".", "_" and "-"'),
        z.int().min(1).max(LIMITS.resourceCapacity),
      )
      .refine((named) => Object.keys(named).length <= LIMITS.resourcesNamed, `more than ${LIMITS.resourcesNamed}`)
      .describe(
        'How much there is of each resource that tasks share (`resources` of a task), over all requests of the cluster. Counts only in BATON_HOME.',
      ),
    taskTimeLimit: duration(
      1,
      LIMITS.taskTimeLimitMaxMs,
      'The most time that a task may take; one that states no limit gets an hour, or this if it is less.',
    ),
    killGrace: duration(0, 60_000, 'Time between the request to end and the end by force. Counts only in BATON_HOME.'),
    permissionWait: duration(
      0,
      LIMITS.permissionWaitMaxMs,
      'How long an agent that asks for leave waits for the answer before its process ends; it goes on once somebody has answered. Counts only in BATON_HOME.',
    ),
    decisionDeadline: duration(
      1000,
      LIMITS.taskTimeLimitMaxMs,
      "How long an analysis asks whether to run the project's own commands before it skips them. Counts only in BATON_HOME.",
    ),
    decisionReminder: duration(
      1000,
      LIMITS.decisionWaitMaxMs,
      'How long a decision is open before it is brought to mind again. Counts only in BATON_HOME.',
    ),
    decisionEscalation: duration(
      1000,
      LIMITS.decisionWaitMaxMs,
      'How long a decision is open before it becomes urgent. Counts only in BATON_HOME.',
    ),
    escalateTo: z
      .array(z.string().min(1).max(LIMITS.choiceChars))
      .max(LIMITS.escalateTo)
      .describe('Names of people whom an urgent decision concerns as well; shown with it. Counts only in BATON_HOME.'),
    decisionExpiry: duration(
      1000,
      LIMITS.decisionWaitMaxMs,
      'Deadline of a decision that states none and can be rejected or skipped, or has a default. Counts only in BATON_HOME.',
    ),
    sandbox: z
      .enum(SANDBOXES)
      .describe(
        'Whether agents run under bubblewrap: never, where it works on this machine, or not without it. Counts only in BATON_HOME.',
      ),
    sandboxWritable: z
      .array(z.string().regex(/^(~\/|\/)/, 'expected an absolute path, or one that begins with ~/'))
      .max(LIMITS.modeEntries)
      .describe('Further folders in which agents under bubblewrap may write. Counts only in BATON_HOME.'),
    idleStop: duration(
      1000,
      LIMITS.taskTimeLimitMaxMs,
      'How long the background pair stays with nothing running or waiting. Counts only in BATON_HOME.',
    ),
    runtimes: z
      .record(
        z
          .string()
          .regex(/^[a-z][a-z0-9-]{0,63}$/, 'a name has lower-case letters, digits and dashes')
          .refine((name) => !isRuntimeName(name), 'this name is that of a runtime of Baton’s own'),
        cliRuntimeFields,
      )
      .refine((own) => Object.keys(own).length <= LIMITS.ownRuntimes, `more than ${LIMITS.ownRuntimes}`)
      .describe('Command lines of your own that agents can name as their `runtime`. Counts only in BATON_HOME.'),
    endpoints: endpoints.describe(
      'Services that agents are reached at by HTTP, which can be named as `runtime`: `url` and `headers`. Counts only in BATON_HOME.',
    ),
    mcpWorkspaces: z
      .array(z.string().regex(/^\//, 'expected an absolute path'))
      .max(LIMITS.modeEntries)
      .describe(
        'Workspaces of whose `.mcp.json` agents of Claude Code get the servers that their mode allows. Counts only in BATON_HOME.',
      ),
    mcp: mcpServers.describe(
      'MCP servers, whose tools plans can name as skills: `mcp:<server>/<tool>`. Counts only in BATON_HOME.',
    ),
    models: z
      .record(
        z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'a name has lower-case letters, digits and dashes'),
        modelProviderFields,
      )
      .refine((own) => Object.keys(own).length <= LIMITS.modelProviders, `more than ${LIMITS.modelProviders}`)
      .describe(
        'Providers of models, for agents with `runtime: model` and `model: provider/name`; `anthropic` and `openai` are known. Counts only in BATON_HOME.',
      ),
    logLevel: z
      .enum(LOG_LEVELS)
      .describe('The least severe kind of message that is logged. Counts only in BATON_HOME.'),
  })
  .partial();

export type ConfigFile = z.infer<typeof configSchema>;

/** Fields that a workspace may narrow; every other field in a workspace's file is an error. */
export const NARROWING_FIELDS = [
  'allowShell',
  'maxParallel',
  'modes',
  'taskTimeLimit',
] as const satisfies (keyof ConfigFile)[];

/** The JSON Schema (draft 2020-12) of `baton.yaml`, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return { title: 'baton.yaml', ...z.toJSONSchema(configSchema, { io: 'input' }) };
}

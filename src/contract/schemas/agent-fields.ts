import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { duration, nonBlank, text, wholeNumber } from './fields.js';

const TOOL_CHARS = 1202;
const WORD_CHARS = LIMITS.taskIdChars;

const name = nonBlank(WORD_CHARS).regex(
  /^[^\s\p{C}-](?:[^\p{C}]*[^\s\p{C}])?$/u,
  'a name has no control characters, begins with no dash and ends with no space',
);

/** A list in YAML, or one text with commas, as Claude Code takes it. */
const words = (what: string, separator: RegExp = /,/) =>
  z
    .union([z.string(), z.array(z.string())], `a list of ${what}, or one text with commas is needed`)
    .transform((value) => (typeof value === 'string' ? splitList(value, separator) : value.map((item) => item.trim())))
    .pipe(z.array(nonBlank(TOOL_CHARS)).max(LIMITS.agentTools, `more than ${LIMITS.agentTools} entries`));

/** A name, for tools of servers with `*`, then perhaps what exactly is allowed, in parentheses. Nothing that could pass for an option. */
const TOOL = /^[A-Za-z_][A-Za-z0-9_.*-]{0,199}(?:\([^()\p{C}]{1,1000}\))?$/u;

/** What Claude Code takes for all of its tools. */
const ALL_TOOLS = 'default';

/** Names of tools as a file lists them: a list, or one text with separators. */
export const toolList = (separator?: RegExp) =>
  words('tools', separator).superRefine((list, context) => {
    list.forEach((tool, at) => {
      if (tool === '*' || (TOOL.test(tool) && tool !== ALL_TOOLS)) return;
      const message = `${JSON.stringify(tool)} is no tool: a name such as Read is needed, or one such as Bash(git diff:*)`;
      context.addIssue({ code: 'custom', message, path: [at] });
    });
  });

const tools = toolList();

const limits = z.strictObject({
  timeLimit: duration({ min: 1000, max: LIMITS.taskTimeLimitMaxMs })
    .describe('The most time that one attempt may take; the tighter of this and the task’s own counts.')
    .optional(),
  maxTurns: wholeNumber({ min: 1, max: LIMITS.agentTurnsMax })
    .describe('Turns with the model in one attempt.')
    .optional(),
  maxCostUsd: z
    .number()
    .positive('more than 0 is needed')
    .max(LIMITS.budgetUsdMax)
    .describe('What one attempt costs at most, in USD. Claude Code is held to it; a budget sets it aside.')
    .optional(),
  maxMemoryMb: wholeNumber({ min: 1, max: LIMITS.agentMemoryMbMax })
    .describe(
      `Memory of all its processes together, in MiB; looked at about once a second. ${LIMITS.agentMemoryMb} without it.`,
    )
    .optional(),
  maxProcesses: wholeNumber({ min: 1, max: LIMITS.agentProcessesMax })
    .describe(`Its processes at the same time. ${LIMITS.agentProcesses} without it.`)
    .optional(),
});

/** What Baton reads of an agent's front matter. Other keys, such as Claude Code's `color`, are left alone. */
export const agentFields = z.object({
  name: name.describe('What plans and people call it. In one folder each name stands once.'),
  description: nonBlank(LIMITS.agentDescriptionChars).describe('What it is for, in a sentence or two.'),
  tools: tools
    .describe(
      'What it may use, as Claude Code names it: `Read, Edit` or `Bash(npm test:*)`. Without it, or with `*`: `Read, Grep, Glob`.',
    )
    .optional(),
  disallowedTools: tools.describe('Taken away from `tools`.').optional(),
  mode: nonBlank(WORD_CHARS)
    .describe(
      'What it may do at most: `ask`, `architect`, `code`, `debug`, `review`, `orchestrate` or one of yours. Without it: found by its tools.',
    )
    .optional(),
  permissionMode: text(64)
    .describe(
      'As Claude Code has it. With `dontAsk` a tool call that its rules do not allow is denied; without it a person is asked. Other values say nothing here.',
    )
    .optional(),
  model: text(200)
    .regex(/^[A-Za-z0-9][\w.:@/[\]-]*$/, 'not the name of a model')
    .describe(
      'As the runtime names it; with the runtime `model`: `provider/name`. Without it, or `inherit`: the runtime’s own choice.',
    )
    .optional(),
  capabilities: words('capabilities')
    .describe('What it can do, in words that plans ask for. Without it they are found in name and description.')
    .optional(),
  specialization: nonBlank(WORD_CHARS)
    .describe('What it does best, in one word. Without it: found in its name.')
    .optional(),
  runtime: text(64)
    .describe(
      'How it is run: `claude-code`, `codex`, `gemini`, `opencode`, `model` (a provider’s API), `command`, or one of your own of `baton.yaml` (`runtimes`, `endpoints`). The last two count only in Baton’s own and in the user’s folder.',
    )
    .optional(),
  command: z
    .array(z.string().min(1, 'empty'))
    .min(1, 'empty')
    .max(LIMITS.commandArguments)
    .describe('Program and arguments of a `command` agent, which gets the prompt by standard input.')
    .optional(),
  maxLoad: wholeNumber({ min: 1, max: LIMITS.agentLoadMax }).describe('Tasks at once; 3 without it.').optional(),
  limits: limits.describe('Bounds of one attempt.').optional(),
  maxTurns: limits.shape.maxTurns.describe('As `limits.maxTurns`, where Claude Code has it.'),
});
export type AgentFields = z.output<typeof agentFields>;

/** Splits at separators that stand in no parentheses: `Read, Bash(git log:*, git diff:*)` has two parts. */
function splitList(value: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let [depth, begin] = [0, 0];
  for (let at = 0; at <= value.length; at += 1) {
    const c = value[at];
    if (c === '(') depth += 1;
    else if (c === ')') depth = Math.max(0, depth - 1);
    else if (c === undefined || (separator.test(c) && depth === 0)) {
      parts.push(value.slice(begin, at).trim());
      begin = at + 1;
    }
  }
  return parts.filter((part) => part !== '');
}

/** The JSON Schema (2020-12) of what Baton reads of an agent's front matter. */
export function agentJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(agentFields, { io: 'input', unrepresentable: 'any' });
}

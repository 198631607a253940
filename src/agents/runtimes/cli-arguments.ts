import type { AgentDefinition } from '../../contract/agent.js';
import type { Access, CliRuntime, ArgumentValue } from '../../contract/cli-runtime.js';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { attemptPrompt } from './prompt.js';

/** What a command line is started with. */
export interface CliStart {
  argv: string[];
  stdin: string;
}

/**
 * Fills a description's arguments in for one attempt. A value that could be taken for an option, or is too long for an argument, does not
 * become one: the agent's own prompt goes before the task's then.
 * @throws BatonError `bad_input` for a prompt that has to be an argument and is too long for one
 */
export function startOf(
  cli: CliRuntime,
  { agent, prompt, session }: { agent: AgentDefinition; prompt: string; session: string | undefined },
): CliStart {
  const used = new Set(
    cli.arguments.flat().flatMap((argument) => [...argument.matchAll(BRACES)].map(([, name]) => name)),
  );
  const isOwnArgument = used.has('systemPrompt') && fitsArgument(agent.prompt);
  const isResumed = session !== undefined && used.has('session');
  const text = attemptPrompt({ own: isOwnArgument ? '' : agent.prompt, prompt, isResumed });
  const values: Record<Exclude<ArgumentValue, 'access'>, string | undefined> = {
    model: agent.model ?? undefined,
    session,
    systemPrompt: isOwnArgument && agent.prompt !== '' ? agent.prompt : undefined,
    maxTurns: agent.limits.maxTurns?.toString(),
    prompt: used.has('prompt') ? promptArgument(text) : undefined,
  };
  const access = cli.access?.[accessOf(agent.tools)] ?? [];
  const filled = cli.arguments.flatMap((argument) => {
    if (argument === '{access}') return access;
    const group = typeof argument === 'string' ? [argument] : argument;
    return fill(group, values) ?? [];
  });
  return { argv: [cli.program, ...filled], stdin: used.has('prompt') ? '' : text };
}

/**
 * The most that an agent's tools allow. A rule that narrows a tool, as `Bash(npm test:*)` does, cannot be told to a foreign command line, so it
 * allows nothing there.
 */
export function accessOf(tools: readonly string[]): Access {
  if (tools.includes('Bash')) return 'run';
  return tools.some((tool) => EDITORS.has(tool)) ? 'edit' : 'read';
}

const EDITORS = new Set(['Edit', 'MultiEdit', 'Write', 'NotebookEdit']);

const BRACES = /\{(\w+)\}/g;

/** The arguments with their values; undefined where one has none. */
function fill(group: readonly string[], values: Readonly<Record<string, string | undefined>>): string[] | undefined {
  let isWhole = true;
  const filled = group.map((argument) =>
    argument.replace(BRACES, (braces, name: string) => {
      if (!Object.hasOwn(values, name)) return braces;
      isWhole &&= values[name] !== undefined;
      return values[name] ?? '';
    }),
  );
  return isWhole ? filled : undefined;
}

const fitsArgument = (text: string): boolean =>
  !text.startsWith('-') && !text.includes('\0') && Buffer.byteLength(text) <= LIMITS.agentArgumentBytes;

/** A space before a dash keeps it from being taken for an option. */
function promptArgument(text: string): string {
  const argument = text.startsWith('-') ? ` ${text}` : text;
  if (!argument.includes('\0') && Buffer.byteLength(argument) < LIMITS.argumentBytes) return argument;
  throw new BatonError('bad_input', `the prompt is too long for an argument of ${LIMITS.argumentBytes} bytes`, {
    path: 'prompt',
    hint: 'shorten it, or let the runtime take its prompt by standard input',
  });
}

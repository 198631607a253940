import { RUNTIMES, type AgentDefinition, type AgentSource } from '../agent.js';
import { activitiesIn, capabilityOf, languagesIn } from '../capabilities.js';
import { PRECONFIGURED } from '../runtimes/index.js';
import type { AgentFields } from './agent-fields.js';
import { agentFields } from './agent-fields.js';
import type { ParsedText } from './parsed-text.js';
import type { Flaw } from './problems.js';
import { flawsOf, refuse, visible } from './problems.js';
import { parseYaml } from './yaml-text.js';

/** What an agent may use whose file names no tools. Claude Code hands on all tools then; Baton allows nothing that is not named. */
const READ_ONLY_TOOLS = ['Read', 'Grep', 'Glob'];
const MAX_LOAD = 3;
const HINT = 'correct the file; `baton agents check` looks at all of them';

export interface AgentFile {
  path: string;
  source: AgentSource;
  /** Names of the command lines that the user's `baton.yaml` describes. */
  ownRuntimes?: readonly string[];
}

/**
 * A Markdown file with YAML front matter, as Claude Code reads it for sub-agents, as an agent. `path` is the file's, absolute, and stands in
 * messages. Throws BatonError `bad_input` with a line `path:line:column field: problem` for each problem.
 */
export function parseAgentFile(text: string, file: AgentFile): AgentDefinition {
  const split = splitFrontMatter(text);
  if (!split) {
    refuse(
      [{ path: [], message: 'no front matter: the file begins with ---, name, description, --- and the prompt' }],
      {
        source: visible(file.path),
        hint: HINT,
      },
    );
  }
  const parsed = parseFrontMatter(split.yaml);
  // What is wrong with the text as a whole tells its place itself.
  const locate: ParsedText['locate'] = (path) => (path.length > 0 ? parsed.locate(path) : null);
  const stop = (flaws: Flaw[]): never => refuse(flaws, { source: visible(file.path), hint: HINT, locate });
  if (parsed.flaws.length > 0) stop(parsed.flaws);
  const result = agentFields.safeParse(withoutNulls(parsed.value));
  if (!result.success) return stop(flawsOf(result.error.issues));
  const flaws = disagreements(result.data, file);
  if (flaws.length > 0) stop(flaws);
  return definitionOf(result.data, { ...file, prompt: split.body.trim() });
}

/** The front matter with a line break for the line above it, so that positions are those of the file. */
function splitFrontMatter(text: string): { yaml: string; body: string } | undefined {
  const plain = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  if (!/^---[ \t]*\n/.test(plain)) return undefined;
  const end = /\n---[ \t]*(?:\n|$)/.exec(plain);
  if (!end) return undefined;
  const begin = plain.indexOf('\n');
  return { yaml: `\n${plain.slice(begin + 1, end.index)}\n`, body: plain.slice(end.index + end[0].length) };
}

/**
 * Claude Code takes descriptions that hold `: ` without quotes, and writes such files itself; YAML does not. So what does not parse is
 * tried again with the values of its top lines in quotes.
 */
function parseFrontMatter(yaml: string): ParsedText {
  const parsed = parseYaml(yaml);
  if (parsed.flaws.length === 0) return parsed;
  const quoted = yaml.replace(
    /^(name|description|tools|mode|model|color): +([^\s"'[{|>&*!#].*)$/gm,
    (_, key: string, value: string) => `${key}: ${JSON.stringify(value.trim())}`,
  );
  const again = parseYaml(quoted);
  if (again.flaws.length > 0) return parsed;
  const value = again.value as Record<string, unknown>;
  const description = value['description'];
  // Such files write line breaks as \n in one long line.
  return typeof description === 'string'
    ? { ...again, value: { ...value, description: description.replaceAll('\\n', '\n') } }
    : again;
}

/** `model:` without a value is the same as no such line. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

function disagreements({ runtime, command }: AgentFields, { source, ownRuntimes = [] }: AgentFile): Flaw[] {
  const isCommand = runtime === 'command' || (runtime === undefined && command !== undefined);
  const isOwn = runtime !== undefined && !KNOWN_RUNTIMES.includes(runtime);
  if (isOwn && !ownRuntimes.includes(runtime)) {
    const known = [...new Set([...KNOWN_RUNTIMES, ...ownRuntimes])].join(', ');
    return [{ path: ['runtime'], message: `there is no runtime ${JSON.stringify(runtime)}; there are ${known}` }];
  }
  if ((isCommand || isOwn) && source === 'workspace') {
    const path = [runtime === undefined ? 'command' : 'runtime'];
    return [{ path, message: 'a workspace may not name a program to run; such an agent stands in BATON_HOME/agents' }];
  }
  if (isCommand && command === undefined)
    return [{ path: ['runtime'], message: 'command: needs the field command too' }];
  if (!isCommand && command !== undefined) return [{ path: ['command'], message: 'goes with runtime command only' }];
  return [];
}

const KNOWN_RUNTIMES: readonly string[] = [...RUNTIMES, ...Object.keys(PRECONFIGURED)];

function definitionOf(
  fields: AgentFields,
  { path, source, prompt }: { path: string; source: AgentSource; prompt: string },
): AgentDefinition {
  const { name, description, command = [], model, limits = {} } = fields;
  const said = fields.capabilities?.map(capabilityOf);
  const maxTurns = limits.maxTurns ?? fields.maxTurns;
  return {
    v: 1,
    name,
    description: description.trim(),
    capabilities: [...new Set(said ?? inferredFrom(`${name}\n${description}`))],
    ...(said ? {} : { inferred: true }),
    specialization: capabilityOf(fields.specialization ?? inferredFrom(name)[0] ?? ''),
    runtime: command.length > 0 ? 'command' : (fields.runtime ?? 'claude-code'),
    command,
    tools: toolsOf(fields),
    mode: fields.mode ?? null,
    ...(fields.permissionMode === 'dontAsk' ? { asks: false as const } : {}),
    maxLoad: fields.maxLoad ?? MAX_LOAD,
    model: model === undefined || model === 'inherit' ? null : model,
    limits: {
      ...(limits.timeLimit === undefined ? {} : { timeLimitMs: limits.timeLimit }),
      ...(maxTurns === undefined ? {} : { maxTurns }),
      ...(limits.maxCostUsd === undefined ? {} : { maxCostUsd: limits.maxCostUsd }),
    },
    prompt,
    source,
    path,
  };
}

const inferredFrom = (text: string): string[] => [...activitiesIn(text.replaceAll('-', ' ')), ...languagesIn(text)];

/** A part of a tool cannot be taken from the whole, so the whole goes then. */
function toolsOf({ tools, disallowedTools = [] }: AgentFields): string[] {
  const named = tools === undefined || tools.includes('*') ? READ_ONLY_TOOLS : tools;
  if (disallowedTools.includes('*')) return [];
  const base = (tool: string): string => tool.replace(/\(.*$/, '');
  return [...new Set(named)].filter(
    (tool) =>
      !disallowedTools.some(
        (other) => other === tool || (base(other) === base(tool) && (other === base(other) || tool === base(tool))),
      ),
  );
}

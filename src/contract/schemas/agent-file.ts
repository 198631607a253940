import { RUNTIMES, type AgentDefinition, type AgentSource } from '../agent.js';
import { activitiesIn, capabilityOf, languagesIn } from '../capabilities.js';
import { splitModel } from '../model-provider.js';
import { PRECONFIGURED } from '../runtimes/index.js';
import type { AgentFields } from './agent-fields.js';
import { agentFields } from './agent-fields.js';
import { parseFrontMatter, splitFrontMatter } from './front-matter.js';
import type { Flaw } from './problems.js';
import { flawsOf, refuse, visible } from './problems.js';

/** What an agent may use whose file names no tools. Claude Code hands on all tools then; Baton allows nothing that is not named. */
const READ_ONLY_TOOLS = ['Read', 'Grep', 'Glob'];
const MAX_LOAD = 3;
const HINT = 'correct the file; `baton agents check` looks at all of them';

export interface AgentFile {
  path: string;
  source: AgentSource;
  /** Names of the command lines that the user's `baton.yaml` describes. */
  ownRuntimes?: readonly string[];
  /** Those of them that are services elsewhere, whose agents can change nothing here. */
  remote?: readonly string[];
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
  const { locate } = parsed;
  const stop = (flaws: Flaw[]): never => refuse(flaws, { source: visible(file.path), hint: HINT, locate });
  if (parsed.flaws.length > 0) stop(parsed.flaws);
  const result = agentFields.safeParse(parsed.value);
  if (!result.success) return stop(flawsOf(result.error.issues));
  const flaws = disagreements(result.data, file);
  if (flaws.length > 0) stop(flaws);
  return definitionOf(result.data, { ...file, prompt: split.body.trim() });
}

function disagreements({ runtime, command, model, tools }: AgentFields, file: AgentFile): Flaw[] {
  const { source, ownRuntimes = [], remote = [] } = file;
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
  if (runtime === 'model' && splitModel(model ?? null) === undefined)
    return [
      {
        path: [model === undefined ? 'runtime' : 'model'],
        message: 'a model such as anthropic/claude-sonnet-4-5 is needed',
      },
    ];
  const changing = remote.includes(runtime ?? '') ? tools?.find((tool) => CHANGING.test(tool)) : undefined;
  if (changing !== undefined)
    return [
      { path: ['tools'], message: `${changing}: what is reached by HTTP changes nothing here; it answers with text` },
    ];
  if (isCommand && command === undefined)
    return [{ path: ['runtime'], message: 'command: needs the field command too' }];
  if (!isCommand && command !== undefined) return [{ path: ['command'], message: 'goes with runtime command only' }];
  return [];
}

const CHANGING = /^(?:Edit|MultiEdit|Write|NotebookEdit|Bash)\b/;

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
      ...(limits.maxMemoryMb === undefined ? {} : { maxMemoryMb: limits.maxMemoryMb }),
      ...(limits.maxProcesses === undefined ? {} : { maxProcesses: limits.maxProcesses }),
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

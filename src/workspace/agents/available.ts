import type { AgentDefinition } from '../../contract/agent.js';
import type { CliRuntime } from '../../contract/cli-runtime.js';
import { findProgram } from '../programs.js';

type Env = Readonly<Record<string, string | undefined>>;

const CLAUDE_CODE = 'Claude Code (npm install -g @anthropic-ai/claude-code)';

/** What has to be installed before an agent can be run with the PATH of `env`; undefined where nothing is missing. */
function lackOf(agent: AgentDefinition, env: Env, runtimes: Readonly<Record<string, CliRuntime>>): string | undefined {
  if (agent.runtime === 'claude-code') {
    return findProgram('claude', env) === undefined ? CLAUDE_CODE : undefined;
  }
  if (agent.runtime === 'command') {
    const program = agent.command[0] ?? '';
    return findProgram(program, env) === undefined ? `the program ${program}` : undefined;
  }
  const cli = Object.hasOwn(runtimes, agent.runtime) ? runtimes[agent.runtime] : undefined;
  if (!cli) return `the runtime ${agent.runtime} in baton.yaml`;
  if (findProgram(cli.program, env) !== undefined) return undefined;
  return `${cli.title} (${cli.install === '' ? `the program ${cli.program}` : cli.install})`;
}

/** The agents that cannot be run with the PATH of `env`, by name, with what is missing. `runtimes`: the command lines there are, by name. */
export function unavailableAgents(
  agents: readonly AgentDefinition[],
  { env, runtimes }: { env: Env; runtimes: Readonly<Record<string, CliRuntime>> },
): Map<string, string> {
  const lacks = agents.map((agent) => [agent.name, lackOf(agent, env, runtimes)] as const);
  return new Map(lacks.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

import type { AgentDefinition } from '../../contract/agent.js';
import { findProgram } from '../programs.js';

type Env = Readonly<Record<string, string | undefined>>;

const CLAUDE_CODE = 'Claude Code (npm install -g @anthropic-ai/claude-code)';

/** What has to be installed before an agent can be run with the PATH of `env`; undefined where nothing is missing. */
function lackOf(agent: AgentDefinition, env: Env): string | undefined {
  if (agent.runtime === 'claude-code') {
    return findProgram('claude', env) === undefined ? CLAUDE_CODE : undefined;
  }
  const program = agent.command[0] ?? '';
  return findProgram(program, env) === undefined ? `the program ${program}` : undefined;
}

/** The agents that cannot be run with the PATH of `env`, by name, with what is missing. */
export function unavailableAgents(agents: readonly AgentDefinition[], env: Env): Map<string, string> {
  const lacks = agents.map((agent) => [agent.name, lackOf(agent, env)] as const);
  return new Map(lacks.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

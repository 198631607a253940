import { createRequire } from 'node:module';
import type { AgentDefinition } from '../../contract/agent.js';
import type { CliRuntime } from '../../contract/cli-runtime.js';
import type { Endpoints } from '../../contract/endpoint.js';
import { PACKAGES_OF, splitModel, type ModelProviders } from '../../contract/model-provider.js';
import { findProgram } from '../programs.js';

type Env = Readonly<Record<string, string | undefined>>;

interface Surroundings {
  env: Env;
  runtimes: Readonly<Record<string, CliRuntime>>;
  models: ModelProviders;
  /** The services there are, by name. */
  endpoints?: Endpoints;
}

const CLAUDE_CODE = 'Claude Code (npm install -g @anthropic-ai/claude-code)';

/** What has to be installed before an agent can be run with the PATH of `env`; undefined where nothing is missing. */
function lackOf(agent: AgentDefinition, { env, runtimes, models, endpoints = {} }: Surroundings): string | undefined {
  if (agent.runtime === 'model') return modelLackOf(agent, env, models);
  if (agent.runtime === 'claude-code') {
    return findProgram('claude', env) === undefined ? CLAUDE_CODE : undefined;
  }
  if (agent.runtime === 'command') {
    const program = agent.command[0] ?? '';
    return findProgram(program, env) === undefined ? `the program ${program}` : undefined;
  }
  // Whether a service answers is seen when it is asked.
  if (Object.hasOwn(endpoints, agent.runtime)) return undefined;
  const cli = Object.hasOwn(runtimes, agent.runtime) ? runtimes[agent.runtime] : undefined;
  if (!cli) return `the runtime ${agent.runtime} in baton.yaml`;
  if (findProgram(cli.program, env) !== undefined) return undefined;
  return `${cli.title} (${cli.install === '' ? `the program ${cli.program}` : cli.install})`;
}

const require = createRequire(import.meta.url);

function modelLackOf({ model }: AgentDefinition, env: Env, models: ModelProviders): string | undefined {
  const named = splitModel(model);
  const provider = named && Object.hasOwn(models, named.provider) ? models[named.provider] : undefined;
  if (!provider) return `the provider of the model ${model ?? ''} under models in baton.yaml`;
  const { keyVariable, api } = provider;
  if (keyVariable !== null && !env[keyVariable])
    return `the variable ${keyVariable} with the key of ${named?.provider ?? ''}`;
  const missing = PACKAGES_OF[api].filter((name) => !isInstalled(name));
  return missing.length === 0 ? undefined : `the packages of its model (npm install ${missing.join(' ')})`;
}

/** Optional packages are looked for, and only loaded once a model is called. */
function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** The agents that cannot be run with the PATH of `env`, by name, with what is missing. `runtimes`: the command lines there are, by name; `models`: the providers. */
export function unavailableAgents(agents: readonly AgentDefinition[], surroundings: Surroundings): Map<string, string> {
  const lacks = agents.map((agent) => [agent.name, lackOf(agent, surroundings)] as const);
  return new Map(lacks.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

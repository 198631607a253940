import { variablesUnder } from '../../allocation/permission.js';
import { taskEnvironment } from '../../agents/process/environment.js';
import { cliRuntime } from '../../agents/runtimes/cli.js';
import { httpRuntime } from '../../agents/runtimes/http.js';
import { RUNTIME_VARIABLES } from '../../agents/runtimes/index.js';
import type { AgentEnd, Runtime } from '../../agents/runtimes/port.js';
import { isRuntimeName, RUNTIMES, type AgentDefinition } from '../../contract/agent.js';
import { BatonError } from '../../contract/errors.js';
import type { Permission } from '../../contract/mode.js';
import { modelPlace } from '../conversation/provider.js';
import { talkRuntime } from '../conversation/runtime.js';
import { mcpFor } from './agent-mcp.js';
import type { Execution } from './execution.js';

/** What an agent is run by. */
export interface Program {
  runtime: Runtime;
  env: Record<string, string>;
  /** The MCP servers that it may use, as Claude Code takes them. */
  mcpConfig: string | undefined;
  /** Whose usage limit it works under, as the breaker names it. */
  account: string;
}

/** @throws BatonError `not_installed` for a runtime that the worker does not have */
export async function programOf(
  execution: Execution,
  agent: AgentDefinition,
  permission: Permission,
): Promise<Program> {
  const { deps, task, settings, secrets, identity } = execution;
  const { runtime, variables, account } = chosenRuntime(execution, agent);
  const held = variablesUnder(Object.keys(secrets), permission);
  for (const name of Object.keys(secrets)) {
    const path = `env.${name}`;
    if (!held.includes(name))
      throw new BatonError('bad_input', `${path}: the mode ${permission.name} keeps this variable from its agent`, {
        path,
      });
  }
  const servers = await mcpFor(execution, agent, permission);
  const declared = [...variablesUnder(settings.environment, permission), ...variables, ...(servers?.variables ?? [])];
  const env = taskEnvironment({
    worker: deps.environment,
    declared,
    task: identity,
    extra: { ...task.env, ...secrets },
  });
  const home = deps.environment['HOME'];
  return {
    runtime,
    env,
    mcpConfig: servers?.config,
    account: account ?? deps.breaker.accountOf({ runtime: agent.runtime, env, variables, home }),
  };
}

interface Chosen {
  runtime: Runtime;
  /** Further variables of the worker that its process gets. */
  variables: readonly string[];
  /** Where its login stands in no variable of its process. */
  account?: string;
}

function chosenRuntime(execution: Execution, agent: AgentDefinition): Chosen {
  const { deps, settings } = execution;
  const name: string = agent.runtime;
  if (name === 'model') {
    const { account } = modelPlace(execution, agent);
    return { runtime: talkRuntime(execution), variables: [], account };
  }
  if (isRuntimeName(name) && name !== 'model')
    return { runtime: deps.runtimes[name], variables: RUNTIME_VARIABLES[name] };
  const cli = Object.hasOwn(settings.runtimes, name) ? settings.runtimes[name] : undefined;
  if (cli) return { runtime: cliRuntime(cli), variables: cli.variables };
  const endpoint = Object.hasOwn(settings.endpoints, name) ? settings.endpoints[name] : undefined;
  if (endpoint) return { runtime: httpRuntime(endpoint, deps.environment), variables: [] };
  const known = [...RUNTIMES, ...Object.keys(settings.runtimes), ...Object.keys(settings.endpoints)];
  const hint = `there are ${known.join(', ')}`;
  throw new BatonError('not_installed', `the worker has no runtime ${JSON.stringify(name)} in its baton.yaml`, {
    hint,
  });
}

/** A usage limit that an account is under, until then (ms since 1970). */
export interface AccountLimit {
  account: string;
  until: number;
}

/** The limit that keeps the agent from being started; a person may want it tried all the same. */
export async function knownLimit({ deps, order }: Execution, account: string): Promise<AccountLimit | undefined> {
  if (order.anyway) return undefined;
  const until = await deps.breaker.closedUntil(account);
  return until === undefined ? undefined : { account, until };
}

/** Tells the breaker how the account was found, and gives the limit that the agent met. */
export async function metLimit(
  { deps, order }: Execution,
  account: string,
  end: AgentEnd,
): Promise<AccountLimit | undefined> {
  if (end.kind === 'done') await deps.breaker.worked(account, { anyway: order.anyway === true });
  if (end.kind !== 'failed' || end.error.code !== 'usage_limit') return undefined;
  return { account, until: await deps.breaker.trip(account, end.resetsAt) };
}

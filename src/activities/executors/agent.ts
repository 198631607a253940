import { endLeftovers } from '../../agents/process/end.js';
import { taskEnvironment } from '../../agents/process/environment.js';
import { cliRuntime } from '../../agents/runtimes/cli.js';
import { RUNTIME_VARIABLES } from '../../agents/runtimes/index.js';
import type { AgentEnd, AgentHooks, Runtime } from '../../agents/runtimes/port.js';
import { isRuntimeName, RUNTIMES, type AgentDefinition } from '../../contract/agent.js';
import { isToChange, variablesUnder, wholeTools } from '../../allocation/permission.js';
import { BatonError } from '../../contract/errors.js';
import type { Permission } from '../../contract/mode.js';
import type { Action } from '../../contract/plan.js';
import type { AgentTree } from '../../workspace/worktree/worktrees.js';
import { carryOut, type KeptEnd } from './agent-end.js';
import { promptOf } from './agent-prompt.js';
import { folderOf, hooksOf, type Executed, type Execution } from './execution.js';
import { CancelledFailure } from '../../sdk/common.js';

/**
 * An agent works in a worktree of its own. What it changed becomes one commit on the request's branch if it ended well and kept to its mode,
 * else a patch. Its end is kept before anything is made of it, so that no death of the worker lets it work twice.
 */
export async function runAgent(execution: Execution, action: Action & { kind: 'agent' }): Promise<Executed> {
  const { deps, order, task, workspace, signal, identity } = execution;
  if (!task.allocation) throw new BatonError('not_installed', `no agent was found for task ${task.id}`);
  const { agent, permission } = task.allocation;
  const startedAt = Date.now();
  const session = execution.before?.session;
  const repairs = action.repairs && { repairs: action.repairs };
  const tree = await deps.worktrees.forAgent({
    ...order,
    workspace,
    signal,
    hasSession: session !== undefined,
    goesOn: order.permit !== undefined,
    ...repairs,
  });
  let end = tree.ended as KeptEnd | undefined;
  if (!end) {
    const isMerged = tree.conflicts?.length === 0;
    end = isMerged ? MERGED : await work(execution, { agent, permission, prompt: action.prompt, tree, session });
    if (end.kind === 'cancelled' && signal.reason === 'shutdown') throw new CancelledFailure('WORKER_SHUTDOWN');
    // What it left running must not go on writing where its changes are taken in.
    await endLeftovers(identity.taskKey);
    await tree.keepEnd(end);
  }
  // A repair may find that nothing of the conflict is to be kept.
  const mayChangeNothing =
    action.effect === 'optional' || tree.conflicts !== undefined || !isToChange(agent, permission);
  const ended = { agent, permission, tree, end, startedAt, mayChangeNothing };
  const executed = await carryOut(execution, ended);
  // What is asked about waits where it is.
  return executed.result.kind === 'parked' ? executed : { ...executed, settle: () => tree.remove() };
}

/** The end of a repair that found nothing to mend any more. */
const MERGED: AgentEnd = {
  kind: 'done',
  text: 'It could be merged without an agent by now.',
  ...{ session: null, usage: null, turns: 0, denials: [], tail: '' },
};

interface Job {
  agent: AgentDefinition;
  permission: Permission;
  prompt: string;
  tree: AgentTree;
  session: string | undefined;
}

async function work(execution: Execution, { agent, permission, prompt, tree, session }: Job): Promise<AgentEnd> {
  const { deps, task, settings, identity, beat } = execution;
  const { runtime, variables } = chosenRuntime(execution, agent.runtime);
  const declared = [...variablesUnder(settings.environment, permission), ...variables];
  const env = taskEnvironment({ worker: deps.environment, declared, task: identity, extra: task.env });
  const resumed = tree.isResumed ? session : undefined;
  // A next death may come before the agent has told its session again.
  if (resumed !== undefined) beat.session = resumed;
  const { signal, onStart: onSpawn } = hooksOf(execution);
  const hooks: AgentHooks = {
    signal,
    launcher: deps.launcher,
    onSession: (id) => (beat.session = id),
    onActivity: (note) => (beat.note = note),
    onSpawn,
  };
  return runtime(
    {
      agent: { ...agent, tools: isRuntimeName(agent.runtime) ? permission.tools : wholeTools(agent, permission) },
      prompt: await promptOf(execution, prompt),
      cwd: await folderOf(task, tree.cwd),
      env,
      taskKey: identity.taskKey,
      timeLimitMs: Math.min(task.timeLimitMs, agent.limits.timeLimitMs ?? Infinity),
      ...(resumed === undefined ? {} : { session: resumed }),
    },
    hooks,
  );
}

interface Chosen {
  runtime: Runtime;
  /** Further variables of the worker that its process gets. */
  variables: readonly string[];
}

function chosenRuntime({ deps, settings }: Execution, name: string): Chosen {
  if (isRuntimeName(name)) return { runtime: deps.runtimes[name], variables: RUNTIME_VARIABLES[name] };
  const cli = Object.hasOwn(settings.runtimes, name) ? settings.runtimes[name] : undefined;
  if (cli) return { runtime: cliRuntime(cli), variables: cli.variables };
  const hint = `there are ${[...RUNTIMES, ...Object.keys(settings.runtimes)].join(', ')}`;
  throw new BatonError('not_installed', `the worker has no runtime ${JSON.stringify(name)} in its baton.yaml`, {
    hint,
  });
}

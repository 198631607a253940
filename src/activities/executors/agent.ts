import { endLeftovers } from '../../agents/process/end.js';
import { taskEnvironment } from '../../agents/process/environment.js';
import { cliRuntime } from '../../agents/runtimes/cli.js';
import { RUNTIME_VARIABLES } from '../../agents/runtimes/index.js';
import type { AgentEnd, AgentHooks, Runtime } from '../../agents/runtimes/port.js';
import { isRuntimeName, RUNTIMES, type AgentDefinition } from '../../contract/agent.js';
import { isToChange, variablesUnder, wholeTools } from '../../allocation/permission.js';
import { BatonError } from '../../contract/errors.js';
import type { Json } from '../../contract/json.js';
import { LIMITS } from '../../contract/limits.js';
import type { Permission } from '../../contract/mode.js';
import type { Action } from '../../contract/plan.js';
import type { AgentWork } from '../../contract/report.js';
import type { ArtifactRef, TaskError, TaskResult } from '../../contract/task.js';
import type { Changes } from '../../workspace/worktree/changes.js';
import type { Integration } from '../../workspace/worktree/integrate.js';
import type { AgentTree } from '../../workspace/worktree/worktrees.js';
import { enforce, NOTHING_UNDONE, refusalText, type Enforced, type Undone } from '../permissions/enforce.js';
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
  const tree = await deps.worktrees.forAgent({
    ...order,
    workspace,
    signal,
    hasSession: session !== undefined,
    goesOn: order.permit !== undefined,
  });
  let end = tree.ended as KeptEnd | undefined;
  if (!end) {
    end = await work(execution, { agent, permission, prompt: action.prompt, tree, session });
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

/** With what was found and undone when an earlier delivery looked at its changes. */
type KeptEnd = AgentEnd & { undone?: Undone; patches?: ArtifactRef[] };

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

interface Ended {
  agent: AgentDefinition;
  permission: Permission;
  tree: AgentTree;
  end: KeptEnd;
  startedAt: number;
  mayChangeNothing: boolean;
}

const FILES_IN_RESULT = 50;

/** Makes a result of how the agent ended. Done again after a crash it comes to the same. */
async function carryOut(execution: Execution, ended: Ended): Promise<Executed> {
  const { deps, task } = execution;
  const { agent, permission, tree, end, startedAt } = ended;
  let undone = end.undone ?? NOTHING_UNDONE;
  const usage = end.usage ? { usage: end.usage } : {};
  const details = (text: string, changes: AgentWork['changes']): Executed['details'] => ({
    agent: {
      agent: agent.name,
      turns: end.turns,
      text: text.slice(0, LIMITS.agentPreviewChars),
      denials: end.denials.slice(0, LIMITS.agentDenials),
      ...undoneOf(undone),
      changes,
    },
  });
  const failed = async (error: TaskError, text: string, kept: ArtifactRef[] = []): Promise<Executed> => ({
    result: { kind: 'failed', startedAt, error, artifacts: [...kept, ...(await keepPatch(execution, tree))], ...usage },
    details: details(text, null),
  });
  if (end.kind === 'cancelled') {
    const artifacts = await keepPatch(execution, tree);
    return { result: { kind: 'cancelled', startedAt, artifacts, ...usage }, details: details(end.tail, null) };
  }
  if (end.kind === 'failed') return failed(withDenials(end.error, end), end.tail);
  let changes: Integration | undefined;
  let patches: ArtifactRef[];
  const answer = end.text === '' ? [] : [await deps.artifacts.put(`${task.id}.answer.md`, end.text)];
  try {
    const found = await inspect(execution, ended);
    undone = found.undone;
    patches = found.patches;
    if (undone.refused.named.length > 0) {
      const error: TaskError = { code: 'mode_violation', message: refusalText(undone.refused, permission.name) };
      return await failed(withDenials(error, end), end.text, [...answer, ...patches]);
    }
    if (found.kind === 'asks') {
      const artifacts = [...answer, ...(await keepPatch(execution, tree))];
      const result: TaskResult = { kind: 'parked', startedAt, session: end.session, asks: found.asks, artifacts };
      return { result, details: details(end.text, null) };
    }
    changes = await tree.integrate(task.title);
  } catch (error) {
    if (!(error instanceof BatonError) || error.code !== 'commit_failed') throw error;
    return failed({ code: error.code, message: [error.message, error.hint ?? ''].join('\n').trim() }, end.text);
  }
  if (changes?.kind === 'conflict') return failed(conflictError(changes), end.text);
  if (!changes && undone.rejected.named.length > 0) {
    return failed({ code: 'mode_violation', message: REJECTED }, end.text, [...answer, ...patches]);
  }
  if (!changes && !ended.mayChangeNothing) {
    return failed(withDenials({ code: 'no_effect', message: NO_EFFECT }, end), end.text, answer);
  }
  const result: TaskResult = {
    kind: 'completed',
    startedAt,
    summary: summaryOf(end, changes),
    output: outputOf(end, tree, changes),
    artifacts: [...answer, ...patches],
    ...usage,
  };
  const { commit, files, filesLeftOut } = changes ?? { commit: '', files: [], filesLeftOut: 0 };
  const work = changes ? { branch: tree.branch, commit, files, filesLeftOut } : null;
  return { result, details: details(end.text, work) };
}

function conflictError({ branch, conflicts, against }: Integration & { kind: 'conflict' }): TaskError {
  const others = against.length === 0 ? 'what is on the branch by now' : `what ${against.join(', ')} changed`;
  const files = conflicts.slice(0, 5).join(', ') + (conflicts.length > 5 ? ` and ${conflicts.length - 5} more` : '');
  const message = `its changes to ${files} conflict with ${others}; they are kept on the branch ${branch}`;
  return { code: 'merge_conflict', message: message.slice(0, LIMITS.errorTextBytes) };
}

const REJECTED = 'a person rejected all that the agent changed, and it was undone';
const NO_EFFECT =
  'the agent says that it is done, and changed nothing; where that may be, the task says effect: optional, or mode: ask';

/** Looks at what the agent changed, and undoes what it may not; before that, all of it is kept as a patch of another name. */
async function inspect(
  execution: Execution,
  { permission, tree, end }: Ended,
): Promise<Enforced & { patches: ArtifactRef[] }> {
  const { order, task } = execution;
  let patches = end.patches ?? [];
  const before = async (undone: Undone): Promise<void> => {
    if (patches.length === 0) patches = await keepPatch(execution, tree, 'refused');
    await tree.keepEnd({ ...end, undone, patches } satisfies KeptEnd);
  };
  const known = end.undone ?? NOTHING_UNDONE;
  return { ...(await enforce(tree, permission, { known, before, permit: order.permit, task: task.id })), patches };
}

function undoneOf({ refused, rejected }: Undone): Pick<AgentWork, 'refused' | 'refusedLeftOut'> {
  const named = [...refused.named, ...rejected.named];
  return named.length === 0 ? {} : { refused: named, refusedLeftOut: refused.leftOut + rejected.leftOut };
}

/** The changes of an agent that did not end well; without them where they cannot be read. */
async function keepPatch({ deps, task }: Execution, tree: AgentTree, name = 'changes'): Promise<ArtifactRef[]> {
  const patch = await tree.patch().catch((error: unknown) => {
    deps.log.warn({ task: task.id, error: String(error) }, 'what the agent changed could not be kept');
    return undefined;
  });
  return patch ? [await deps.artifacts.put(`${task.id}.${name}.patch`, patch)] : [];
}

function summaryOf(end: AgentEnd & { kind: 'done' }, changes: Changes | undefined): string {
  const count = changes ? changes.files.length + changes.filesLeftOut : 0;
  const changed = changes ? `${count} file${count === 1 ? '' : 's'} changed` : 'nothing changed';
  const said = end.text.replace(/\s+/g, ' ').trim();
  return [changed, ...deniedOf(end), ...(said === '' ? [] : [said])].join('; ').slice(0, LIMITS.agentSummaryChars);
}

function outputOf(end: AgentEnd, { branch }: AgentTree, changes: Changes | undefined): Json {
  const { session, turns, denials } = end;
  const { commit = null, files = [], filesLeftOut = 0 } = changes ?? {};
  // All of them stand in the task's record; what crosses Temporal is bounded.
  const paths = files.slice(0, FILES_IN_RESULT).map(({ path }) => path.slice(0, 300));
  return {
    session,
    turns,
    denials: denials.length,
    branch: changes ? branch : null,
    commit,
    files: paths,
    filesLeftOut: filesLeftOut + files.length - paths.length,
  };
}

/** The tools that the agent was not allowed, each once. */
const deniedOf = ({ denials }: AgentEnd): string[] =>
  denials.length === 0 ? [] : [`not allowed: ${[...new Set(denials.map(({ tool }) => tool))].join(', ')}`];

const withDenials = (error: TaskError, end: AgentEnd): TaskError => ({
  ...error,
  message: [error.message, ...deniedOf(end)].join('; ').slice(0, LIMITS.errorTextBytes),
});

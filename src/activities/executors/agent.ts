import { endLeftovers } from '../../agents/process/end.js';
import type { AgentEnd, AgentHooks } from '../../agents/runtimes/port.js';
import { isRuntimeName, type AgentDefinition } from '../../contract/agent.js';
import { isToChange, wholeTools } from '../../allocation/permission.js';
import { BatonError } from '../../contract/errors.js';
import type { Permission } from '../../contract/mode.js';
import type { Action } from '../../contract/plan.js';
import type { Permit, ProcessUsage } from '../../contract/task.js';
import type { AgentTree } from '../../workspace/worktree/worktrees.js';
import { askForTool } from '../permissions/ask.js';
import { carryOut, type KeptEnd } from './agent-end.js';
import { knownLimit, metLimit, programOf, type AccountLimit, type Program } from './agent-program.js';
import { promptOf } from './agent-prompt.js';
import { folderOf, hooksOf, type Executed, type Execution } from './execution.js';
import { sandboxFor } from './sandbox.js';
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
  const session = order.talk?.head ?? execution.before?.session ?? order.resume?.session;
  const program = await programOf(execution, agent, permission);
  const heldBack = ({ account, until }: AccountLimit): Executed => ({
    result: { kind: 'limited', startedAt, account, until, session: session ?? null },
    details: {},
  });
  // Only an attempt that was under way before can have ended already.
  const isFresh = identity.attempt === order.attempt && order.permit === undefined && !order.talk;
  const known = isFresh ? await knownLimit(execution, program.account) : undefined;
  if (known) return heldBack(known);
  const repairs = action.repairs && { repairs: action.repairs };
  const tree = await deps.worktrees.forAgent({
    ...order,
    workspace,
    signal,
    hasSession: session !== undefined,
    goesOn: order.permit !== undefined || order.resume !== undefined,
    ...repairs,
  });
  let end = tree.ended as KeptEnd | undefined;
  let limit: AccountLimit | undefined;
  if (!end) {
    const isMerged = tree.conflicts?.length === 0 && action.repairs?.check === undefined;
    const late = isFresh || isMerged || order.talk ? undefined : await knownLimit(execution, program.account);
    if (late) return heldBack(late);
    end = isMerged
      ? MERGED
      : await work(execution, { agent, permission, prompt: action.prompt, tree, session, program });
    if (end.kind === 'cancelled' && signal.reason === 'shutdown') throw new CancelledFailure('WORKER_SHUTDOWN');
    // What it left running must not go on writing where its changes are taken in.
    await endLeftovers(identity.taskKey);
    limit = isMerged ? undefined : await metLimit(execution, program.account, end);
    // One that goes on later has not ended.
    if (!limit && end.kind !== 'parked') await tree.keepEnd(end);
  }
  // A repair may find that nothing of the conflict is to be kept.
  const mayChangeNothing =
    action.effect === 'optional' || tree.conflicts !== undefined || !isToChange(agent, permission);
  const { skill } = action;
  const optional = { ...(limit && { limit }), ...(skill && { skill }) };
  const ended = { agent, permission, tree, end, startedAt, mayChangeNothing, ...optional };
  const executed = await carryOut(execution, ended);
  const nearMisses = order.talk?.nearMisses ?? 0;
  if (executed.details.agent && nearMisses > 0) executed.details.agent.nearMisses = nearMisses;
  // What is asked about, or goes on later, waits where it is.
  const { kind } = executed.result;
  return kind === 'parked' || kind === 'limited' ? executed : { ...executed, settle: () => tree.remove() };
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
  program: Program;
}

async function work(execution: Execution, job: Job): Promise<KeptEnd> {
  const { agent, permission, prompt, tree, session, program } = job;
  const { deps, order, task, identity, beat } = execution;
  const resumed = tree.isResumed ? session : undefined;
  // A next death may come before the agent has told its session again.
  if (resumed !== undefined) beat.session = resumed;
  const { signal, onStart: onSpawn } = hooksOf(execution);
  let measured: ProcessUsage | null = null;
  const hooks: AgentHooks = {
    signal,
    launcher: deps.launcher,
    onSession: (id) => (beat.session = id),
    onActivity: (note) => (beat.note = note),
    onSpawn,
    onMeasured: (used) => (measured = addUp(measured, used)),
    ...(agent.asks === false ? {} : { onAsk: (ask) => askForTool(execution, { permission, env: program.env }, ask) }),
  };
  const used = resumed === order.resume?.session ? order.resume?.used : undefined;
  const end = await program.runtime(
    {
      agent: { ...agent, tools: isRuntimeName(agent.runtime) ? permission.tools : wholeTools(agent, permission) },
      prompt: await promptOf(execution, prompt),
      cwd: await folderOf(task, tree.cwd),
      env: program.env,
      mcpConfig: program.mcpConfig,
      taskKey: identity.taskKey,
      sandbox: await sandboxFor(execution, { worktree: tree.cwd, env: program.env }),
      mode: permission.name,
      timeLimitMs: Math.min(task.timeLimitMs, agent.limits.timeLimitMs ?? Infinity),
      ...(resumed === undefined ? {} : { session: resumed, ...saidOf(order.permit) }),
      ...(used && { usedBefore: used }),
      ...(order.budgetUsd === undefined ? {} : { budgetUsd: order.budgetUsd }),
    },
    hooks,
  );
  return { ...end, processes: measured };
}

/** Of processes that came one after the other. */
function addUp(before: ProcessUsage | null, used: ProcessUsage | null): ProcessUsage | null {
  if (!before || !used) return used ?? before;
  return {
    cpuMs: before.cpuMs + used.cpuMs,
    peakMemoryBytes: Math.max(before.peakMemoryBytes, used.peakMemoryBytes),
    peakProcesses: Math.max(before.peakProcesses, used.peakProcesses),
  };
}

function saidOf(permit: Permit | undefined): { said?: string } {
  if (!permit) return {};
  const isAllowed = permit.choice === 'approve';
  const next = isAllowed
    ? 'Make exactly that call again, then finish the task.'
    : 'Go on without it, and finish the task.';
  const why = permit.comment === undefined ? '' : ` They say: ${permit.comment}`;
  return {
    said: `A person has ${isAllowed ? 'allowed' : 'refused'} the tool call that you asked leave for.${why} ${next}`,
  };
}

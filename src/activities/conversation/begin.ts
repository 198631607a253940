import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { TaskOrder } from '../../contract/orders.js';
import type { AgentTree } from '../../workspace/worktree/worktrees.js';
import type { Deps } from '../deps.js';
import { knownLimit } from '../executors/agent-program.js';
import { promptOf } from '../executors/agent-prompt.js';
import type { Execution } from '../executors/execution.js';
import { performStep } from '../perform.js';
import { modelPlace } from './provider.js';
import type { Begun } from './types.js';

/** Prepares an attempt of an agent that is a conversation: its worktree, and what it is asked to do. */
export const beginConversation = (deps: Deps, order: TaskOrder): Promise<Begun> =>
  performStep(deps, order, async (execution): Promise<Begun> => {
    const { task } = execution;
    if (task.action.kind !== 'agent' || !task.allocation)
      throw new BatonError('internal', `${task.id} is no task of an agent`);
    const { agent } = task.allocation;
    const { account } = modelPlace(execution, agent);
    const isFresh = order.permit === undefined;
    if (isFresh && (await knownLimit(execution, account))) return { kind: 'over' };
    const tree = await treeOf(execution, order.resume?.session);
    const { repairs } = task.action;
    const isMerged = tree.conflicts?.length === 0 && repairs?.check === undefined;
    if (tree.ended !== undefined || isMerged) return { kind: 'over' };
    const head = tree.isResumed ? (order.resume?.session ?? null) : null;
    const text = head === null ? await promptOf(execution, task.action.prompt) : GO_ON;
    const { sha256: brief } = await deps.artifacts.put(`${task.id}.prompt.md`, text);
    const cost = Math.min(order.budgetUsd ?? Infinity, agent.limits.maxCostUsd ?? Infinity);
    return {
      kind: 'ready',
      head,
      brief,
      maxTurns: agent.limits.maxTurns ?? LIMITS.conversationTurns,
      maxCostUsd: Number.isFinite(cost) ? cost : null,
    };
  });

const GO_ON = 'You were held up, and go on now where you were. Finish the task.';

/** The worktree of the attempt; that of a conversation under way where it has one. */
export function treeOf({ deps, order, task, workspace, signal }: Execution, session?: string): Promise<AgentTree> {
  const repairs = task.action.kind === 'agent' && task.action.repairs;
  return deps.worktrees.forAgent({
    ...order,
    workspace,
    signal,
    hasSession: session !== undefined,
    goesOn: order.permit !== undefined || order.resume !== undefined,
    ...(repairs ? { repairs } : {}),
  });
}

import type { AgentDefinition } from '../contract/agent.js';
import { splitModel } from '../contract/model-provider.js';
import type { Action, GraphNode, Plan, PlanTask } from '../contract/plan.js';
import { PRIORITIES } from '../contract/task.js';

const LABEL_CHARS = 60;

/** The plan's tasks as what the workflow needs of them, in the plan's order; dependencies become positions. */
export function toGraph(plan: Plan): GraphNode[] {
  const positions = new Map(plan.tasks.map(({ id }, position) => [id, position]));
  return plan.tasks.map((task) => ({
    id: task.id,
    title: task.title,
    kind: task.kind,
    type: task.type,
    label: labelOf(task),
    agent: agentOf(task),
    dependencies: task.dependencies.flatMap((id) => positions.get(id) ?? []),
    estimateMs: task.estimateMs,
    timeLimitMs: task.timeLimitMs,
    retries: task.retries,
    priority: PRIORITIES.indexOf(task.priority),
    risk: task.risk,
    criticality: task.criticality,
    delivers: task.delivers,
    ...(task.touches.length > 0 && task.kind === 'skill' ? { touches: task.touches } : {}),
    ...(task.resources ? { resources: task.resources } : {}),
    ...(task.checks ? { checks: task.checks.length } : {}),
    ...repairsOf(task, positions),
    ...accountOf(task),
    ...(task.action.kind === 'decision' ? { decision: decisionOf(task.action) } : {}),
  }));
}

function repairsOf({ action }: PlanTask, positions: ReadonlyMap<string, number>): Pick<GraphNode, 'repairs'> {
  const task = action.kind === 'agent' && action.repairs ? positions.get(action.repairs.task) : undefined;
  return task === undefined ? {} : { repairs: task };
}

/** Variables of its own may be those of another login. */
function accountOf({
  id,
  env,
  secrets = {},
  allocation,
}: PlanTask): Pick<GraphNode, 'account' | 'maxCostUsd' | 'talks'> {
  if (!allocation) return {};
  const { limits } = allocation.agent;
  const isTalk = allocation.agent.runtime === 'model';
  // Each provider has limits of its own.
  const runtime = isTalk ? `model/${splitModel(allocation.agent.model)?.provider ?? ''}` : allocation.agent.runtime;
  const cost = limits.maxCostUsd === undefined ? {} : { maxCostUsd: limits.maxCostUsd };
  return {
    ...cost,
    ...(isTalk ? { talks: true as const } : {}),
    account: Object.keys({ ...env, ...secrets }).length === 0 ? runtime : `${runtime}#${id}`,
  };
}

/** `command:npm`, `shell`, `skill:inventory`, `agent:NAME`, `decision`: letters, digits, `:`, `.`, `_` and `-`, at most 60. */
export function labelOf(task: Doing): string {
  const label = rawLabel(task).replace(/[^A-Za-z0-9:._-]/g, '_');
  return label.slice(0, LABEL_CHARS);
}

/** What is done, and by whom where that was found out. */
type Doing = Pick<PlanTask, 'action' | 'allocation'>;

function rawLabel(task: Doing): string {
  const { action } = task;
  switch (action.kind) {
    case 'command':
      return `command:${(action.argv[0] ?? '').split(/[/\\]/).at(-1) || 'program'}`;
    case 'skill':
      return `skill:${action.name}`;
    case 'program':
      return `skill:${action.skill}`;
    case 'tool':
      return `mcp:${action.server}.${action.tool}`;
    case 'agent':
      return `agent:${agentOf(task)}`;
    case 'shell':
    case 'decision':
      return action.kind;
  }
}

/** Who carries a task out, as reports name it. */
export function agentOf({ action, allocation }: Doing): string {
  switch (action.kind) {
    case 'command':
    case 'shell':
      return 'command';
    case 'skill':
    case 'program':
    case 'tool':
      return 'skills';
    case 'agent':
      return allocation?.agent.name ?? action.agent ?? 'any';
    case 'decision':
      return 'person';
  }
}

/** The agents that a plan's tasks were given to, by name. */
export function agentsOf({ tasks }: Plan): AgentDefinition[] {
  const agents = new Map(
    tasks.flatMap(({ allocation }) => (allocation ? [[allocation.agent.name, allocation.agent]] : [])),
  );
  return [...agents.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function decisionOf(action: Extract<Action, { kind: 'decision' }>): NonNullable<GraphNode['decision']> {
  const { kind: _, ...decision } = action;
  return decision;
}

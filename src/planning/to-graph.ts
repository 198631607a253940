import type { Action, GraphNode, Plan } from '../contract/plan.js';
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
    label: labelOf(task.action),
    agent: agentOf(task.action),
    dependencies: task.dependencies.flatMap((id) => positions.get(id) ?? []),
    estimateMs: task.estimateMs,
    timeLimitMs: task.timeLimitMs,
    retries: task.retries,
    priority: PRIORITIES.indexOf(task.priority),
    risk: task.risk,
    criticality: task.criticality,
    delivers: task.delivers,
    ...(task.action.kind === 'decision' ? { decision: decisionOf(task.action) } : {}),
  }));
}

/** `command:npm`, `shell`, `skill:inventory`, `agent:NAME`, `decision`: letters, digits, `:`, `.`, `_` and `-`, at most 60. */
export function labelOf(action: Action): string {
  const label = rawLabel(action).replace(/[^A-Za-z0-9:._-]/g, '_');
  return label.slice(0, LABEL_CHARS);
}

function rawLabel(action: Action): string {
  switch (action.kind) {
    case 'command':
      return `command:${(action.argv[0] ?? '').split(/[/\\]/).at(-1) || 'program'}`;
    case 'skill':
      return `skill:${action.name}`;
    case 'agent':
      return `agent:${action.agent ?? 'any'}`;
    case 'shell':
    case 'decision':
      return action.kind;
  }
}

/** Who carries an action out, as reports name it. */
export function agentOf(action: Action): string {
  switch (action.kind) {
    case 'command':
    case 'shell':
      return 'command';
    case 'skill':
      return 'skills';
    case 'agent':
      return action.agent ?? 'any';
    case 'decision':
      return 'person';
  }
}

function decisionOf(action: Extract<Action, { kind: 'decision' }>): NonNullable<GraphNode['decision']> {
  const { kind: _, ...decision } = action;
  return decision;
}

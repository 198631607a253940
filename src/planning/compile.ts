import { LIMITS } from '../contract/limits.js';
import type { Action, Plan, PlanDraft, PlanTask, TaskDraft, TaskKind } from '../contract/plan.js';
import { SKILL_NAMES } from '../contract/skills.js';
import { levelsOf } from './graph.js';
import { addInferredEdges } from './inferred-edges.js';
import { topologicalOrder } from './order.js';
import { refuse, resolveDependencies } from './references.js';

/** The kind of task that each action makes. */
const KIND_OF_ACTION: Record<Action['kind'], TaskKind> = {
  command: 'skill',
  shell: 'skill',
  skill: 'skill',
  program: 'skill',
  tool: 'skill',
  agent: 'agent',
  decision: 'decision',
};

/** What a task is taken to last where the plan does not say. */
const DEFAULT_ESTIMATE_MS: Record<Action['kind'], number> = {
  command: 30_000,
  shell: 30_000,
  skill: 10_000,
  program: 30_000,
  tool: 10_000,
  agent: 5 * 60_000,
  decision: 0,
};

/**
 * A draft as a plan: ids and references checked, edges inferred from inputs and outputs added (see `addInferredEdges`), what was left open filled in,
 * tasks in topological order (as near to the order of definition as it allows). Throws BatonError `bad_input` with the path of each problem.
 */
export function compilePlan(draft: PlanDraft, defaults: { maxParallel: number }): Plan {
  if (draft.tasks.length === 0) refuse([{ path: 'tasks', message: 'empty; a plan has at least one task' }]);
  checkDecisions(draft.tasks);
  const edges = resolveDependencies(draft.tasks);
  const notes = addInferredEdges(draft.tasks, edges);
  const nodes = edges.map((dependencies) => ({ dependencies }));
  const order = topologicalOrder(nodes);
  const levels = levelsOf(nodes, order);
  const tasks = order.flatMap((position): PlanTask[] => {
    const task = draft.tasks[position];
    if (!task) return [];
    const dependencies = (edges[position] ?? []).map((dependency) => draft.tasks[dependency]?.id ?? '');
    return [planTask({ ...task, dependencies }, levels[position] ?? 0)];
  });
  const isChain = new Set(levels).size === levels.length;
  return {
    v: 1,
    name: draft.name,
    description: draft.description,
    strategy: isChain ? 'sequential' : 'parallel',
    maxParallel: draft.maxParallel ?? defaults.maxParallel,
    onFailure: draft.onFailure,
    tasks,
    notes: bounded(notes),
  };
}

/** A task with what its draft left open filled in. */
export function planTask(task: TaskDraft, level: number): PlanTask {
  return {
    ...task,
    kind: KIND_OF_ACTION[task.action.kind],
    estimateMs: task.estimateMs ?? defaultEstimateMs(task.action),
    timeLimitMs: task.timeLimitMs ?? LIMITS.taskTimeLimitMs,
    level,
  };
}

function defaultEstimateMs(action: Action): number {
  const skill = action.kind === 'skill' ? SKILL_NAMES.find(({ name }) => name === action.name) : undefined;
  return skill?.estimateMs ?? DEFAULT_ESTIMATE_MS[action.kind];
}

function bounded(notes: string[]): string[] {
  const left = notes.length - LIMITS.planNotes;
  return left > 0 ? [...notes.slice(0, LIMITS.planNotes), `… and ${left} more notes`] : notes;
}

/** A question may not answer itself at its deadline with something that nobody said, and a plan may not ask without end. */
function checkDecisions(tasks: readonly TaskDraft[]): void {
  const asking = tasks.flatMap(({ action }, position) => (action.kind === 'decision' ? [{ action, position }] : []));
  if (asking.length > LIMITS.planDecisions) {
    refuse([{ path: 'tasks', message: `${asking.length} tasks ask; at most ${LIMITS.planDecisions} may` }]);
  }
  const open = asking.filter(
    ({ action }) =>
      action.deadlineMs !== undefined &&
      action.otherwise === undefined &&
      !action.options.some((option) => option === 'reject' || option === 'skip'),
  );
  if (open.length === 0) return;
  refuse(
    open.map(({ position }) => ({
      path: `tasks[${position}].decision.otherwise`,
      message: 'needed with a deadline: which option counts then? (without it, reject or skip must be an option)',
    })),
  );
}

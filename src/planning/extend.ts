import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import type { Plan, PlanTask, TaskDraft } from '../contract/plan.js';
import { planTask } from './compile.js';
import { nearest } from './nearest.js';

/**
 * A plan with tasks added at its end, each of which may depend on what stands before it; the tasks that it had keep their places.
 * Throws BatonError `bad_input` with the path of what is wrong.
 */
export function extendPlan(plan: Plan, drafts: readonly TaskDraft[]): Plan {
  const tasks = [...plan.tasks];
  const levels = new Map(tasks.map(({ id, level }) => [id, level]));
  for (const draft of drafts) {
    if (levels.has(draft.id)) refuse('id', `the plan has a task ${draft.id} already`);
    if (tasks.length >= LIMITS.planTasks) refuse('tasks', `a plan has at most ${LIMITS.planTasks} tasks`);
    draft.dependencies.forEach((id, position) => {
      if (!levels.has(id)) refuse(`dependencies[${position}]`, `the plan has no task ${id}${suggestion(id, levels)}`);
    });
    const task = planTask(draft, 1 + Math.max(-1, ...draft.dependencies.map((id) => levels.get(id) ?? 0)));
    checkQuestions(tasks, task);
    tasks.push(task);
    levels.set(task.id, task.level);
  }
  return { ...plan, tasks };
}

function checkQuestions(tasks: readonly PlanTask[], task: PlanTask): void {
  if (task.kind !== 'decision') return;
  const asking = tasks.filter(({ kind }) => kind === 'decision').length;
  if (asking >= LIMITS.planDecisions) refuse('tasks', `at most ${LIMITS.planDecisions} tasks may ask`);
}

function suggestion(id: string, levels: ReadonlyMap<string, number>): string {
  const close = nearest(id, [...levels.keys()]);
  return close === undefined ? '' : `; did you mean ${close}?`;
}

function refuse(path: string, message: string): never {
  throw new BatonError('bad_input', `${path}: ${message}`, { path, hint: 'see the tasks with: baton status ID' });
}

/** The id that is wanted, with a number where the plan has it already. */
export function freeId({ tasks }: Plan, wanted: string): string {
  const taken = new Set(tasks.map(({ id }) => id));
  let id = wanted;
  for (let suffix = 2; taken.has(id); suffix += 1) id = `${wanted}-${suffix}`;
  return id;
}

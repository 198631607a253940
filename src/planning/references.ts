import type { Problem } from '../contract/errors.js';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import type { TaskDraft } from '../contract/plan.js';
import { SKILL_NAMES } from '../contract/skills.js';
import { nearest } from './nearest.js';
import { findCycle, formatCycle } from './order.js';

const HINT = 'correct the plan; `baton plan --plan FILE` checks one without running anything';

/**
 * The explicit dependencies of each task as positions, each once. Throws BatonError `bad_input` that lists duplicate ids, missing dependencies,
 * unknown skills, tasks that depend on themselves, or else names one cycle.
 */
export function resolveDependencies(tasks: readonly TaskDraft[]): number[][] {
  const positions = new Map<string, number>();
  const problems: Problem[] = unknownSkills(tasks);
  tasks.forEach(({ id }, i) => {
    const first = positions.get(id);
    if (first === undefined) positions.set(id, i);
    else problems.push({ path: `tasks[${i}].id`, message: `the id "${id}" is already that of tasks[${first}]` });
  });
  const ids = [...positions.keys()];
  const edges = tasks.map((task, i) => {
    const dependencies = new Set<number>();
    task.dependencies.forEach((dependency, j) => {
      const position = positions.get(dependency);
      const path = `tasks[${i}].dependencies[${j}]`;
      if (dependency === task.id) problems.push({ path, message: `the task "${task.id}" depends on itself` });
      else if (position !== undefined) dependencies.add(position);
      else {
        const near = problems.length < LIMITS.problemsListed ? nearest(dependency, ids) : undefined;
        const suggestion = near === undefined ? '' : `; did you mean "${near}"?`;
        problems.push({ path, message: `no task has the id "${dependency}"${suggestion}` });
      }
    });
    return [...dependencies];
  });
  if (problems.length > 0) refuse(problems);
  refuseCycle(tasks, edges);
  return edges;
}

function unknownSkills(tasks: readonly TaskDraft[]): Problem[] {
  const names = SKILL_NAMES.map(({ name }): string => name);
  return tasks.flatMap(({ action }, i) => {
    if (action.kind !== 'skill' || names.includes(action.name)) return [];
    const message = `there is no skill ${JSON.stringify(action.name)}; the skills are ${names.join(', ')}`;
    return [{ path: `tasks[${i}].skill`, message }];
  });
}

function refuseCycle(tasks: readonly TaskDraft[], edges: readonly number[][]): void {
  const cycle = findCycle(edges.map((dependencies) => ({ dependencies })));
  if (!cycle) return;
  const [first = 0, second = 0] = cycle;
  const at = tasks[first]?.dependencies.indexOf(tasks[second]?.id ?? '') ?? 0;
  const named = formatCycle(cycle.map((position) => tasks[position]?.id ?? ''));
  const message = `${cycle.length} tasks depend on each other in a cycle: ${named} (each needs the next)`;
  refuse([{ path: `tasks[${first}].dependencies[${at}]`, message }]);
}

/** Throws `bad_input` with one line `path: message` for each of the first 20 problems. */
export function refuse(problems: readonly Problem[]): never {
  const lines = problems.slice(0, LIMITS.problemsListed).map(({ path, message }) => `${path}: ${message}`);
  if (problems.length > lines.length) lines.push(`… and ${problems.length - lines.length} more`);
  const path = problems[0]?.path;
  throw new BatonError('bad_input', lines.join('\n'), { hint: HINT, ...(path === undefined ? {} : { path }) });
}

import { formatDuration } from '../contract/durations.js';
import { LIMITS } from '../contract/limits.js';
import type { Plan } from '../contract/plan.js';
import type { Preview } from './preview.js';

/** The plan as a person reads it: plain lines without colour, each a task, by level; at most 100 tasks, the rest counted. */
export function renderPlanText(plan: Plan, preview: Preview): string {
  const { estimate } = preview;
  const lines = [
    `Plan ${inert(plan.name)}: ${count(plan.tasks.length, 'task')} on ${count(preview.levels.length, 'level')}, ` +
      `${plan.strategy}, up to ${plan.maxParallel} at once`,
    ...(plan.description === '' ? [] : [inert(plan.description)]),
    `Estimate: ${formatDuration(estimate.makespanMs)} (one after the other ${formatDuration(estimate.sequentialMs)}, ` +
      `at best ${formatDuration(estimate.lowerBoundMs)}); ${Math.round(preview.parallelismRate * 100)} % of the work in parallel; $${estimate.costUsd.toFixed(2)}`,
    '',
    ...taskLines(plan, preview),
    '',
    `Critical path: ${path(preview.criticalPath)}`,
  ];
  for (const { task, question, options, otherwise } of preview.decisions.slice(0, LIMITS.milestones)) {
    const late = otherwise === null ? '' : `; without an answer ${inert(otherwise)}`;
    lines.push(
      `Decision ${task}: ${inert(question, 1000)} (${options.map((option) => inert(option)).join(' / ')}${late})`,
    );
  }
  lines.push(...agentLines(preview));
  lines.push(...plan.notes.map((note) => `Note: ${inert(note, 400)}`));
  return `${lines.join('\n')}\n`;
}

function taskLines(plan: Plan, preview: Preview): string[] {
  const agents = new Map(preview.allocations.map(({ task, agent }) => [task, agent]));
  const critical = new Set(preview.criticalPath);
  const byId = new Map(plan.tasks.map((task) => [task.id, task]));
  const lines: string[] = [];
  let shown = 0;
  for (const [level, ids] of preview.levels.entries()) {
    if (shown >= LIMITS.previewRows) break;
    lines.push(`Level ${level + 1}`);
    for (const id of ids.slice(0, LIMITS.previewRows - shown)) {
      const task = byId.get(id);
      if (!task) continue;
      shown += 1;
      const title = task.title === id ? '' : `  ${inert(task.title, 80)}`;
      const after = task.dependencies.length === 0 ? '' : `  after ${few(task.dependencies, 3)}`;
      const mark = critical.has(id) ? '*' : ' ';
      lines.push(
        `  ${mark} ${id}${title}  [${inert(agents.get(id) ?? '')}, ${formatDuration(task.estimateMs)}]${after}`,
      );
    }
  }
  const left = plan.tasks.length - shown;
  if (left > 0) lines.push(`  … and ${count(left, 'more task')}`);
  lines.push('(* on the critical path)');
  return lines;
}

/** Who got the tasks of agents, and why. */
function agentLines({ allocations }: Preview): string[] {
  const chosen = allocations.filter(({ candidates }) => candidates);
  const shown = chosen.slice(0, LIMITS.previewRows);
  const lines = shown.map(({ task, agent, why }) => `Agent of ${task}: ${inert(agent)} (${inert(why, 300)})`);
  return chosen.length > shown.length
    ? [...lines, `… and ${count(chosen.length - shown.length, 'more task')} of agents`]
    : lines;
}

/** A stranger's text on one line, cut, with nothing in it that a terminal would act on. */
export function inert(text: string, max = 200): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const cut = line.length > max ? `${line.slice(0, max - 1)}…` : line;
  return cut.replace(/\p{C}/gu, '�');
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

const few = (ids: readonly string[], max: number): string =>
  ids.length > max ? `${ids.slice(0, max).join(', ')} and ${ids.length - max} more` : ids.join(', ');

function path(ids: readonly string[]): string {
  const cut = ids.length - 10;
  return (cut > 1 ? [...ids.slice(0, 8), `… ${cut} more …`, ...ids.slice(-2)] : ids).join(' → ');
}

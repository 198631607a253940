import type { PlanHead } from '../contract/orders.js';
import type { Plan, PlanTask } from '../contract/plan.js';

const COMMANDS_SHOWN = 20;
const COMMAND_CHARS = 300;

interface Circumstances {
  plan: Plan;
  digest: string;
  /** The user brought the plan; otherwise Baton made it. */
  isUsers: boolean;
  /** The request carries the mark of Baton's own client. */
  isTrusted: boolean;
  needsApproval: boolean;
  allowShell: boolean;
}

/**
 * What must be approved before anything runs. Starting a workflow grants nothing: commands in a plan run freely only where the plan came
 * through Baton's own client, and a string for the shell only where the configuration allows it.
 */
export function approvalFor({
  plan,
  digest,
  isUsers,
  isTrusted,
  needsApproval,
  allowShell,
}: Circumstances): PlanHead['approval'] {
  const commands = isUsers && !isTrusted ? plan.tasks.filter((task) => commandOf(task) !== undefined) : [];
  const scripts = allowShell ? [] : plan.tasks.filter((task) => task.action.kind === 'shell');
  if (commands.length === 0 && scripts.length === 0 && !needsApproval) return null;
  const shown = commands.length > 0 ? commands : scripts;
  const why =
    commands.length > 0
      ? `This plan was not submitted through Baton's own client. Run its ${count(commands, 'command')}?`
      : scripts.length > 0
        ? `This plan hands ${count(scripts, 'text')} to the shell. Run it?`
        : 'Carry out this plan?';
  const context: Record<string, string> = {};
  for (const task of shown.slice(0, COMMANDS_SHOWN))
    context[task.id] = `${commandOf(task) ?? ''}${surroundings(task)}`.slice(0, COMMAND_CHARS);
  if (shown.length > COMMANDS_SHOWN) context['…'] = `and ${shown.length - COMMANDS_SHOWN} more`;
  return {
    question: why,
    summary: `${plan.name}: ${count(plan.tasks, 'task')}`,
    digest,
    risk: Math.max(0, ...plan.tasks.map((task) => task.risk)),
    criticality: Math.max(0, ...plan.tasks.map((task) => task.criticality)),
    context,
  };
}

/** The program that a task would start, as text. */
function commandOf({ action }: PlanTask): string | undefined {
  if (action.kind === 'command') return action.argv.join(' ');
  if (action.kind === 'shell') return action.script;
  if (action.kind === 'skill' && action.name === 'project-command') return JSON.stringify(action.with['argv']);
  return undefined;
}

/** Where and with which variables it would start, since they can change what a program does. */
function surroundings({ cwd, env }: PlanTask): string {
  const names = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const where = cwd === '.' ? [] : [`in ${cwd}`];
  const parts = [...where, ...(names.length > 0 ? [`with ${names.join(' ')}`] : [])];
  return parts.length > 0 ? `   (${parts.join(', ')})` : '';
}

const count = (items: readonly unknown[], noun: string): string =>
  `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;

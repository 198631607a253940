import type { Allocation } from '../contract/agent.js';
import type { PlanHead } from '../contract/orders.js';
import type { Plan, PlanTask } from '../contract/plan.js';
import type { PolicyResult } from '../contract/policy.js';
import { checksOf } from './checks.js';

const COMMANDS_SHOWN = 20;
const COMMAND_CHARS = 300;

export interface Circumstances {
  /** What was brought: a plan, or one task that is added to it. */
  what?: 'plan' | 'task';
  plan: Plan;
  digest: string;
  /** The user brought the plan; otherwise Baton made it. */
  isUsers: boolean;
  /** The request carries the mark of Baton's own client. */
  isTrusted: boolean;
  needsApproval: boolean;
  allowShell: boolean;
  /** Uncommitted files of the repository, which agents that write will not see; 0 where no agent writes. */
  uncommitted: number;
  /** What policies demand; denials are no matter of approval. */
  policies: readonly PolicyResult[];
}

/**
 * What must be approved before anything runs. Starting a workflow grants nothing: commands and agents of a plan run freely only where the plan
 * came through Baton's own client, and a string for the shell only where the configuration allows it. Agents that would start from HEAD while
 * there are uncommitted changes are asked about whoever sent the plan.
 */
export function approvalFor(circumstances: Circumstances): PlanHead['approval'] {
  const { plan, digest, needsApproval, uncommitted } = circumstances;
  const required = circumstances.policies.filter(({ then }) => then === 'require');
  const { shown, reasons } = reasonsFor(circumstances);
  if (reasons.length === 0 && !needsApproval) return null;
  const context: Record<string, string> = {};
  for (const task of shown.slice(0, COMMANDS_SHOWN)) {
    context[task.id] = `${doingOf(task) ?? ''}${surroundings(task)}`.slice(0, COMMAND_CHARS);
    const checks = checksOf(task).map(({ text }) => text);
    if (checks.length > 0) context[`checks of ${task.id}`] = checks.join('; ').slice(0, COMMAND_CHARS);
  }
  if (shown.length > COMMANDS_SHOWN) context['…'] = `and ${shown.length - COMMANDS_SHOWN} more`;
  for (const [name, powers] of powersIn(plan).slice(0, COMMANDS_SHOWN)) context[name] = powers;
  for (const [name, said] of demandsOf(required)) context[name] = said;
  if (uncommitted > 0)
    context['uncommitted'] = `${uncommitted} changed or new files stay out; commit or stash them to have them in`;
  return {
    question: reasons.length === 0 ? 'Carry out this plan?' : reasons.join(' '),
    summary: `${plan.name}: ${count(plan.tasks, 'task')}`,
    digest,
    risk: Math.max(0, ...plan.tasks.map((task) => task.risk)),
    criticality: Math.max(
      required.length > 0 ? CRITICALITY_OF_POLICIES : 0,
      ...plan.tasks.map((task) => task.criticality),
    ),
    context,
  };
}

/** Over the criticality that a standing "yes" answers: a decision that a policy requires is one that somebody takes. */
const CRITICALITY_OF_POLICIES = 0.9;

/** Each policy once, with what it is about and whom it concerns. */
function demandsOf(required: readonly PolicyResult[]): [string, string][] {
  const names = [...new Set(required.map(({ policy }) => policy))].slice(0, COMMANDS_SHOWN);
  return names.map((name) => {
    const own = required.filter(({ policy }) => policy === name);
    const tasks = [...new Set(own.flatMap(({ task }) => (task === '' ? [] : [task])))].join(', ');
    const { reason = '', who = [] } = own[0] ?? {};
    const parts = [tasks, reason, who.length > 0 ? `for ${who.join(', ')}` : ''].filter((part) => part !== '');
    return [`policy ${name}`, parts.join('; ').slice(0, COMMAND_CHARS)];
  });
}

/** Why it must be asked, each as a question, and the tasks that it is about. */
function reasonsFor({
  what: thing = 'plan',
  plan,
  isUsers,
  isTrusted,
  needsApproval,
  allowShell,
  uncommitted,
  policies,
}: Circumstances): {
  shown: PlanTask[];
  reasons: string[];
} {
  const reasons: string[] = [];
  const agents = plan.tasks.filter(({ kind }) => kind === 'agent');
  const foreign = isUsers && !isTrusted ? plan.tasks.filter((task) => doingOf(task) !== undefined || task.checks) : [];
  const scripts = allowShell ? [] : plan.tasks.filter(handsToShell);
  const programs = plan.tasks.filter(({ action }) => action.kind === 'program' && action.source === 'workspace');
  if (foreign.length > 0) {
    const what = [
      count(
        foreign.filter(({ kind }) => kind !== 'agent'),
        'command',
      ),
      count(agents, 'agent task'),
    ];
    const present = what.filter((text) => !text.startsWith('0 ')).join(' and ');
    reasons.push(`This ${thing} was not submitted through Baton's own client. Run its ${present}?`);
  } else {
    if (scripts.length > 0) reasons.push(`This ${thing} hands ${count(scripts, 'text')} to the shell. Run it?`);
    if (programs.length > 0)
      reasons.push(`This ${thing} runs ${count(programs, 'command')} of the workspace's own skills. Run it?`);
  }
  if (agents.length > 0 && uncommitted > 0) {
    reasons.push('There are uncommitted changes, and agents start from the last commit, without them. Go on?');
  }
  if (policies.some(({ then }) => then === 'require'))
    reasons.push(`A policy requires a decision on this ${thing}. Go on?`);
  const named = foreign.length > 0 ? foreign : [...scripts, ...programs];
  if (named.length > 0) return { shown: named, reasons };
  return { shown: needsApproval || reasons.length > 0 ? agents : [], reasons };
}

/** Each agent of the plan once for each mode that it works in, by name. */
function powersIn({ tasks }: Plan): [string, string][] {
  const powers = new Map<string, string>();
  const known = new Map<string, string>();
  const allocations = tasks.flatMap(({ allocation }) => (allocation ? [allocation] : []));
  for (const allocation of allocations) {
    const { agent, permission } = allocation;
    const first = known.get(agent.name) ?? permission.name;
    known.set(agent.name, first);
    powers.set(
      `agent ${agent.name}${first === permission.name ? '' : ` in mode ${permission.name}`}`,
      powersOf(allocation),
    );
  }
  return [...powers].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** All that an agent may use at a task, and which file says so. */
function powersOf({ agent: { runtime, model, source, path }, permission: { name, tools } }: Allocation): string {
  const named = model === null ? '' : `; model ${model}`;
  const from = source === 'built-in' ? "Baton's own" : `of the ${source}: ${path}`;
  return `${runtime}, ${from}${named}; mode ${name}; tools: ${tools.join(', ') || 'none'}`.slice(0, COMMAND_CHARS);
}

/** The program that a task would start, or what an agent is told and may do, as text; undefined for what only reads or asks. */
function doingOf({ action, allocation }: PlanTask): string | undefined {
  if (action.kind === 'agent') {
    const { name = action.agent ?? 'any', command = [] } = allocation?.agent ?? {};
    const { tools = [] } = allocation?.permission ?? {};
    const means = command.length > 0 ? `runs ${command.join(' ')}` : `tools: ${tools.join(', ') || 'none'}`;
    return `agent ${name} (${means.slice(0, COMMAND_CHARS / 2)}): ${action.prompt}`;
  }
  if (action.kind === 'command') return action.argv.join(' ');
  if (action.kind === 'shell') return action.script;
  if (action.kind === 'tool') return `tool mcp:${action.server}/${action.tool} ${JSON.stringify(action.with)}`;
  if (action.kind === 'program') return `${action.argv.join(' ')}   (skill ${action.skill}, of ${action.path})`;
  if (action.kind === 'skill' && action.name === 'project-command') return JSON.stringify(action.with['argv']);
  return undefined;
}

const handsToShell = ({ action, checks = [] }: PlanTask): boolean =>
  action.kind === 'shell' || checks.some(({ kind }) => kind === 'shell');

/** Where and with which variables it would start, since they can change what a program does. */
function surroundings({ cwd, env, secrets = {} }: PlanTask): string {
  const names = [
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...Object.entries(secrets).map(([name, secret]) => `${name}=<secret ${secret}>`),
  ];
  const where = cwd === '.' ? [] : [`in ${cwd}`];
  const parts = [...where, ...(names.length > 0 ? [`with ${names.join(' ')}`] : [])];
  return parts.length > 0 ? `   (${parts.join(', ')})` : '';
}

const count = (items: readonly unknown[], noun: string): string =>
  `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;

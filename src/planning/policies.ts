import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { toolNameOf } from '../contract/mcp.js';
import type { Plan, PlanTask } from '../contract/plan.js';
import { checksOf } from './checks.js';
import type { Matcher, Policy, PolicyResult, PolicySubject } from '../contract/policy.js';

type Facts = Readonly<Record<string, string | number | boolean>>;

interface Subject {
  on: PolicySubject;
  path: string;
  task: string;
  facts: Facts;
}

/**
 * What the policies say of a request and its plan: denials and demands, in the order of the plan, at most LIMITS.planNotes of
 * each. Of all that match one thing the first counts, so that an `allow` shields it from what stands below.
 */
export function applyPolicies(
  policies: readonly Policy[],
  { plan, trusted, workspace }: { plan: Plan; trusted: boolean; workspace: string },
): PolicyResult[] {
  const results: PolicyResult[] = [];
  const left = { deny: LIMITS.planNotes, require: LIMITS.planNotes };
  if (policies.length === 0) return results;
  for (const { on, path, task, facts } of subjectsOf(plan, { trusted, workspace })) {
    const policy = policies.find((candidate) => candidate.on === on && matches(candidate, facts));
    if (!policy || policy.then === 'allow') continue;
    const isKnown =
      path.includes('.checks[') && results.some((known) => known.policy === policy.name && known.task === task);
    if (isKnown) continue;
    const { name, then, who, reason } = policy;
    // Demands without end must not hide a denial that comes after them.
    if (left[then]-- <= 0) continue;
    results.push({ policy: name, then, path, task, who, reason });
  }
  return results;
}

/** @throws BatonError `policy_denied` with the policy's name and the path of what it denies, where one of the results is a denial */
export function refuseDenied(results: readonly PolicyResult[]): void {
  const denied = results.filter(({ then }) => then === 'deny');
  const [first] = denied;
  if (!first) return;
  const lines = denied.slice(0, LIMITS.problemsListed).map(({ policy, path, task, reason }) => {
    const what = task === '' ? 'this plan' : `${path} (${task})`;
    return `policy ${policy} denies ${what}${reason === '' ? '' : `: ${reason}`}`;
  });
  throw new BatonError('policy_denied', lines.join('\n'), {
    ...(first.path === '' ? {} : { path: first.path }),
    hint: 'change the plan; policies stand in BATON_HOME/baton.yaml',
  });
}

function* subjectsOf(plan: Plan, request: { trusted: boolean; workspace: string }): Generator<Subject> {
  const whole = { path: '', task: '' };
  yield { ...whole, on: 'request', facts: request };
  yield { ...whole, on: 'plan', facts: planFacts(plan) };
  for (const [position, task] of plan.tasks.entries()) {
    const at = { path: `tasks[${position}]`, task: task.id };
    yield { ...at, on: 'task', facts: taskFacts(task) };
    // A check is a command that the task brings along: what is said of commands holds for it too.
    for (const { path, text } of checksOf(task))
      yield { ...at, path: `${at.path}.${path}`, on: 'task', facts: { ...taskFacts(task), command: text } };
    for (const facts of toolFacts(task)) yield { ...at, on: 'tool', facts };
  }
}

/** The tools that a task may use, or the one that it calls. */
function toolFacts({ id: task, action, allocation }: PlanTask): Facts[] {
  if (action.kind === 'tool') return [{ tool: toolNameOf(action), agent: '', mode: action.mode ?? '', task }];
  if (!allocation) return [];
  const { agent, permission } = allocation;
  return permission.tools.map((tool) => ({ tool, agent: agent.name, mode: permission.name, task }));
}

/** The policy that denies the tool which a task calls; undefined where none does. */
export function toolDenial(policies: readonly Policy[], task: PlanTask): Policy | undefined {
  for (const facts of toolFacts(task)) {
    const policy = policies.find((candidate) => candidate.on === 'tool' && matches(candidate, facts));
    if (policy?.then === 'deny') return policy;
  }
  return undefined;
}

const planFacts = ({ name, tasks }: Plan): Facts => ({
  name,
  tasks: tasks.length,
  agents: tasks.filter(({ kind }) => kind === 'agent').length,
  risk: tasks.reduce((most, { risk }) => Math.max(most, risk), 0),
  criticality: tasks.reduce((most, { criticality }) => Math.max(most, criticality), 0),
});

function taskFacts({ id, kind, type, action, risk, criticality, priority, allocation }: PlanTask): Facts {
  return {
    id,
    kind,
    type,
    risk,
    criticality,
    priority,
    agent: allocation?.agent.name ?? '',
    mode: allocation?.permission.name ?? '',
    skill: skillOf(action),
    command:
      action.kind === 'command' || action.kind === 'program'
        ? action.argv.join(' ')
        : action.kind === 'shell'
          ? action.script
          : '',
  };
}

function skillOf(action: PlanTask['action']): string {
  if (action.kind === 'skill') return action.name;
  if (action.kind === 'program') return action.skill;
  if (action.kind === 'tool') return `mcp:${action.server}/${action.tool}`;
  return action.kind === 'agent' ? (action.skill?.name ?? '') : '';
}

const matches = ({ when }: Policy, facts: Facts): boolean =>
  Object.entries(when).every(([field, matcher]) => fits(matcher, facts[field]));

function fits(matcher: Matcher, value: Facts[string] | undefined): boolean {
  if (typeof matcher === 'string')
    return typeof value === 'string' ? fitsText(matcher, value) : matcher === String(value);
  if (typeof matcher !== 'object') return matcher === value;
  if (isList(matcher)) return matcher.some((one) => fits(one, value));
  const { min = -Infinity, max = Infinity } = matcher;
  return typeof value === 'number' && value >= min && value <= max;
}

const isList = (matcher: object): matcher is readonly (string | number)[] => Array.isArray(matcher);

/** `*` stands for any text. The leftmost place for each part is enough, so this takes one pass over the value for each. */
function fitsText(pattern: string, value: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === value;
  if (!value.startsWith(first) || value.length < first.length + last.length || !value.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= value.length - last.length;
}

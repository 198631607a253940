import type { AgentEnd } from '../agents/runtimes/port.js';
import type { AuditEntry, AuditEvent } from '../contract/audit.js';
import type { Decision } from '../contract/decision.js';
import type { TaskOrder } from '../contract/orders.js';
import type { Plan } from '../contract/plan.js';
import type { PolicyResult } from '../contract/policy.js';
import type { AgentWork } from '../contract/report.js';
import type { Deps } from './deps.js';

/** Writes into the request's audit log what became of these decisions; what it has already is not written again. */
export async function audit(
  deps: Deps,
  { request, decisions }: { request: string; decisions: readonly Decision[] },
): Promise<void> {
  await deps.audit.append(request, decisions.flatMap(entriesOf));
}

const ENDED: Partial<Record<Decision['state'], AuditEvent>> = {
  answered: 'decision.answered',
  expired: 'decision.expired',
};

function entriesOf(decision: Decision): AuditEntry[] {
  const { id, kind, question, options, subject, task, raisedAt, context, answer, refused = [] } = decision;
  // A later request of the same name has the same ids of decisions, at other times.
  const named = (what: string): string => `${id}@${raisedAt}:${what}`;
  const about = { decision: id, kind, ...(task === undefined ? {} : { task }), subject: { ...subject } };
  const entries: AuditEntry[] = [
    {
      id: named('raised'),
      at: isoTime(raisedAt),
      event: 'decision.raised',
      by: 'baton',
      via: 'engine',
      data: { ...about, question, options, context },
    },
  ];
  for (const { choice, by, via, at, why } of refused) {
    const data = { decision: id, choice, why };
    entries.push({
      id: named(`refused:${at}:${by}:${choice}`),
      at: isoTime(at),
      event: 'answer.refused',
      by,
      via,
      data,
    });
  }
  const event = ENDED[decision.state];
  if (event && answer) {
    const { choice, comment, by, via, at } = answer;
    entries.push({ id: named(decision.state), at: isoTime(at), event, by, via, data: { ...about, choice, comment } });
  } else if (decision.state === 'withdrawn') {
    const at = new Date().toISOString();
    entries.push({ id: named('withdrawn'), at, event: 'decision.withdrawn', by: 'baton', via: 'engine', data: about });
  }
  return entries;
}

/** The plan that a request was given, which agents may do what in it, and how far its sender is known. */
export async function auditPlan(
  deps: Deps,
  { request, plan, digest, isTrusted }: { request: string; plan: Plan; digest: string; isTrusted: boolean },
): Promise<void> {
  const agents: Record<string, string> = {};
  for (const { allocation } of plan.tasks) if (allocation) agents[allocation.agent.name] = allocation.permission.name;
  const data = { digest, name: plan.name, tasks: plan.tasks.length, agents };
  const [by, via] = isTrusted ? ['user', 'client'] : ['unnamed', 'temporal'];
  const at = new Date().toISOString();
  await deps.audit.append(request, [{ id: `planned:${digest}`, at, event: 'request.planned', by, via, data }]);
}

/** What policies denied, or made the request ask about. */
export async function auditPolicies(
  deps: Deps,
  { request, results }: { request: string; results: readonly PolicyResult[] },
): Promise<void> {
  const at = new Date().toISOString();
  const entries = results.map(({ policy, then, path, task, who, reason }): AuditEntry => {
    const data = { policy, then, path, task, who: [...who], reason };
    return {
      id: `policy:${policy}:${then}:${task || path}`,
      at,
      event: 'policy.applied',
      by: 'baton',
      via: 'baton.yaml',
      data,
    };
  });
  await deps.audit.append(request, entries);
}

/** What an agent was not allowed, and what of its changes was undone. */
export async function auditAgent(
  deps: Deps,
  { request, task, epoch, attempt }: TaskOrder,
  {
    agent,
    denials,
    refused = [],
    refusedLeftOut = 0,
  }: Pick<AgentWork, 'agent' | 'refused' | 'refusedLeftOut'> & Pick<AgentEnd, 'denials'>,
): Promise<void> {
  const common = { at: new Date().toISOString(), by: agent, via: 'agent' };
  const id = (what: string): string => `${task}/${epoch}/${attempt}:${what}`;
  const about = { task, epoch, attempt };
  const entries: AuditEntry[] = [];
  if (denials.length > 0) {
    const calls = denials.map(({ tool, input }) => ({ tool, input }));
    entries.push({ ...common, id: id('denied'), event: 'tool.denied', data: { ...about, calls } });
  }
  if (refused.length > 0) {
    const files = refused.map(({ path, why }) => ({ path, why }));
    const data = { ...about, files, leftOut: refusedLeftOut };
    entries.push({ ...common, id: id('violated'), event: 'mode.violated', data });
  }
  await deps.audit.append(request, entries);
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

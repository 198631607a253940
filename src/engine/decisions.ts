import type { Answer, Decision, Via } from '../contract/decision.js';
import { LIMITS } from '../contract/limits.js';
import type { Asks } from '../contract/task.js';
import { RULES_OUT, type Engine } from './model.js';
import type { Approval, Command, EngineEvent, Reply } from './events.js';
import { fire } from './phases.js';
import { attemptOf, detailOf, epochOf, makeReady, move, satisfy, skipDependants, statusOf } from './moves.js';
import { awaitNext, awaitNothing, deadlineOf } from './waiting.js';

/** Over this criticality a person always decides; no `--yes` and no rule does. */
const CRITICALITY_OF_PERSONS = 0.8;

type Draft = Omit<Decision, 'v' | 'id' | 'raisedAt' | 'state' | 'answer' | 'who' | 'urgency'>;

/** Opens the question that a decision task asks; the task waits for it. */
export function raiseTaskDecision(engine: Engine, task: number, at: number, commands: Command[]): void {
  const node = engine.graph.nodes[task];
  const asked = node?.decision;
  if (!node || !asked) return;
  move(engine, task, 'waiting', at);
  const draft: Draft = {
    kind: 'task',
    question: asked.question,
    options: asked.options,
    recommended: null,
    subject: { digest: `${engine.graph.digest}#${node.id}`, summary: node.title },
    risk: node.risk,
    criticality: node.criticality,
    ...deadlineOf(engine, asked, at),
    context: {},
    task: node.id,
  };
  raise(engine, draft, at, commands);
}

/** Over the criticality that a standing "yes" answers: what an agent may not do by itself, nobody has allowed it beforehand. */
const CRITICALITY_OF_PERMISSIONS = 0.9;

/** Opens the question that a task cannot go on without. Whatever is answered, the task goes on with it. */
export function raisePermission(
  engine: Engine,
  task: number,
  { asks, at }: { asks: Asks; at: number },
  commands: Command[],
): void {
  const node = engine.graph.nodes[task];
  if (!node) return;
  const options = ['approve', 'reject'];
  const draft: Draft = {
    kind: 'permission',
    question: asks.question,
    options,
    recommended: null,
    subject: { digest: asks.digest, summary: asks.summary },
    risk: node.risk,
    criticality: asks.criticality ?? Math.max(node.criticality, CRITICALITY_OF_PERMISSIONS),
    ...deadlineOf(engine, { options }, at),
    context: asks.context,
    task: node.id,
  };
  raise(engine, draft, at, commands);
}

/** The question about exactly this that the task has open. */
export const openPermission = ({ state, graph }: Engine, task: number, digest: string): Decision | undefined =>
  state.decisions.find(
    (decision) =>
      decision.state === 'open' &&
      decision.kind === 'permission' &&
      decision.task === graph.nodes[task]?.id &&
      decision.subject.digest === digest,
  );

/** An agent asks while it runs. Asked again, the same question is the same decision. */
export function askPermission(engine: Engine, event: EngineEvent & { kind: 'ask' }, commands: Command[]): Reply {
  const { epoch, attempt, asks, at } = event;
  const task = engine.graph.positions.get(event.task) ?? -1;
  const isCurrent = epochOf(engine, task) === epoch && attemptOf(engine, task) === attempt;
  const isEnding = engine.state.cancel || engine.state.stopped || engine.state.details[task]?.stopping !== undefined;
  const mayAsk = isCurrent && statusOf(engine, task) === 'running' && !isEnding;
  if (!mayAsk) return { kind: 'refused', code: 'refused', message: `${event.task} does not run any more` };
  const permit = engine.state.details[task]?.permit;
  if (permit?.digest === asks.digest)
    return { kind: 'accepted', message: permit.choice, data: { choice: permit.choice, comment: permit.comment ?? '' } };
  const known = openPermission(engine, task, asks.digest);
  if (!known) raisePermission(engine, task, { asks, at }, commands);
  const n = known ? Number(known.id.slice(1)) : engine.state.decisions.length;
  return { kind: 'accepted', message: 'it is asked', pending: { kind: 'answer', n } };
}

/** Opens the question whether the plan may run at all. */
export function raisePlanApproval(engine: Engine, approval: Approval, at: number, commands: Command[]): void {
  const options = ['approve', 'reject'];
  const draft: Draft = {
    kind: 'plan',
    question: approval.question,
    options,
    recommended: null,
    subject: { digest: approval.digest, summary: approval.summary },
    risk: approval.risk,
    criticality: approval.criticality,
    ...deadlineOf(engine, { options }, at),
    context: approval.context,
  };
  raise(engine, draft, at, commands);
}

export function raise(engine: Engine, draft: Draft, at: number, commands: Command[]): string {
  const { state } = engine;
  const id = `d${state.decisions.length + 1}`;
  const decision: Decision = {
    ...draft,
    v: 1,
    id,
    urgency: draft.criticality > CRITICALITY_OF_PERSONS ? 'high' : 'normal',
    raisedAt: at,
    who: ['anyone who can reach this request'],
    state: 'open',
    answer: null,
  };
  state.decisions.push(decision);
  engine.index.openDecisions += 1;
  commands.push({ kind: 'audit', decision: id });
  if (state.phase === 'MONITORING') fire(state, 'escalate', { at, commands, data: { decision: id } });
  if (state.settings.yes && draft.criticality <= CRITICALITY_OF_PERSONS && draft.options.includes('approve')) {
    settle(engine, id, { choice: 'approve', comment: '', by: state.settings.by, via: 'yes', at }, commands);
    return id;
  }
  commands.push({ kind: 'ask', decision: id });
  awaitNext(engine, decision, at, commands);
  return id;
}

type Answering = Pick<EngineEvent & { kind: 'decide' }, 'decision' | 'choice' | 'digest'>;

/** What an answer would be told, without any effect; undefined where it would count. */
export function objectionTo(engine: Engine, { decision: id, choice, digest }: Answering): Reply | undefined {
  const decision = decisionOf(engine, id);
  if (!decision) {
    const known = engine.state.decisions.filter((candidate) => candidate.state === 'open').slice(0, LIMITS.noteEntries);
    const open = known.length > 0 ? `open: ${known.map((candidate) => candidate.id).join(', ')}` : 'none is open';
    return { kind: 'refused', code: 'unknown_id', message: `no decision ${id}; ${open}` };
  }
  const refused = (message: string): Reply => ({ kind: 'refused', code: 'refused', message });
  if (digest !== undefined && !isDigestOf(decision, digest)) {
    return refused(`${decision.id} asks about something else by now; look at it again`);
  }
  if (!decision.options.includes(choice)) {
    const message = `choice: ${choice} is not offered; one of ${decision.options.join(', ')}`;
    return { kind: 'refused', code: 'bad_input', message };
  }
  if (decision.answer) {
    const { choice: given, by: who, via: how } = decision.answer;
    if (given === choice) return { kind: 'unchanged', message: `${decision.id} was answered with ${given} before` };
    const late = how === 'deadline' ? 'its deadline has passed' : `it was answered by ${who}`;
    return refused(`${decision.id} is ${given} already: ${late}`);
  }
  return decision.state === 'open' ? undefined : refused(`${decision.id} is no longer asked`);
}

/** An answer from a person. The decision's own record makes a repeat harmless and refuses an opposite one. */
export function decide(engine: Engine, event: EngineEvent & { kind: 'decide' }, commands: Command[]): Reply {
  const { choice, comment, by, via, at } = event;
  const objection = objectionTo(engine, event);
  if (!objection) {
    settle(engine, event.decision, { choice, comment, by, via, at }, commands);
    return { kind: 'accepted', message: `${event.decision}: ${choice}` };
  }
  const decision = decisionOf(engine, event.decision);
  if (decision && objection.kind === 'refused') note(decision, { choice, by, via, at, why: objection.message });
  return objection;
}

/** The deadline of a decision has come. */
export function expire(engine: Engine, id: string, at: number, commands: Command[]): void {
  const decision = decisionOf(engine, id);
  if (decision?.state !== 'open') return;
  const choice = decision.onDeadline ?? '';
  settle(engine, id, { choice, comment: 'nobody answered in time', by: 'deadline', via: 'deadline', at }, commands);
}

/** Takes back the open questions of a request that is cancelled, or those of one task; `but`: the digest of one that stays. */
export function withdraw(
  engine: Engine,
  at: number,
  commands: Command[],
  { task, but }: { task?: string | undefined; but?: string | undefined } = {},
): void {
  for (const decision of engine.state.decisions) {
    if (decision.state !== 'open' || (task !== undefined && decision.task !== task)) continue;
    if (but !== undefined && decision.subject.digest === but) continue;
    decision.state = 'withdrawn';
    close(engine, decision.id, at, commands);
  }
}

/** The command that was shown with the question holds only the beginning of its digest. */
const isDigestOf = ({ subject }: Decision, digest: string): boolean =>
  subject.digest === digest || (digest.length >= LIMITS.shownDigestChars && subject.digest.startsWith(digest));

/** Ids count from d1 in the order of raising. */
function decisionOf(engine: Engine, id: string): Decision | undefined {
  const found = /^d([1-9]\d{0,5})$/.exec(id);
  return found ? engine.state.decisions[Number(found[1]) - 1] : undefined;
}

function settle(engine: Engine, id: string, answer: Answer, commands: Command[]): void {
  const decision = decisionOf(engine, id);
  if (!decision) return;
  decision.answer = answer;
  decision.state = answer.via === 'deadline' ? 'expired' : 'answered';
  close(engine, id, answer.at, commands);
  if (decision.kind === 'plan') {
    if (answer.choice === 'reject') rejectPlan(engine, answer);
    return;
  }
  const task = decision.task === undefined ? undefined : engine.graph.positions.get(decision.task);
  if (task === undefined) return;
  if (decision.kind === 'permission') {
    if (!['waiting', 'running'].includes(statusOf(engine, task))) return;
    const { choice, comment } = answer;
    detailOf(engine, task).permit = { digest: decision.subject.digest, choice, ...(comment === '' ? {} : { comment }) };
    // One that still runs hears of it where it waits.
    if (statusOf(engine, task) === 'waiting') makeReady(engine, task, answer.at);
    return;
  }
  if (statusOf(engine, task) !== 'waiting') return;
  detailOf(engine, task).choice = answer.choice;
  // What follows from it is for those who asked: see `mend`.
  if (decision.kind === 'recovery') return;
  if (RULES_OUT.includes(answer.choice)) {
    move(engine, task, 'completed', answer.at);
    skipDependants(engine, task, 'choice', answer.at);
  } else satisfy(engine, task, 'completed', answer.at);
}

/** Ends the waiting for one decision, in the request's phase and in its timers. */
function close(engine: Engine, id: string, at: number, commands: Command[]): void {
  const { state } = engine;
  engine.index.openDecisions -= 1;
  commands.push({ kind: 'audit', decision: id });
  awaitNothing(engine, id, commands);
  if (state.phase !== 'ESCALATING') return;
  fire(state, 'user_response', { at, commands, data: { decision: id } });
  fire(state, 'monitor', { at, commands });
  if (engine.index.openDecisions > 0) fire(state, 'escalate', { at, commands });
}

function rejectPlan(engine: Engine, answer: Answer): void {
  engine.state.cancel = { at: answer.at, by: answer.by };
  engine.graph.nodes.forEach((_, task) => {
    if (statusOf(engine, task) !== 'running') cancelTask(engine, task, answer.at);
  });
}

/** Cancels a task that has no process. */
export function cancelTask(engine: Engine, task: number, at: number): void {
  if (['pending', 'ready', 'queued', 'paused', 'waiting'].includes(statusOf(engine, task)))
    move(engine, task, 'cancelled', at);
}

function note(decision: Decision, refused: { choice: string; by: string; via: Via; at: number; why: string }): void {
  const list = (decision.refused ??= []);
  list.push(refused);
  if (list.length > LIMITS.noteEntries) list.shift();
}

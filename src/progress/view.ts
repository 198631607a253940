import { amountText, BUDGET_PARTS, type BudgetPart } from '../contract/budget.js';
import type { Decision } from '../contract/decision.js';
import { globalId } from '../contract/names.js';
import type { RequestStatus } from '../contract/phase.js';
import type { MergeConflict } from '../contract/task.js';
import { LIMITS } from '../contract/limits.js';
import type { BudgetView, DecisionView, RequestView, TaskView, TaskWait, UsageLimitView } from '../contract/view.js';
import { accountOf, type Engine } from '../engine/model.js';
import { hasEnded, statusOf } from '../engine/moves.js';
import { reservedOf, spentOf } from '../engine/budget.js';
import type { BudgetState, EngineState, SkipReason } from '../engine/state.js';
import { limitOf, runtimeOf } from '../engine/usage-limits.js';
import { isoTime } from './iso-time.js';
import { boundsOf, runOf } from './runs.js';
import { waitOf, waitText } from './waits.js';

/**
 * A request as scripts read it. `artifacts`, `result` and `report` are for the caller to fill in, who knows paths; `page` limits `tasks`
 * and `decisions` (all by default), both in the order that never changes. Makespan runs from the plan's acceptance to the last task's end, or to `now` (ms) while tasks are left.
 * O(tasks + edges).
 */
export function requestView(
  engine: Engine,
  options: { now: number; page?: { from: number; count: number } },
): RequestView {
  const { state, graph } = engine;
  const { from, count } = options.page ?? { from: 0, count: Infinity };
  const limits = usageLimits(engine);
  return {
    v: 1,
    requestId: state.request,
    status: requestStatus(engine),
    state: state.phase,
    tasks: taskViews(engine, { from, count: Math.min(count, graph.nodes.length) }),
    makespanMs: makespanOf(engine, options.now),
    ...boundsOf(engine),
    decisions: state.decisions.slice(from, from + count).map((decision) => decisionView(state.request, decision)),
    cost: { ...state.cost },
    ...(state.budget ? { budget: budgetView(engine, state.budget, options.now) } : {}),
    ...(limits.length > 0 ? { usageLimits: limits } : {}),
    artifacts: [],
    result: null,
    report: null,
    ...(state.error ? { error: { ...state.error } } : {}),
  };
}

/**
 * What `status` shows. waiting: a decision is open and nothing runs, may run, or will be tried again by itself (before its plan is approved
 * nothing may run). paused: by a person, as a whole or all that is left.
 */
export function requestStatus(engine: Engine): RequestStatus {
  const { state, index } = engine;
  if (state.outcome) return state.outcome;
  if (state.phase === 'ERROR') return 'failed';
  if (state.paused) return 'paused';
  const open = state.decisions.filter((decision) => decision.state === 'open');
  if (index.counts.running > 0) return 'running';
  if (open.some((decision) => decision.kind === 'plan')) return 'waiting';
  // What costs nothing runs on meanwhile, and is counted above.
  if (open.some((decision) => decision.kind === 'budget')) return 'waiting';
  if (index.counts.ready + index.counts.queued > 0) return 'running';
  if (Object.keys(state.timers).some((id) => id.startsWith('retry:')) || waitsForLimit(engine)) return 'running';
  if (index.leased.size > 0) return 'running';
  if (open.length > 0) return 'waiting';
  return index.counts.paused > 0 ? 'paused' : 'running';
}

export function budgetView(engine: Engine, budget: BudgetState, now: number): BudgetView {
  const { limit, atCap } = budget;
  const [spent, reserved] = [spentOf(engine, endOf(engine.state, now)), reservedOf(budget)];
  const limited = <T extends BudgetPart>(amounts: Record<T, number>): { [K in T]?: number } =>
    Object.fromEntries(Object.entries(amounts).filter(([part]) => limit[part as BudgetPart] !== undefined)) as {
      [K in T]?: number;
    };
  return { limit: { ...limit }, spent: limited(spent), reserved: limited(reserved), atCap };
}

/** `1.20 of 2.00 USD spent, 0.80 USD set aside`; undefined without a budget. */
export function budgetText(view: BudgetView | undefined): string | undefined {
  if (!view) return undefined;
  const parts = BUDGET_PARTS.filter((part) => view.limit[part] !== undefined);
  const spent = parts.map(
    (part) => `${amountText(part, view.spent[part] ?? 0)} of ${amountText(part, view.limit[part] ?? 0)}`,
  );
  const aside = view.reserved.usd ? `; ${amountText('usd', view.reserved.usd)} set aside for agents at work` : '';
  return `${spent.join(', ')} used${aside}`;
}

function waitsForLimit(engine: Engine): boolean {
  const { state, graph } = engine;
  return Object.keys(state.limits).length > 0 && graph.nodes.some((_, task) => limitOf(engine, task) !== undefined);
}

/** The usage limits that something waits for, the first to be reset first. */
export function usageLimits(engine: Engine): UsageLimitView[] {
  const { state, graph } = engine;
  const waiting = new Map<string, number>();
  if (Object.keys(state.limits).length === 0) return [];
  graph.nodes.forEach((_, task) => {
    const account = accountOf(engine, task);
    if (limitOf(engine, task)) waiting.set(account, (waiting.get(account) ?? 0) + 1);
  });
  return [...waiting]
    .map(([account, tasks]) => ({ runtime: runtimeOf(account), tasks, limit: state.limits[account] }))
    .sort((a, b) => (a.limit?.until ?? 0) - (b.limit?.until ?? 0))
    .slice(0, LIMITS.detailsRows)
    .map(({ limit, ...view }) => ({ ...view, since: isoTime(limit?.since ?? 0), until: isoTime(limit?.until ?? 0) }));
}

/** When a request stopped changing: `now` while it has not. */
export function endOf(state: EngineState, now: number): number {
  if (state.endedAt !== null) return state.endedAt;
  return state.phase === 'ERROR' ? (state.transitions.at(-1)?.at ?? now) : now;
}

function makespanOf(engine: Engine, now: number): number {
  const { state, graph, index } = engine;
  if (state.acceptedAt === null) return 0;
  let last = state.acceptedAt;
  for (let task = 0; task < graph.nodes.length; task += 1) {
    if (!hasEnded(engine, task)) return Math.max(0, endOf(state, now) - state.acceptedAt);
    last = Math.max(last, index.since[task] ?? last);
  }
  return last - state.acceptedAt;
}

/** Tasks `from` … `from + count − 1` in the plan's order. */
export function taskViews(engine: Engine, page: { from: number; count: number }): TaskView[] {
  const positions = queuePositions(engine);
  const from = Math.max(0, Math.trunc(page.from) || 0);
  const end = Math.min(engine.graph.nodes.length, from + Math.max(0, Math.trunc(page.count) || 0));
  const views: TaskView[] = [];
  for (let task = from; task < end; task += 1) views.push(taskView(engine, task, positions));
  return views;
}

/** One task, by its position in the plan. */
export function taskView(engine: Engine, task: number, positions = queuePositions(engine)): TaskView {
  const node = engine.graph.nodes[task];
  if (!node) throw new RangeError(`the plan has no task at position ${task}`);
  const { attempts, startedAt, finishedAt, durationMs } = runOf(engine, task);
  const error = engine.state.details[task]?.error;
  const status = statusOf(engine, task);
  const queuePosition = positions.get(task);
  const wait = waitOf(engine, task);
  const note = noteOf(engine, task, { queuePosition, wait });
  return {
    id: node.id,
    title: node.title,
    kind: node.kind,
    type: node.type,
    agent: node.agent,
    status,
    attempts,
    startedAt: startedAt === null ? null : isoTime(startedAt),
    finishedAt: finishedAt === null ? null : isoTime(finishedAt),
    durationMs,
    dependencies: node.dependencies.map((dependency) => engine.graph.nodes[dependency]?.id ?? ''),
    // A failed attempt that a later one made good is no error of the task.
    ...(error && status !== 'completed' ? { error: { ...error } } : {}),
    ...(note === undefined ? {} : { note }),
    ...(queuePosition === undefined ? {} : { queuePosition }),
    ...(wait ? { waitsFor: wait } : {}),
  };
}

/** Place of each task in the order of dispatch, from 1, for those that only wait for a free slot. O(tasks). */
function queuePositions(engine: Engine): Map<number, number> {
  const positions = new Map<number, number>();
  if (engine.index.counts.queued + engine.index.counts.ready === 0) return positions;
  for (const task of engine.graph.byRank) {
    const status = statusOf(engine, task);
    const isQueued = status === 'queued' || (status === 'ready' && engine.graph.nodes[task]?.kind !== 'decision');
    if (isQueued) positions.set(task, positions.size + 1);
  }
  return positions;
}

const SKIPPED: Record<SkipReason, string> = {
  person: 'skipped by a person',
  choice: 'ruled out by a decision',
  dependency: 'something that it depends on did not complete',
  stopped: 'the plan stopped at its first failure',
};

function noteOf(
  engine: Engine,
  task: number,
  { queuePosition, wait }: { queuePosition: number | undefined; wait: TaskWait | undefined },
): string | undefined {
  const detail = engine.state.details[task];
  const status = statusOf(engine, task);
  const retryAt = engine.state.timers[`retry:${task}`];
  if (detail?.reason === 'stopped' && engine.state.budget?.cap) return 'the budget is used up';
  if (status === 'skipped') return detail?.reason && SKIPPED[detail.reason];
  const mender = detail?.repair == null ? undefined : engine.graph.nodes[detail.repair]?.id;
  if (status === 'completed' && mender !== undefined) return `merged by ${mender}`;
  if (status === 'completed') return detail?.choice === undefined ? undefined : `chosen: ${detail.choice}`;
  if (status === 'waiting' && detail?.conflict) return conflictNote(detail.conflict, mender);
  if (status === 'running') return detail?.stopping && 'being stopped';
  if (status === 'waiting' && !wait && retryAt !== undefined) return `tried again at ${isoTime(retryAt)}`;
  const place = queuePosition === undefined ? undefined : `number ${queuePosition} in the queue`;
  if (!wait) return place;
  const text = waitText(wait);
  return place !== undefined && (wait.kind === 'maxParallel' || wait.kind === 'maxProcesses')
    ? `${place}: ${text}`
    : text;
}

function conflictNote({ files, against, check }: MergeConflict, mender: string | undefined): string {
  const others = against.length === 0 ? 'what is on the branch' : `what ${against.join(', ')} changed`;
  const next = mender === undefined ? '' : `; ${mender} mends it`;
  if (check) return `done, but it breaks \`${check.command.slice(0, 60)}\` together with ${others}${next}`;
  return `done, but in conflict with ${others} in ${files.slice(0, 3).join(', ')}${files.length > 3 ? ', …' : ''}${next}`;
}

/** A decision as scripts read it: id global, times ISO 8601 UTC. */
export function decisionView(request: string, decision: Decision): DecisionView {
  const { raisedAt, remindedAt, escalatedAt, deadline, answer, refused, ...rest } = decision;
  return {
    ...rest,
    id: globalId(request, decision.id),
    raisedAt: isoTime(raisedAt),
    ...(remindedAt === undefined ? {} : { remindedAt: isoTime(remindedAt) }),
    ...(escalatedAt === undefined ? {} : { escalatedAt: isoTime(escalatedAt) }),
    deadline: deadline === null ? null : isoTime(deadline),
    answer: answer && { ...answer, at: isoTime(answer.at) },
    ...(refused ? { refused: refused.map((entry) => ({ ...entry, at: isoTime(entry.at) })) } : {}),
  };
}

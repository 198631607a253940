import { LIMITS } from '../contract/limits.js';
import type { Limited, Resume, Usage } from '../contract/task.js';
import type { Command, Reply } from './events.js';
import { accountOf, enqueue, type Engine } from './model.js';
import { detailOf, makeReady, move, statusOf } from './moves.js';
import type { TaskDetail } from './state.js';
import { dropTimer, setTimer } from './timers.js';

/** An agent met the usage limit of its account, or was held back by it. Its task waits; no attempt is consumed, and nothing has failed. */
export function limited(
  engine: Engine,
  { task, attempt, at }: { task: number; attempt: number; at: number },
  result: Limited,
): void {
  const detail = detailOf(engine, task);
  detail.attempts = attempt;
  detail.held = (detail.held ?? 0) + 1;
  const resume = resumeAfter(detail.resume, result);
  if (resume) detail.resume = resume;
  move(engine, task, 'waiting', at);
  if (engine.state.stopped) makeReady(engine, task, at);
  else detail.limited = true;
}

/** Nothing more starts under the account until then. */
export function closeAccount(
  engine: Engine,
  task: number,
  { until: told, at }: { until: number; at: number },
  commands: Command[],
): void {
  const { state } = engine;
  const account = accountOf(engine, task);
  const until = Math.min(Math.max(told, at + LIMITS.usageLimitLeastMs), at + LIMITS.usageLimitMostMs);
  const known = state.limits[account];
  if (known?.until === until) return;
  state.limits[account] = { since: known?.since ?? at, until };
  dropTimer(engine, timerOfAccount(account), commands);
  setTimer(engine, { id: timerOfAccount(account), at, ms: until - at }, commands);
}

/** The time of an account's limit has come: what it held back goes on. */
export function limitOver(engine: Engine, { subject, at }: { subject: string; at: number }, commands: Command[]): void {
  const limit = engine.state.limits[subject];
  if (!limit) return;
  if (at >= limit.until) openAccount(engine, subject, at, commands);
  else setTimer(engine, { id: timerOfAccount(subject), at, ms: limit.until - at }, commands);
}

export function openAccount(engine: Engine, account: string, at: number, commands: Command[]): void {
  const { state, graph } = engine;
  if (!state.limits[account]) return;
  delete state.limits[account];
  dropTimer(engine, timerOfAccount(account), commands);
  graph.nodes.forEach((_, task) => {
    const detail = state.details[task];
    if (!detail?.limited || accountOf(engine, task) !== account) return;
    delete detail.limited;
    if (statusOf(engine, task) === 'waiting') makeReady(engine, task, at);
  });
}

/** The limit that a task waits for; undefined where it waits for none. */
export function limitOf(engine: Engine, task: number): { runtime: string; since: number; until: number } | undefined {
  const { state } = engine;
  const account = accountOf(engine, task);
  const limit = state.limits[account];
  const detail = state.details[task];
  if (!limit || detail?.anyway || engine.graph.nodes[task]?.kind !== 'agent') return undefined;
  const status = statusOf(engine, task);
  const waits = status === 'ready' || status === 'queued' || (status === 'waiting' && detail?.limited === true);
  return waits ? { runtime: runtimeOf(account), ...limit } : undefined;
}

/** A person wants it tried at once, with the limit known. Undefined where no limit holds the task back. */
export function tryAnyway(engine: Engine, task: number, at: number): Reply | undefined {
  const node = engine.graph.nodes[task];
  if (!node || !limitOf(engine, task)) return undefined;
  const detail = detailOf(engine, task);
  detail.anyway = true;
  delete detail.limited;
  if (statusOf(engine, task) === 'waiting') makeReady(engine, task, at);
  else enqueue(engine, task, node);
  return { kind: 'accepted', message: `${node.id} is tried although its usage limit is known to be reached` };
}

/** Limits concern nobody once the request has ended. */
export function forgetLimits(engine: Engine, commands: Command[]): void {
  for (const account of Object.keys(engine.state.limits)) dropTimer(engine, timerOfAccount(account), commands);
  engine.state.limits = {};
}

/** How people call what has the limit. */
export const runtimeOf = (account: string): string => account.split('#')[0] ?? account;

const timerOfAccount = (account: string): string => `limit:${account}`;

/** What one session has used by now: it stands in the totals that some programs tell of it. */
export function resumeAfter(
  before: TaskDetail['resume'],
  { session, usage }: { session: string | null; usage?: Usage },
): Resume | undefined {
  if (session === null) return before;
  const used = sum(before?.session === session ? before.used : undefined, usage);
  return { session, ...(used && { used }) };
}

function sum(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  if (!a || !b) return a ?? b;
  return {
    usd: a.usd + b.usd,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
  };
}

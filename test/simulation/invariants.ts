import type { Decision, Patience } from '../../src/contract/decision.js';
import { LIMITS } from '../../src/contract/limits.js';
import { ENDED_STATES, type TaskState } from '../../src/contract/task.js';
import type { Engine } from '../../src/engine/model.js';
import type { Command, EngineEvent, Reply } from '../../src/engine/events.js';
import { buildGraph } from '../../src/engine/graph.js';
import { mayOverlap } from '../../src/engine/overlap.js';
import { historyOf, TASK_TRANSITIONS } from '../../src/engine/lifecycle.js';

export interface Seen {
  engine: Engine;
  event: EngineEvent;
  commands: Command[];
  reply: Reply;
}

/** What must hold in every run, by name. Each has a planted defect in `defects.ts` that breaks it. */
export const INVARIANTS = [
  'dependency order',
  'capacity',
  'few agents at a time',
  'no two touch the same files at once',
  'nothing runs without its lease',
  'every lease is given back',
  'nothing starts under a usage limit',
  'the budget is never overbooked',
  'no double dispatch',
  'every task ends',
  'the request finishes once',
  'nothing starts while paused',
  'nothing starts after a cancel',
  'legal transitions only',
  'longest path first',
  'honest outcome',
  'reminder, escalation, deadline come in this order, each once',
  'an answer cancels what is left',
  'no submission is lost',
  'no conflict is forgotten',
  'no question outlives its task',
] as const;
export type Invariant = (typeof INVARIANTS)[number];

const known = new Map<string, boolean>();

/** The few sets of globs that a simulation has are compared once. */
function overlap(a: readonly string[], b: readonly string[]): boolean {
  const key = `${a.join(' ')}|${b.join(' ')}`;
  const found = known.get(key) ?? mayOverlap(a, b);
  known.set(key, found);
  return found;
}

/** Watches a run from outside with its own book-keeping, trusting nothing that the engine says of itself but its state. */
export function createWatch({
  maxParallel,
  maxAgents,
  patience,
  budgetUsd,
}: {
  maxParallel: number;
  maxAgents: number;
  patience: Patience;
  /** In USD, raised by as much each time that a person says so. */
  budgetUsd: number | undefined;
}) {
  const violations: string[] = [];
  const trace: string[] = [];
  const running = new Set<number>();
  const dispatched = new Set<string>();
  /** Until when nothing may start, by account; and tasks that a person wants tried all the same. */
  const limits = new Map<string, number>();
  const anyway = new Set<number>();
  const accountOf = (engine: Engine, task: number): string => engine.graph.nodes[task]?.account ?? '';
  const isLimited = (engine: Engine, task: number, at: number): boolean =>
    engine.graph.nodes[task]?.kind === 'agent' && at < (limits.get(accountOf(engine, task)) ?? 0);
  let told = 0;
  /** Agents whose most is known count with it, any other with all: nothing that costs runs beside it. */
  function checkBudget(engine: Engine, key: string): void {
    if (budgetUsd === undefined) return;
    const raised = Math.round((engine.state.budget?.limit.usd ?? 0) / budgetUsd);
    const cap = budgetUsd * Math.min(raised, 1 + raises);
    const agents = [...running].filter((other) => engine.graph.nodes[other]?.kind === 'agent');
    const most = agents.map((other) => engine.graph.nodes[other]?.maxCostUsd);
    if (most.includes(undefined) && (agents.length > 1 || told >= cap)) broken('the budget is never overbooked', key);
    const sum = most.reduce<number>((total, one) => total + (one ?? 0), 0);
    if (!most.includes(undefined) && told + sum > cap + 1e-6)
      broken('the budget is never overbooked', `${key}: ${told} + ${sum} > ${cap}`);
  }
  let raises = 0;
  const paused = { request: false };
  let cancelled = false;
  let finishes = 0;
  /** The order of dispatch, computed here from the nodes. */
  let order: { digest: string; ranks: readonly number[] } = { digest: '', ranks: [] };
  let failuresSeen = false;
  const broken = (invariant: Invariant, detail: string): void => void violations.push(`${invariant}: ${detail}`);
  const status = (engine: Engine, task: number): TaskState => historyOf(engine.state, task).at(-1)?.to ?? 'pending';
  const satisfied = (engine: Engine, task: number): boolean => {
    const { choice, reason } = engine.state.details[task] ?? {};
    if (status(engine, task) === 'completed') return choice !== 'skip' && choice !== 'reject';
    return status(engine, task) === 'skipped' && reason === 'person';
  };

  /** Numbers of leases that were asked for and not given back, and those of them that were granted. */
  const leases = { open: new Set<number>(), granted: new Set<number>() };

  function followLeases({ event, commands }: Seen): void {
    if (event.kind === 'leased' && !event.refused && leases.open.has(event.n)) leases.granted.add(event.n);
    for (const command of commands) {
      if (command.kind === 'lease') leases.open.add(command.n);
      if (command.kind !== 'unlease') continue;
      leases.open.delete(command.n);
      leases.granted.delete(command.n);
    }
  }

  function follow({ engine, event, reply }: Seen): void {
    if (event.kind === 'task.ended' && reply.kind === 'accepted') {
      running.delete(event.task);
      const { kind } = event.result;
      if (kind !== 'parked') told += event.result.usage?.usd ?? 0;
      if (kind === 'failed') failuresSeen = true;
      if (kind === 'limited') {
        const until = Math.max(event.result.until, event.at + LIMITS.usageLimitLeastMs);
        limits.set(accountOf(engine, event.task), until);
      } else if (kind === 'completed' && anyway.has(event.task)) limits.delete(accountOf(engine, event.task));
      anyway.delete(event.task);
    }
    if (reply.kind === 'refused') return;
    if (event.kind === 'retry' && event.task !== undefined) anyway.add(engine.graph.positions.get(event.task) ?? -1);
    if (event.kind === 'pause' && event.task === undefined) paused.request = true;
    if (event.kind === 'resume' && event.task === undefined) {
      paused.request = false;
      raises += 1;
    }
    if (event.kind === 'retry' || (event.kind === 'decide' && event.choice === 'raise')) raises += 1;
    if (event.kind === 'cancel' && event.task === undefined) cancelled = true;
    if (event.kind === 'decide' && reply.kind === 'accepted' && event.choice === 'reject')
      cancelled ||= engine.state.decisions.find(({ id }) => id === event.decision)?.kind === 'plan';
  }

  function checkRun({ engine, event }: Seen, task: number, key: string): void {
    const { graph } = engine;
    if (isLimited(engine, task, event.at) && !anyway.has(task)) broken('nothing starts under a usage limit', key);
    if (paused.request) broken('nothing starts while paused', key);
    if (cancelled) broken('nothing starts after a cancel', key);
    if (dispatched.has(key) || running.has(task)) broken('no double dispatch', key);
    dispatched.add(key);
    running.add(task);
    const { lease } = engine.state.details[task] ?? {};
    if (graph.nodes[task]?.resources && !(lease && leases.granted.has(lease.n)))
      broken('nothing runs without its lease', key);
    if (running.size > maxParallel) broken('capacity', `${running.size} > ${maxParallel}`);
    const agents = [...running].filter((other) => graph.nodes[other]?.kind === 'agent');
    for (const other of running)
      if (other !== task && overlap(graph.nodes[other]?.touches ?? [], graph.nodes[task]?.touches ?? []))
        broken('no two touch the same files at once', `${other} and ${task}`);
    if (agents.length > maxAgents) broken('few agents at a time', agents.join(', '));
    if (graph.nodes[task]?.kind === 'agent') checkBudget(engine, key);
    for (const dependency of graph.nodes[task]?.dependencies ?? []) {
      if (!satisfied(engine, dependency)) broken('dependency order', `${task} before ${dependency}`);
    }
  }

  function checkOrder({ engine, event, commands }: Seen): void {
    const { graph } = engine;
    if (graph.digest !== order.digest) order = { digest: graph.digest, ranks: buildGraph('', graph.nodes).ranks };
    const { ranks } = order;
    const started = commands.flatMap((command) =>
      command.kind === 'run' ? command.tasks.map(({ task }) => task) : [],
    );
    if (started.length === 0) return;
    const last = Math.max(...started.map((task) => ranks[task] ?? 0));
    const agents = [...running].filter((task) => graph.nodes[task]?.kind === 'agent').length;
    graph.nodes.forEach((node, task) => {
      const mayStart =
        node.kind === 'agent'
          ? budgetUsd === undefined && agents < maxAgents && !isLimited(engine, task, event.at)
          : node.kind !== 'decision' && !isTouched(engine, task);
      const isQueued = mayStart && ['ready', 'queued'].includes(status(engine, task));
      if (isQueued && (ranks[task] ?? 0) < last) broken('longest path first', `${task} waits behind a shorter one`);
    });
  }

  /** What an agent asked is of no use to anybody once its task does not go on with the answer. */
  function checkQuestions({ engine }: Seen): void {
    for (const { id, kind, state, task } of engine.state.decisions) {
      if (kind !== 'permission' || state !== 'open' || task === undefined) continue;
      const now = status(engine, engine.graph.positions.get(task) ?? -1);
      if (now === 'paused' || ENDED_STATES.includes(now))
        broken('no question outlives its task', `${id}: ${task} is ${now}`);
    }
  }

  /** Whether what it touches is touched by one that runs, or by one that goes before it. */
  function isTouched({ graph, index }: Engine, task: number): boolean {
    const { touches } = graph.nodes[task] ?? {};
    if (!touches) return false;
    return graph.nodes.some((node, other) => {
      const isQueued = ['ready', 'queued'].includes(index.status[other] ?? '');
      const goesFirst = running.has(other) || (isQueued && (graph.ranks[other] ?? 0) < (graph.ranks[task] ?? 0));
      return goesFirst && overlap(node.touches ?? [], touches);
    });
  }

  const asked = new Map<string, Decision>();

  /** Compares each decision with what it was before the event. */
  function checkDecisions({ engine }: Seen): void {
    for (const decision of engine.state.decisions) {
      const before = asked.get(decision.id);
      const { remindedAt, escalatedAt, state } = decision;
      const isNews = before?.remindedAt !== remindedAt || before?.escalatedAt !== escalatedAt;
      if (before && before.state !== 'open' && (isNews || before.urgency !== decision.urgency))
        broken('an answer cancels what is left', `${decision.id} changed after it was ${before.state}`);
      const isOnce = ['remindedAt', 'escalatedAt'] as const;
      if (isOnce.some((what) => before?.[what] !== undefined && before[what] !== decision[what]))
        broken('reminder, escalation, deadline come in this order, each once', `${decision.id} came twice`);
      if (isNews || before?.state !== state) checkMissing(decision);
      asked.set(decision.id, { ...decision });
    }
  }

  /** Whatever was due before the last thing that happened to a decision has happened, when it was due. */
  function checkMissing({ id, raisedAt, deadline, remindedAt, escalatedAt, state, answer }: Decision): void {
    const order = (detail: string): void =>
      broken('reminder, escalation, deadline come in this order, each once', `${id}: ${detail}`);
    const reminder = raisedAt + patience.remindAfterMs;
    const escalation = raisedAt + patience.escalateAfterMs;
    const end = Math.min(deadline ?? Infinity, answer?.at ?? Infinity);
    if (remindedAt === undefined && reminder < Math.min(escalation, escalatedAt ?? end, end) && (escalatedAt || answer))
      order('no reminder');
    if (escalatedAt === undefined && escalation < end && answer) order('no escalation');
    if (remindedAt !== undefined && remindedAt !== reminder) order(`reminder at ${remindedAt}, due at ${reminder}`);
    if (escalatedAt !== undefined && escalatedAt !== escalation)
      order(`escalation at ${escalatedAt}, due at ${escalation}`);
    if (state === 'expired' && answer?.at !== deadline) order(`deadline at ${answer?.at}, due at ${deadline}`);
  }

  return {
    violations,
    trace,
    finished: (at: number): void => {
      finishes += 1;
      trace.push(`${at} finish`);
    },
    after(seen: Seen): void {
      follow(seen);
      followLeases(seen);
      trace.push(`${seen.event.at} ${seen.event.kind} ${seen.reply.kind} ${JSON.stringify(seen.commands)}`);
      for (const command of seen.commands) {
        if (command.kind !== 'run') continue;
        for (const { task, epoch, attempt } of command.tasks) checkRun(seen, task, `${task}/${epoch}/${attempt}`);
      }
      checkOrder(seen);
      checkDecisions(seen);
      checkQuestions(seen);
    },
    end(engine: Engine): void {
      const { graph } = engine;
      for (const { n, state } of engine.state.submissions)
        if (state === 'open') broken('no submission is lost', String(n));
      graph.nodes.forEach((_, task) => {
        const history = historyOf(engine.state, task);
        if (!ENDED_STATES.includes(history.at(-1)?.to ?? 'pending'))
          broken('every task ends', `${task} is ${history.at(-1)?.to}`);
        let from: TaskState = 'pending';
        for (const { to } of history) {
          if (!TASK_TRANSITIONS[from].includes(to)) broken('legal transitions only', `${task}: ${from} → ${to}`);
          from = to;
        }
      });
      graph.nodes.forEach((_, task) => {
        const { conflict, repair } = engine.state.details[task] ?? {};
        if (!conflict || status(engine, task) !== 'completed') return;
        if (repair == null || status(engine, repair) !== 'completed') broken('no conflict is forgotten', String(task));
      });
      if (leases.open.size > 0) broken('every lease is given back', [...leases.open].join());
      if (finishes !== 1) broken('the request finishes once', String(finishes));
      const lost = graph.nodes.some(
        (node, task) => node.repairs === undefined && ['failed', 'cancelled'].includes(status(engine, task)),
      );
      if (lost === (engine.state.outcome === 'complete') && lost)
        broken('honest outcome', 'complete although something was lost');
      if (engine.state.outcome === 'failed' && !failuresSeen && !lost && !engine.state.budget?.cap)
        broken('honest outcome', 'failed although nothing failed');
    },
  };
}

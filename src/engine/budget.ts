import {
  amountText,
  BUDGET_PARTS,
  type Budget,
  type BudgetAmounts,
  type BudgetPart,
  type Reservation,
} from '../contract/budget.js';
import type { TaskResult } from '../contract/task.js';
import { raise } from './decisions.js';
import type { Command } from './events.js';
import { stopRest } from './failing.js';
import type { Engine } from './model.js';
import type { BudgetState } from './state.js';
import { dropTimer, setTimer } from './timers.js';
import { deadlineOf } from './waiting.js';

const WALL_TIMER = 'budget:wall';

/** The plan was accepted: from now on the budget counts. */
export function beginBudget(
  engine: Engine,
  { atCap = 'ask', ...limit }: Budget,
  at: number,
  commands: Command[],
): void {
  engine.state.budget = { limit: { ...limit }, step: limit, atCap, reserved: {}, assumedUsd: 0 };
  if (limit.wallMs !== undefined) setTimer(engine, { id: WALL_TIMER, at, ms: limit.wallMs }, commands);
}

export function spentOf({ state }: Engine, at: number): Required<BudgetAmounts> {
  const { cost, budget, acceptedAt } = state;
  return {
    usd: cost.usd + (budget?.assumedUsd ?? 0),
    tokens: cost.inputTokens + cost.outputTokens,
    wallMs: Math.max(0, at - (acceptedAt ?? at)),
  };
}

export function reservedOf({ reserved }: BudgetState): Required<Reservation> {
  const all = Object.values(reserved);
  const sum = (part: keyof Reservation): number => all.reduce((total, one) => total + (one[part] ?? 0), 0);
  return { usd: sum('usd'), tokens: sum('tokens') };
}

export const isWallOver = (engine: Engine, at: number): boolean =>
  spentOf(engine, at).wallMs >= (engine.state.budget?.limit.wallMs ?? Infinity);

/** Amounts as they are told are not exact: what a plan was made to fit must fit. */
const ROUNDING = 1e-9;

/**
 * The parts of the budget that keep an agent's task from starting. A task whose cost is not known needs all that is left, and nothing else that
 * costs runs beside it; so does any task where tokens are limited, for nobody states those.
 */
function blockers(engine: Engine, task: number, at: number): BudgetPart[] {
  const { budget } = engine.state;
  if (!budget) return [];
  const [spent, reserved] = [spentOf(engine, at), reservedOf(budget)];
  const isAlone = Object.keys(budget.reserved).length === 0;
  const wanted = { usd: engine.graph.nodes[task]?.maxCostUsd, tokens: undefined };
  return (['usd', 'tokens'] as const).filter((part) => {
    const limit = budget.limit[part];
    if (limit === undefined) return false;
    const left = limit - spent[part] - reserved[part];
    const want = wanted[part];
    return want === undefined ? !isAlone || left <= ROUNDING : want > left + ROUNDING;
  });
}

/** Whether the budget allows an agent's task to start now. */
export const isAffordable = (engine: Engine, task: number, at: number): boolean =>
  !engine.state.budget?.cap && blockers(engine, task, at).length === 0;

/** Sets aside what the task may use; it counts as used until the task has told what it did use. */
export function reserve(engine: Engine, task: number, at: number): void {
  const { budget } = engine.state;
  if (!budget || engine.graph.nodes[task]?.kind !== 'agent') return;
  const [spent, reserved] = [spentOf(engine, at), reservedOf(budget)];
  const { usd, tokens } = budget.limit;
  const reservation: Reservation = {};
  if (usd !== undefined) reservation.usd = engine.graph.nodes[task].maxCostUsd ?? usd - spent.usd - reserved.usd;
  if (tokens !== undefined) reservation.tokens = tokens - spent.tokens - reserved.tokens;
  budget.reserved[task] = reservation;
}

/** An attempt has ended. One that does not tell what it used counts with the most that its agent states. */
export function settleReservation(engine: Engine, task: number, result: TaskResult): void {
  const { budget } = engine.state;
  if (!budget?.reserved[task]) return;
  delete budget.reserved[task];
  const isUntold = result.kind !== 'limited' && (result.kind === 'parked' || result.usage === undefined);
  if (isUntold && budget.limit.usd !== undefined) budget.assumedUsd += engine.graph.nodes[task]?.maxCostUsd ?? 0;
}

/** Before anything starts: carries out what a person has said to a budget that was used up. */
export function heedAnswer(engine: Engine, at: number, commands: Command[]): void {
  const { state } = engine;
  const { budget } = state;
  if (!budget?.cap || state.outcome !== null || state.cancel) return;
  const { decision: id } = budget.cap;
  if (id === undefined) {
    // Somebody resumed it, or had it retried.
    if (!state.paused && !state.stopped) raiseLimit(engine, at, commands);
    return;
  }
  const decision = state.decisions.find((candidate) => candidate.id === id);
  if (decision?.state === 'open') return;
  delete budget.cap.decision;
  if (decision?.answer?.choice === 'raise') raiseLimit(engine, at, commands);
  else stopRest(engine, at, commands);
}

/** After all that may start has started: `next` is the agent's task that comes first of those left. */
export function heedCap(engine: Engine, next: number | undefined, at: number, commands: Command[]): void {
  const { state, index } = engine;
  const { budget } = state;
  if (!budget || budget.cap) return;
  const isAlone = Object.keys(budget.reserved).length === 0;
  const isLeft = index.counts.pending + index.counts.ready + index.counts.queued > 0;
  const parts: BudgetPart[] = next !== undefined && isAlone ? blockers(engine, next, at) : [];
  if (isWallOver(engine, at) && isLeft) parts.push('wallMs');
  if (parts.length === 0) return;
  budget.cap = { parts };
  if (budget.atCap === 'pause') state.paused = { at, by: 'the budget' };
  else if (budget.atCap === 'stop') stopRest(engine, at, commands);
  else budget.cap.decision = ask(engine, at, commands);
}

/** The budget concerns nobody once the request has ended. */
export function endBudget(engine: Engine, commands: Command[]): void {
  dropTimer(engine, WALL_TIMER, commands);
  if (engine.state.budget) engine.state.budget.reserved = {};
}

/** As much again as there was at first, of what was used up. */
function raiseLimit(engine: Engine, at: number, commands: Command[]): void {
  const { budget } = engine.state;
  if (!budget?.cap) return;
  for (const part of budget.cap.parts) budget.limit[part] = (budget.limit[part] ?? 0) + (budget.step[part] ?? 0);
  delete budget.cap;
  const { wallMs } = budget.limit;
  if (wallMs === undefined) return;
  dropTimer(engine, WALL_TIMER, commands);
  const left = wallMs - spentOf(engine, at).wallMs;
  if (left > 0) setTimer(engine, { id: WALL_TIMER, at, ms: left }, commands);
}

function ask(engine: Engine, at: number, commands: Command[]): string {
  const { state, graph } = engine;
  const { budget } = state;
  const parts = budget?.cap?.parts ?? [];
  const spent = spentOf(engine, at);
  const amounts = (of: BudgetAmounts): string => parts.map((part) => amountText(part, of[part] ?? 0)).join(' and ');
  const left = BUDGET_PARTS.some((part) => parts.includes(part) && spent[part] < (budget?.limit[part] ?? 0));
  const options = ['raise', 'stop'];
  const id = raise(
    engine,
    {
      kind: 'budget',
      question:
        `The budget of ${amounts(budget?.limit ?? {})} ${left ? 'does not suffice for what comes next' : 'is used up'}. ` +
        `raise: ${amounts(budget?.step ?? {})} more; stop: nothing further begins`,
      options,
      recommended: null,
      subject: {
        digest: `${graph.digest}#budget-${state.decisions.length + 1}`,
        summary: `${amounts(spent)} spent of ${amounts(budget?.limit ?? {})}`,
      },
      risk: 0,
      criticality: 0,
      ...deadlineOf(engine, { options, otherwise: 'stop' }, at),
      context: {},
    },
    at,
    commands,
  );
  return id;
}

import { LIMITS } from '../contract/limits.js';
import { heedAnswer, heedCap, isAffordable, isWallOver, reserve } from './budget.js';
import { raiseTaskDecision } from './decisions.js';
import type { Engine } from './model.js';
import type { Command } from './events.js';
import { peek, pop, type Heap } from './heap.js';
import { conclude } from './outcome.js';
import { askForLease, giveLeasesBack, hasLease } from './leases.js';
import { mend } from './repairs.js';
import { firstUntouched } from './touches.js';
import { attemptOf, detailOf, epochOf, move, skipDependants, statusOf } from './moves.js';

/** After every event: asks what is to be asked, starts what may start, and ends the request when nothing is left. */
export function dispatch(engine: Engine, at: number, commands: Command[]): void {
  const { state, index } = engine;
  mend(engine, at, commands);
  heedAnswer(engine, at, commands);
  if (mayStart(engine)) {
    // An answer given at once may make further questions ready, so this takes them one by one.
    while (index.openDecisions < LIMITS.openDecisions) {
      const task = index.asks.shift();
      if (task === undefined) break;
      if (statusOf(engine, task) === 'ready') raiseTaskDecision(engine, task, at, commands);
    }
    const slots = Math.min(state.settings.maxParallel, LIMITS.parallelTasksMax);
    while (index.counts.running < slots && !isWallOver(engine, at)) {
      const task = nextReady(engine, at);
      if (task === undefined) break;
      if (!hasLease(engine, task)) {
        askForLease(engine, task, at, commands);
        continue;
      }
      move(engine, task, 'running', at);
      reserve(engine, task, at);
      const run = { task, epoch: epochOf(engine, task), attempt: attemptOf(engine, task) };
      commands.push({ kind: 'run', unit: engine.graph.nodes[task]?.id ?? String(task), tasks: [run] });
    }
    if (state.budget) heedCap(engine, nextAgent(engine)?.task, at, commands);
  }
  for (const task of index.fresh.splice(0)) {
    if (statusOf(engine, task) !== 'ready') continue;
    if (state.stopped) giveUp(engine, task, at);
    else if (engine.graph.nodes[task]?.kind !== 'decision') move(engine, task, 'queued', at);
  }
  // What was given up may have been a repair.
  if (state.stopped) mend(engine, at, commands);
  giveLeasesBack(engine, commands);
  conclude(engine, at, commands);
}

/** A task that came back (parked, or resumed) after the plan had stopped does not start again. */
function giveUp(engine: Engine, task: number, at: number): void {
  move(engine, task, 'skipped', at);
  detailOf(engine, task).reason = 'stopped';
  skipDependants(engine, task, 'stopped', at);
}

/** Whether the request is in a state in which tasks may start. */
function mayStart(engine: Engine): boolean {
  const { state, index } = engine;
  if (state.phase !== 'MONITORING' && state.phase !== 'ESCALATING') return false;
  if (state.paused || state.cancel || state.stopped || index.hold) return false;
  return !state.decisions.some((decision) => decision.kind === 'plan' && decision.state === 'open');
}

/** Takes the first of all that may start now. Where the budget does not suffice for the first agent, none that comes later overtakes it. */
function nextReady(engine: Engine, at: number): number | undefined {
  const { index, graph, state } = engine;
  const mayStartAgent = index.runningAgents < (state.settings.maxAgents ?? LIMITS.hostProcesses);
  const agent = mayStartAgent ? nextAgent(engine) : undefined;
  const rank = firstUntouched(engine, () => first(engine, index.ready), at);
  const isAgent = agent && (rank === undefined || agent.rank < rank) && isAffordable(engine, agent.task, at);
  const taken = pop(isAgent ? agent.queue : index.ready);
  return taken === undefined ? undefined : graph.byRank[taken];
}

/** The first of the agents' tasks that no usage limit holds back. */
function nextAgent(engine: Engine): { task: number; rank: number; queue: Heap } | undefined {
  const { index, graph, state } = engine;
  let next: { task: number; rank: number; queue: Heap } | undefined;
  for (const [account, queue] of index.readyAgents) {
    const rank = state.limits[account] ? undefined : first(engine, queue);
    if (rank !== undefined && (!next || rank < next.rank)) next = { task: graph.byRank[rank] ?? -1, rank, queue };
  }
  return next;
}

/** Rank of a queue's first entry, once those whose task has left the queue are dropped. */
function first(engine: Engine, queue: Heap): number | undefined {
  for (let rank = peek(queue); rank !== undefined; rank = peek(queue)) {
    const status = statusOf(engine, engine.graph.byRank[rank] ?? -1);
    if (status === 'ready' || status === 'queued') return rank;
    pop(queue);
  }
  return undefined;
}

import type { GraphNode } from '../contract/plan.js';
import { TASK_STATES, type TaskState } from '../contract/task.js';
import { EMPTY_GRAPH, type Graph } from './graph.js';
import { push, type Heap } from './heap.js';
import { historyOf, taskState } from './lifecycle.js';
import type { EngineState } from './state.js';

/**
 * A request under way: its JSON state, the graph it walks, and an index derived from the two. `step` owns what it is given: it changes the
 * engine in place, so that a step costs O(log tasks) and not a copy of 10,000 tasks. Keep a copy of `state` (it is JSON) to keep a moment.
 */
export interface Engine {
  state: EngineState;
  graph: Graph;
  index: Index;
}

/** All of it can be computed again from state and graph, and is, by `open`. */
export interface Index {
  status: TaskState[];
  /** Time of each task's last transition. */
  since: number[];
  /** How many dependencies of each task are not yet satisfied. */
  unmet: number[];
  counts: Record<TaskState, number>;
  /** Ranks of ready and queued tasks; entries of tasks that left those states are dropped when they come up. */
  ready: Heap;
  /** The same of the tasks that are an agent's, of which fewer may run at once: by account, those that heed no limit under ''. */
  readyAgents: Map<string, Heap>;
  /** Tasks of agents that run. */
  runningAgents: number;
  /** Tasks that run and touch files that others may touch too. */
  touching: Set<number>;
  /** Ready tasks that may not start because of the files they touch: out of the queue until `isTouchChanged`. */
  held: number[];
  /** The first of them in the order of dispatch that waits for one that runs. */
  head: number | undefined;
  /** Something that touches has ended, or left the queue, since the queue was last looked through. */
  isTouchChanged: boolean;
  /** What is known of two sets of globs, by both numbers of `Graph.touchSets`. */
  overlaps: Map<number, boolean>;
  /** Numbers of the leases that tasks have asked for and not given back. */
  leased: Map<number, number>;
  /** Decision tasks that are ready to be asked; they take no slot. */
  asks: number[];
  /** Tasks that became ready in this step. */
  fresh: number[];
  /** Tasks that wait for their conflict to be mended. */
  mending: number[];
  /** Decisions that are open. */
  openDecisions: number;
  /** Nothing is dispatched: the shell drains to continue as a new run. */
  hold: boolean;
}

/** Takes up a request from its state: a new one, one carried over, or one read from a store. O(tasks + edges). */
export function open(state: EngineState, graph: Graph = EMPTY_GRAPH): Engine {
  // A state that was kept before these were known has none.
  state.submissions ??= [];
  state.saves ??= [];
  state.limits ??= {};
  const engine: Engine = { state, graph, index: emptyIndex() };
  reindex(engine);
  return engine;
}

/** Replaces the graph (a plan was accepted) and computes the index again. */
export function adopt(engine: Engine, graph: Graph): void {
  engine.graph = graph;
  reindex(engine);
}

function emptyIndex(): Index {
  const counts = Object.fromEntries(TASK_STATES.map((name) => [name, 0])) as Record<TaskState, number>;
  return {
    status: [],
    since: [],
    unmet: [],
    counts,
    ready: { items: [] },
    readyAgents: new Map(),
    runningAgents: 0,
    touching: new Set(),
    held: [],
    head: undefined,
    isTouchChanged: false,
    overlaps: new Map(),
    leased: new Map(),
    asks: [],
    fresh: [],
    mending: [],
    openDecisions: 0,
    hold: false,
  };
}

function reindex(engine: Engine): void {
  const { state, graph } = engine;
  const index = (engine.index = emptyIndex());
  index.openDecisions = state.decisions.filter((decision) => decision.state === 'open').length;
  graph.nodes.forEach((node, task) => {
    const status = taskState(state, task);
    index.status.push(status);
    index.counts[status] += 1;
    if (status === 'waiting' && state.details[task]?.conflict) index.mending.push(task);
    if (status === 'running' && node.kind === 'agent') index.runningAgents += 1;
    const lease = state.details[task]?.lease;
    if (lease) index.leased.set(task, lease.n);
    if (status === 'running' && node.touches) index.touching.add(task);
    index.since.push(historyOf(state, task).at(-1)?.at ?? state.acceptedAt ?? state.createdAt);
    index.unmet.push(node.dependencies.filter((dependency) => !isSatisfied(engine, dependency)).length);
    if (status === 'ready' || status === 'queued') enqueue(engine, task, node);
  });
}

export function enqueue(engine: Engine, task: number, node: GraphNode): void {
  if (node.kind === 'decision') engine.index.asks.push(task);
  else push(queueOf(engine, task, node), engine.graph.ranks[task] ?? 0);
}

function queueOf(engine: Engine, task: number, node: GraphNode): Heap {
  const { ready, readyAgents } = engine.index;
  if (node.kind !== 'agent') return ready;
  const account = engine.state.details[task]?.anyway ? '' : accountOf(engine, task);
  const queue = readyAgents.get(account) ?? { items: [] };
  readyAgents.set(account, queue);
  return queue;
}

/** Whose usage limit a task is under; all that do not say share one. */
export const accountOf = ({ graph }: Engine, task: number): string => graph.nodes[task]?.account ?? 'agents';

/** Choices of a decision task that rule out what depends on it. */
export const RULES_OUT: readonly string[] = ['reject', 'skip'];

/** Whether what depends on the task may go on: it is done and did not rule it out, or a person said that it is not needed. */
export function isSatisfied(engine: Engine, task: number): boolean {
  const status = engine.index.status[task];
  const detail = engine.state.details[task];
  if (status === 'completed') return detail?.choice === undefined || !RULES_OUT.includes(detail.choice);
  return status === 'skipped' && detail?.reason === 'person';
}

import type { defineQuery, setHandler } from '@temporalio/workflow';
import { ApplicationFailure } from '@temporalio/workflow';
import { LIMITS } from '../contract/limits.js';
import { splitGlobalId } from '../contract/names.js';
import { historyOf } from '../engine/lifecycle.js';
import { progressView } from '../progress/progress.js';
import { decisionView, requestView, taskView } from '../progress/view.js';
import type { Conductor } from './conductor.js';
import { isRecord } from './guards.js';

/** Registers the queries. All answer at once from the engine's state; lists come in pages of 200 tasks. */
export function registerQueries(conductor: Conductor, define: typeof defineQuery, set: typeof setHandler): void {
  const { description } = conductor.input;
  set(
    define<unknown, [unknown]>('progress'),
    (input) => progressView(conductor.engine(), { now: nowOf(input), description }),
    {
      description: 'How far the request is',
    },
  );
  set(define<unknown, [unknown]>('plan'), (input) => planPage(conductor, pageOf(input)), {
    description: 'The tasks of the plan, a page at a time: {"from": 0}',
  });
  set(define<unknown, [unknown]>('state'), (input) => statePage(conductor, pageOf(input), nowOf(input)), {
    description: 'The request with its tasks and decisions, a page at a time: {"from": 0}',
  });
  set(define<unknown, [unknown]>('decisions'), () => decisions(conductor), {
    description: 'The decisions, open ones first',
  });
  set(define<unknown, [unknown]>('task'), (input) => oneTask(conductor, input), {
    description: 'One task with its history: {"id": "…"}',
  });
}

const pageOf = (input: unknown): number => {
  const from = isRecord(input) ? input['from'] : 0;
  return typeof from === 'number' && Number.isInteger(from) && from >= 0 ? from : 0;
};

/** While a query is answered the workflow's clock stands at its last event; who asks may say how late it is, in ms since 1970. */
const nowOf = (input: unknown): number => {
  const now = isRecord(input) ? input['now'] : undefined;
  return typeof now === 'number' && Number.isFinite(now) ? Math.max(Date.now(), now) : Date.now();
};

const nextOf = (from: number, total: number): number | null =>
  from + LIMITS.queryPageTasks < total ? from + LIMITS.queryPageTasks : null;

function planPage(conductor: Conductor, from: number): unknown {
  const { graph, state } = conductor.engine();
  const ids = (positions: readonly number[]): string[] => positions.map((position) => graph.nodes[position]?.id ?? '');
  const tasks = graph.nodes.slice(from, from + LIMITS.queryPageTasks).map(({ decision, dependencies, ...node }) => ({
    ...node,
    dependencies: ids(dependencies),
    ...(decision ? { decision } : {}),
  }));
  return {
    v: 1,
    digest: graph.digest,
    revision: state.plan?.revision ?? 0,
    total: graph.nodes.length,
    from,
    tasks,
    next: nextOf(from, graph.nodes.length),
  };
}

function statePage(conductor: Conductor, from: number, now: number): unknown {
  const engine = conductor.engine();
  const { transitions, data, illegalTriggers, notes, paused, cancel } = engine.state;
  const view = requestView(engine, { now, page: { from, count: LIMITS.queryPageTasks } });
  return {
    ...view,
    total: engine.graph.nodes.length,
    from,
    next: nextOf(from, Math.max(engine.graph.nodes.length, engine.state.decisions.length)),
    transitions,
    data,
    illegalTriggers,
    notes,
    paused,
    cancel,
  };
}

function decisions(conductor: Conductor): unknown {
  const { state } = conductor.engine();
  const open = state.decisions.filter((decision) => decision.state === 'open');
  const closed = state.decisions.filter((decision) => decision.state !== 'open').slice(-LIMITS.queryPageTasks);
  return { v: 1, decisions: [...open, ...closed].map((decision) => decisionView(state.request, decision)) };
}

function oneTask(conductor: Conductor, input: unknown): unknown {
  const engine = conductor.engine();
  const id = isRecord(input) && typeof input['id'] === 'string' ? input['id'] : '';
  const position = engine.graph.positions.get(splitGlobalId(id).local ?? id);
  if (position === undefined) throw ApplicationFailure.nonRetryable(`id: no task ${id} in this request`, 'unknown_id');
  const history = historyOf(engine.state, position).map(({ to, at }) => ({ to, at: new Date(at).toISOString() }));
  return { v: 1, ...taskView(engine, position), history };
}

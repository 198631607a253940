import type { Budget } from '../../src/contract/budget.js';
import type { Patience } from '../../src/contract/decision.js';
import type { GraphNode } from '../../src/contract/plan.js';
import type { TaskResult } from '../../src/contract/task.js';
import { step } from '../../src/engine/engine.js';
import type { Approval, EventBody, Step } from '../../src/engine/events.js';
import { buildGraph } from '../../src/engine/graph.js';
import { historyOf } from '../../src/engine/lifecycle.js';
import { open, type Engine } from '../../src/engine/model.js';
import { createState } from '../../src/engine/state.js';

export function node(id: string, dependencies: number[] = [], more: Partial<GraphNode> = {}): GraphNode {
  return {
    id,
    title: id,
    kind: more.decision ? 'decision' : 'skill',
    type: 'test',
    label: 'command:true',
    agent: 'commands',
    dependencies,
    estimateMs: 1000,
    timeLimitMs: 60_000,
    retries: 0,
    priority: 1,
    risk: 0,
    criticality: 0,
    delivers: !more.decision,
    ...more,
  };
}

export const question = (more: object = {}): Partial<GraphNode> => ({
  decision: { question: 'Go on?', options: ['approve', 'reject'], ...more },
});

export interface Bench {
  engine: Engine;
  /** Posts an event at the bench's time, which `wait` moves. */
  post(body: EventBody): Step;
  wait(ms: number): void;
  run(...ids: string[]): void;
  fail(id: string): Step;
  end(id: string, result: TaskResult): Step;
  statuses(): Record<string, string>;
  started(): string[];
}

export const completed: TaskResult = { kind: 'completed', startedAt: 0, summary: '', output: null, artifacts: [] };
export const failed: TaskResult = {
  kind: 'failed',
  startedAt: 0,
  error: { code: 'command_failed', message: 'exit code 1', exitCode: 1 },
  artifacts: [],
};

/** An engine that has accepted a plan, with short ways to make things happen to it. */
export function bench(
  nodes: GraphNode[],
  options: {
    maxParallel?: number;
    onFailure?: 'continue' | 'stop';
    yes?: boolean;
    approval?: Approval;
    patience?: Patience;
    budget?: Budget;
  } = {},
): Bench {
  let at = 1_000_000;
  const graph = buildGraph('digest', nodes);
  const settings = { maxParallel: 1, onFailure: 'continue', interaction: 'minimal', yes: false, by: '' } as const;
  const engine = open(createState({ request: 'r', at, settings }));
  const started: string[] = [];
  const post = (body: EventBody): Step => {
    const made = step(engine, { request: 'r', at, ...body });
    for (const command of made.commands) {
      if (command.kind === 'run') started.push(...command.tasks.map(({ task }) => engine.graph.nodes[task]?.id ?? ''));
    }
    return made;
  };
  const end = (id: string, result: TaskResult): Step => {
    const task = engine.graph.positions.get(id) ?? -1;
    const { epoch = 0, attempts = 0 } = engine.state.details[task] ?? {};
    return post({ kind: 'task.ended', task, epoch, attempt: attempts + 1, result, random: 0.5 });
  };
  post({ kind: 'start' });
  post({ kind: 'analyzed', data: { intent: 'analyze' } });
  const { maxParallel = 10, onFailure = 'continue', yes = false, approval = null } = options;
  const { patience, budget } = options;
  post({
    kind: 'planned',
    graph,
    maxParallel,
    onFailure,
    approval,
    yes,
    by: 'ann',
    ...(patience ? { patience } : {}),
    ...(budget ? { budget } : {}),
  });
  return {
    engine,
    post,
    wait: (ms) => void (at += ms),
    run: (...ids) => ids.forEach((id) => end(id, completed)),
    fail: (id) => end(id, failed),
    end,
    statuses: () =>
      Object.fromEntries(
        engine.graph.nodes.map((item, task) => [item.id, historyOf(engine.state, task).at(-1)?.to ?? 'pending']),
      ),
    started: () => started,
  };
}

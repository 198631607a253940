import type { GraphNode } from '../../src/contract/plan.js';
import type { TaskResult } from '../../src/contract/task.js';
import { step } from '../../src/engine/engine.js';
import { open, type Engine } from '../../src/engine/model.js';
import type { EventBody } from '../../src/engine/events.js';
import { buildGraph } from '../../src/engine/graph.js';
import { createState } from '../../src/engine/state.js';

/** Monday 2026-01-05T00:00:00Z: every test request was created then. */
export const START = Date.UTC(2026, 0, 5);

export function node(id: string, more: Partial<GraphNode> = {}): GraphNode {
  return {
    id,
    title: `Title of ${id}`,
    kind: 'skill',
    type: 'test',
    label: 'skill:test',
    agent: 'baton',
    dependencies: [],
    estimateMs: 1000,
    timeLimitMs: 60_000,
    retries: 0,
    priority: 1,
    risk: 0,
    criticality: 0,
    delivers: true,
    ...more,
  };
}

export const question = (id: string, more: Partial<GraphNode> = {}): GraphNode =>
  node(id, {
    kind: 'decision',
    estimateMs: 0,
    decision: { question: `May ${id} happen?`, options: ['approve', 'skip'] },
    ...more,
  });

/** An engine whose plan has just been accepted at START, and ways to move it. Times are ms after START. */
export function begin(
  nodes: GraphNode[],
  options: { maxParallel?: number; request?: string; approval?: boolean } = {},
) {
  const request = options.request ?? 'req-1';
  const settings = { maxParallel: 1, onFailure: 'continue', interaction: 'minimal', yes: false, by: 'user' } as const;
  const engine: Engine = open(createState({ request, at: START, settings }));
  const post = (body: EventBody, at = 0) => step(engine, { request, at: START + at, ...body });
  const graph = buildGraph('sha256-of-the-plan', nodes);
  const approval = options.approval
    ? { question: 'Run it?', summary: 'the plan', digest: graph.digest, risk: 0.2, criticality: 0.1, context: {} }
    : null;
  post({ kind: 'start' });
  post({ kind: 'analyzed', data: {} });
  post({
    kind: 'planned',
    graph,
    maxParallel: options.maxParallel ?? 2,
    onFailure: 'continue',
    approval,
    yes: false,
    by: 'user',
  });
  const end = (id: string, at: number, result: Partial<TaskResult> = {}) => {
    const task = graph.positions.get(id)!;
    const detail = engine.state.details[task];
    const completed = {
      kind: 'completed',
      startedAt: 0,
      summary: '',
      output: null,
      artifacts: [],
      ...result,
    } as TaskResult;
    const [epoch, attempt] = [detail?.epoch ?? 0, (detail?.attempts ?? 0) + 1];
    return post({ kind: 'task.ended', task, epoch, attempt, result: completed, random: 0 }, at);
  };
  const fail = (id: string, at: number, message = 'exit code 3') =>
    end(id, at, { kind: 'failed', error: { code: 'command_failed', message, exitCode: 3 } });
  return { engine, post, end, fail };
}

import type { AgentDefinition, Candidate } from '../contract/agent.js';
import { LIMITS } from '../contract/limits.js';
import type { GraphNode, Plan, PlanTask } from '../contract/plan.js';
import { byLevel, criticalPath, lowerBoundMs, workOf } from './graph.js';
import { parallelismRate, type Schedule } from './schedule.js';
import { agentOf, agentsOf, toGraph } from './to-graph.js';

export interface Estimate {
  makespanMs: number;
  sequentialMs: number;
  lowerBoundMs: number;
  costUsd: number;
}

/** What is known of a plan before anything runs (DEC-6). Ids stand for tasks; times are predicted from the estimates, in ms from the start. */
export interface Preview {
  levels: string[][];
  /** The levels in groups of at most 5, to be shown; nothing waits for a whole group. */
  groups: string[][];
  criticalPath: string[];
  estimate: Estimate;
  /** Share of task time, 0 … 1, during which another task runs too. */
  parallelismRate: number;
  checkpoints: string[];
  /** Ends of levels, at most 20 of them: by when which part is done. */
  milestones: { name: string; tasks: number; atMs: number }[];
  /** Who carries each task out, and why; of an agent's tasks with all that could have been chosen. */
  allocations: { task: string; agent: string; why: string; candidates?: Candidate[] }[];
  /** The agents that were given tasks, by name. */
  agents: AgentDefinition[];
  /** Questions that will be asked on the way. */
  decisions: { task: string; question: string; options: string[]; otherwise: string | null }[];
  coordination: { strategy: string; why: string; synchronizationPoints: string[] };
}

/** `schedule` is what the engine makes of the plan's graph on a virtual clock. */
export function previewPlan(plan: Plan, schedule: Schedule): Preview {
  const nodes = toGraph(plan);
  // A compiled plan is in topological order.
  const order = nodes.map((_, position) => position);
  const id = (position: number): string => nodes[position]?.id ?? '';
  const levels = byLevel(plan.tasks.map(({ level }) => level)).map((level) => level.map(id));
  return {
    levels,
    groups: levels.flatMap((level) => chunks(level, LIMITS.groupTasks)),
    criticalPath: criticalPath(nodes, order).map(id),
    estimate: {
      makespanMs: schedule.makespanMs,
      sequentialMs: workOf(nodes),
      lowerBoundMs: Math.ceil(lowerBoundMs(nodes, order, plan.maxParallel)),
      costUsd: 0,
    },
    parallelismRate: parallelismRate(schedule),
    checkpoints: [],
    milestones: milestonesOf(plan, schedule.endMs, levels.length),
    allocations: plan.tasks.map((task) => ({
      task: task.id,
      agent: agentOf(task),
      why: task.allocation?.why ?? WHY[task.action.kind],
      ...(task.allocation ? { candidates: task.allocation.candidates } : {}),
    })),
    agents: agentsOf(plan),
    decisions: plan.tasks.flatMap(({ id: task, action }) =>
      action.kind === 'decision'
        ? [{ task, question: action.question, options: action.options, otherwise: action.otherwise ?? null }]
        : [],
    ),
    coordination: coordinationOf(nodes),
  };
}

/** The `plan` and `estimate` of the JSON that `plan` prints; `digest` names the plan's canonical JSON. */
export function planJson(
  plan: Plan,
  { digest, preview: { estimate, ...preview } }: { digest: string; preview: Preview },
): { plan: Record<string, unknown>; estimate: Estimate } {
  const { name, description, strategy, maxParallel, onFailure, notes } = plan;
  const tasks = plan.tasks.map(({ allocation: _, ...task }) => task);
  return { plan: { digest, name, description, strategy, maxParallel, onFailure, tasks, notes, ...preview }, estimate };
}

/** Why a task needs no choice of an agent. */
const WHY: Record<PlanTask['action']['kind'], string> = {
  command: 'the task is a command',
  shell: 'the task is a text for the shell',
  skill: 'a built-in skill does this without a model',
  program: 'the program of a skill',
  tool: 'a tool of an MCP server',
  agent: 'no agent was chosen',
  decision: 'a person decides',
};

function milestonesOf(plan: Plan, endMs: readonly number[], levels: number): Preview['milestones'] {
  const ends = new Array<number>(levels).fill(0);
  const counts = new Array<number>(levels).fill(0);
  plan.tasks.forEach(({ level }, position) => {
    ends[level] = Math.max(ends[level] ?? 0, endMs[position] ?? 0);
    counts[level] = (counts[level] ?? 0) + 1;
  });
  let [atMs, tasks] = [0, 0];
  const step = Math.max(1, Math.ceil(levels / LIMITS.milestones));
  return ends.flatMap((end, level) => {
    atMs = Math.max(atMs, end);
    tasks += counts[level] ?? 0;
    const shown = (level + 1) % step === 0 || level === levels - 1;
    return shown ? [{ name: `level ${level + 1} of ${levels} done`, tasks, atMs }] : [];
  });
}

function coordinationOf(nodes: readonly GraphNode[]): Preview['coordination'] {
  return {
    strategy: 'leader-follower',
    why: 'Baton hands out the tasks; results pass along the dependencies, and tasks do not talk to each other',
    synchronizationPoints: nodes.filter(({ dependencies }) => dependencies.length > 1).map(({ id }) => id),
  };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < items.length; i += size) result.push(items.slice(i, i + size));
  return result;
}

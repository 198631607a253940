import type { Allocation } from './agent.js';
import type { Json } from './json.js';
import type { AgentSkill, JsonSchema, SkillSource } from './skill.js';
import type { Priority } from './task.js';

export const TASK_KINDS = ['skill', 'agent', 'workflow', 'decision'] as const;
/** How a task is executed (ALO-5). */
export type TaskKind = (typeof TASK_KINDS)[number];

export const ON_FAILURE = ['continue', 'stop', 'compensate'] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

/** What a task does. A `command` and a `skill` are both tasks of kind skill. */
export type Action =
  | { kind: 'command'; argv: string[] }
  | { kind: 'shell'; script: string }
  /** By its name; in a compiled plan a built-in one. The agent's fields are only for a skill that an agent carries out. */
  | { kind: 'skill'; name: string; with: Record<string, Json>; agent?: string; mode?: string; effect?: Effect }
  | {
      kind: 'agent';
      prompt: string;
      agent?: string;
      mode?: string;
      effect?: 'optional';
      repairs?: Repair;
      skill?: AgentSkill;
    }
  /** The program of a skill. `path`: its `SKILL.md`. */
  | {
      kind: 'program';
      skill: string;
      argv: string[];
      with: Record<string, Json>;
      output: JsonSchema | null;
      source: SkillSource;
      path: string;
    }
  /** One call of a tool of an MCP server. */
  | {
      kind: 'tool';
      server: string;
      tool: string;
      with: Record<string, Json>;
      output: JsonSchema | null;
      mode?: string;
    }
  | { kind: 'decision'; question: string; options: string[]; deadlineMs?: number; otherwise?: string };

/** A command that must end with exit code 0 when a task is done. */
export type Check = Extract<Action, { kind: 'command' | 'shell' }>;

/** Whether an agent is to change files. */
export type Effect = 'required' | 'optional';

/** The commit that an agent is to merge: that of a task whose changes conflict with what others changed, or break a check beside it. */
export interface Repair {
  task: string;
  commit: string;
  branch: string;
  /** The check that broke, as text: there is something to mend although the files can be merged. */
  check?: string;
}

/** A task as a plan file or a planner gives it: checked one by one, not yet against the others. Times are milliseconds. */
export interface TaskDraft {
  id: string;
  title: string;
  /** Domain type: refactoring, deployment, test, analysis, … */
  type: string;
  action: Action;
  dependencies: string[];
  inputs: string[];
  outputs: string[];
  touches: string[];
  /** What its agent must be able to do. */
  capabilities: string[];
  /** What its agent should be able to do, and be specialised in; both count in the choice and exclude nobody. */
  preferredCapabilities?: string[];
  preferredSpecializations?: string[];
  estimateMs?: number;
  timeLimitMs?: number;
  retries: number;
  priority: Priority;
  /** 0 … 1 */
  risk: number;
  /** 0 … 1; over .8 a person always decides. */
  criticality: number;
  env: Record<string, string>;
  /** Variables whose value is a secret, by the name that `baton.yaml` gives it. */
  secrets?: Record<string, string>;
  /** Relative to the workspace. */
  cwd: string;
  parameters: Record<string, Json>;
  /** How much of each shared resource it holds while it runs, by name. */
  resources?: Record<string, number>;
  /** Its effect must not happen twice: an attempt whose end is not known is asked about before another one begins. */
  once?: true;
  /** Run one after the other, outside of the agent, before what the task made counts. */
  checks?: Check[];
  /** Whether completing it is something the user asked for (it makes an outcome partial rather than failed). */
  delivers: boolean;
}

export interface PlanDraft {
  v: 1;
  name: string;
  description: string;
  maxParallel?: number;
  onFailure: OnFailure;
  tasks: TaskDraft[];
}

/** A task of a compiled plan: references hold, and what the draft left open is filled in. */
export interface PlanTask extends TaskDraft {
  kind: TaskKind;
  estimateMs: number;
  timeLimitMs: number;
  /** Length of the longest path below it, 0 for a root (DEC-3). */
  level: number;
  /** Of a task of kind agent. */
  allocation?: Allocation;
}

export const STRATEGIES = ['sequential', 'parallel', 'hierarchical', 'adaptive'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** A validated acyclic graph of tasks, in topological order. The digest of its canonical JSON names it. */
export interface Plan {
  v: 1;
  name: string;
  description: string;
  strategy: Strategy;
  maxParallel: number;
  onFailure: OnFailure;
  tasks: PlanTask[];
  /** Things the user should know: edges inferred from inputs and outputs, cycles broken. */
  notes: string[];
}

/** What the workflow needs of a task to conduct it: a plan's task without what only its executor reads. */
export interface GraphNode {
  id: string;
  title: string;
  kind: TaskKind;
  type: string;
  /** The activity's type as Temporal Web shows it, e.g. `skill:inventory` or `command:npm`. */
  label: string;
  agent: string;
  /** Positions of its dependencies in the graph. */
  dependencies: number[];
  estimateMs: number;
  timeLimitMs: number;
  retries: number;
  /** Position in PRIORITIES. */
  priority: number;
  risk: number;
  criticality: number;
  delivers: boolean;
  /** Globs of what it changes in a folder that other tasks share; absent where it changes none, or works in a folder of its own. */
  touches?: string[];
  /** How much of each shared resource it needs, by name. */
  resources?: Record<string, number>;
  /** How many checks it has, each with its time limit. */
  checks?: number;
  /** Position of the task whose conflict it mends. */
  repairs?: number;
  /** Of an agent's task: tasks of one account stand under one usage limit. Its runtime; with its own id where it sets variables of its own. */
  account?: string;
  /** Of an agent's task: the most that one attempt costs, where its agent states that. */
  maxCostUsd?: number;
  /** Of an agent's task: it is a conversation with a model, which a workflow of its own leads. */
  talks?: true;
  decision?: { question: string; options: string[]; deadlineMs?: number; otherwise?: string };
}

import type { Permission } from './mode.js';

/** How an agent is run (EXE-1), where a description of a command line does not say it (`CliRuntime`). */
export const RUNTIMES = ['claude-code', 'command', 'model'] as const;
export type RuntimeName = (typeof RUNTIMES)[number];
/** Those that carry out an attempt as a whole; a conversation with a model is led by a workflow, a call at a time. */
export type WholeRuntime = Exclude<RuntimeName, 'model'>;

export const isRuntimeName = (name: string): name is RuntimeName => (RUNTIMES as readonly string[]).includes(name);

/** Where an agent's file stands: Baton's own catalogue, the data folder of this machine, or the workspace. */
export const AGENT_SOURCES = ['built-in', 'user', 'workspace'] as const;
export type AgentSource = (typeof AGENT_SOURCES)[number];

/** An agent as its Markdown file describes it (ALO-1). */
export interface AgentDefinition {
  v: 1;
  name: string;
  description: string;
  /** Lower-case words; what the file names, or what its name and description speak of. */
  capabilities: string[];
  /** The file names no capabilities: they were found in its name and description. */
  inferred?: true;
  /** One word, usually one of the capabilities; empty for none. */
  specialization: string;
  /** One of `RUNTIMES`, or the name of a `CliRuntime` or an `Endpoint`. */
  runtime: string;
  /** The program of a `command` agent, which gets the prompt by standard input; empty for others. */
  command: string[];
  /** Tools it may use, each as Claude Code names them (`Read`, `Bash(git diff:*)`); passed as `--allowedTools`. Nothing else is allowed. */
  tools: string[];
  /** The mode that its file names; null where it follows from its tools. */
  mode: string | null;
  /** It never asks for leave: what its rules do not allow is denied. */
  asks?: false;
  /** Tasks at once. */
  maxLoad: number;
  /** As the runtime names it; null leaves the choice to the runtime. */
  model: string | null;
  limits: { timeLimitMs?: number; maxTurns?: number; maxCostUsd?: number; maxMemoryMb?: number; maxProcesses?: number };
  /** The file's text below its front matter: what the agent is told of itself. */
  prompt: string;
  source: AgentSource;
  /** Absolute, for people. */
  path: string;
}

/** One agent as it was weighed for a task; a sum of its weighted parts (ALO-2). */
export interface Candidate {
  agent: string;
  score: number;
  parts: { capability: number; load: number; performance: number; specialization: number };
  /** Why it could not be chosen; absent where it could. */
  excluded?: string;
}

/** Which agent a task was given to, and why: all candidates, best first. Kept in the plan, so that an approval of the plan binds it. */
export interface Allocation {
  agent: AgentDefinition;
  /** What it may do at this task. */
  permission: Permission;
  /** One sentence for people. */
  why: string;
  candidates: Candidate[];
}

/** A file that gives no agent, or not the one it asks for. */
export interface AgentProblem {
  /** Absolute. */
  path: string;
  source: AgentSource;
  /** Begins with `file:line:column field: `, as far as they are known. */
  message: string;
}

/** The agents of a workspace: of each name the one that counts. */
export interface AgentCatalogue {
  /** By name. */
  agents: AgentDefinition[];
  /** Files that another of the same name stands before. */
  overridden: { name: string; source: AgentSource; path: string }[];
  problems: AgentProblem[];
}

import type { Analysis } from './analysis.js';
import type { Objection } from './change.js';
import type { SkillReport } from './facts.js';
import type { ProcessUsage } from './task.js';
import type { RequestView } from './view.js';

/** All that the report of a request is written from. It says nothing that is not in here. */
export interface ReportInput {
  /** With all its tasks, in the plan's order. Where the report's own files will be stands in `report`. */
  request: RequestView;
  /** What was asked, as it was given. */
  description: string;
  /** Absolute path. */
  workspace: string;
  analysis: Analysis | null;
  /** What the built-in skills found, in the plan's order; `task` is the id of the task that ran the skill. */
  skills: { task: string; report: SkillReport }[];
  outputs: CommandOutput[];
  agents: AgentWork[];
  /** What the plan noted: edges inferred, cycles broken. */
  notes: string[];
}

/** What a task that is a command left behind. */
export interface CommandOutput {
  /** Id of the task. */
  task: string;
  /** null where it was not started, or a signal ended it. */
  exitCode: number | null;
  /** The end of the output for people: at most LIMITS.outputPreviewBytes, redacted. */
  preview: string;
  /** Whether there was more than `bytes`, which were kept. */
  truncated: boolean;
  bytes: number;
  /** Absolute path of the whole output; empty where nothing was printed. */
  path: string;
}

/** What an agent did at its task. */
export interface AgentWork {
  /** Id of the task. */
  task: string;
  agent: string;
  turns: number;
  /** Of a conversation: how often somebody asked for the model while it was being called. Absent where nobody did. */
  nearMisses?: number;
  /** The beginning of what it said at its end, redacted; empty where it said nothing. */
  text: string;
  /** Tool calls that it was not allowed, at most LIMITS.agentDenials. */
  denials: { tool: string; input: string }[];
  /** What it changed without leave, at most LIMITS.changedFilesListed; it was undone. Absent where there was nothing. */
  refused?: Objection[];
  refusedLeftOut?: number;
  /** The task whose commit holds what it changed, where that could not be merged without one. */
  mergedBy?: string;
  /** What its processes used at its last attempt; null where that could not be seen. Absent in records of before it was looked at. */
  processes?: ProcessUsage | null;
  /** What it changed, on the request's branch or on one of its own; null where it changed nothing or did not end well. */
  changes: { branch: string; commit: string; files: { status: string; path: string }[]; filesLeftOut: number } | null;
}

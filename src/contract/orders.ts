import type { Budget } from './budget.js';
import type { Patience } from './decision.js';
import type { Json } from './json.js';
import type { SearchAttributeName } from './names.js';
import type { GraphNode, OnFailure } from './plan.js';
import type { MergeConflict } from './task.js';
import type { Interaction } from './request.js';
import type { Permit, Resume, TaskError, Usage } from './task.js';

/** What the first activity makes of a start's input: checked, and bound to a host. */
export interface Intake {
  host: string;
  /** Queue of the host that has the workspace. */
  queue: string;
  interaction: Interaction;
  /** Search attributes that the namespace has; no other may be written. */
  attributes: SearchAttributeName[];
}

export interface AnalysisSummary {
  intent: string;
  workspace: string;
  data: Record<string, Json>;
}

/** The plan as the workflow learns of it; its tasks are read in pieces. */
export interface PlanHead {
  digest: string;
  tasks: number;
  maxParallel: number;
  /** How many of its agents are handed out at once: the host has no more slots. */
  maxAgents: number;
  onFailure: OnFailure;
  /** What has to be approved before anything runs; null where nothing has. */
  approval: {
    question: string;
    summary: string;
    digest: string;
    risk: number;
    criticality: number;
    context: Record<string, string>;
  } | null;
  /** What the request may cost; null where nothing limits it. */
  budget: Budget | null;
  /** The user's standing "approve", where the request came through Baton's own client. */
  yes: boolean;
  by: string;
  /** The settings for decisions in force when the plan was made; they hold for this request. */
  patience: Patience;
}

/** A piece of a plan's graph, at most LIMITS.graphPieceBytes of JSON. */
export interface GraphPiece {
  nodes: GraphNode[];
  /** Position of the first node that is not in it; null at the end. */
  next: number | null;
}

/** What is to be added to a plan: a task that somebody submitted, or one that mends what another has in conflict. */
export type ExtensionWanted = { submission: unknown } | { repairs: { task: string; conflict: MergeConflict } };

/** What became of a plan that was given one more task; the nodes follow those that it had. */
export interface Extension {
  digest: string;
  nodes: GraphNode[];
}

/** All that an activity is told of a task; the rest it reads from the plan that the digest names. */
export interface TaskOrder {
  request: string;
  task: string;
  epoch: number;
  attempt: number;
  plan: string;
  /** The answer to what an earlier attempt of this epoch asked, which left all as it was for this one. */
  permit?: Permit;
  /** The agent's session, and what it has used so far, where an earlier attempt of this epoch left it to go on with. */
  resume?: Resume;
  /** A person wants it tried although the usage limit of its account is known to be reached. */
  anyway?: boolean;
  /** What it may cost at most. */
  budgetUsd?: number;
  /** The conversation that the attempt was, where a workflow has led it: only its end is left to be carried out. */
  talk?: TalkEnd;
}

/** How a conversation with a model ended. */
export interface TalkEnd {
  /** The last entry of its transcript, by which it can go on; null where nothing was said. */
  head: string | null;
  how: { kind: 'done' } | { kind: 'cancelled' } | { kind: 'failed'; error: TaskError; resetsAt?: number };
  usage: Usage | null;
  turns: number;
  /** At most LIMITS.agentDenials. */
  denials: { tool: string; input: string }[];
  /** How often somebody asked for the model while it was being called. */
  nearMisses: number;
}

/** What a running task's heartbeat holds, for Temporal Web and for a next attempt. */
export interface TaskBeat {
  percent: number;
  note: string;
  pid?: number;
  /** An agent's own session, which a next attempt resumes. */
  session?: string;
}

import type { Budget } from '../contract/budget.js';
import type { Patience, Via } from '../contract/decision.js';
import type { ErrorCode } from '../contract/errors.js';
import type { Json } from '../contract/json.js';
import type { OnFailure } from '../contract/plan.js';
import type { Interaction } from '../contract/request.js';
import type { Submission } from '../contract/submission.js';
import type { Asks, TaskResult } from '../contract/task.js';
import type { Graph } from './graph.js';

/** Everything that happens. `at` is in ms and never runs backwards; `random` is in [0, 1) and stands where a choice needs chance. */
export type EngineEvent = { request: string; at: number } & EventBody;

export type EventBody =
  | { kind: 'start'; interaction?: Interaction }
  | { kind: 'analyzed'; data: Record<string, Json> }
  | {
      kind: 'planned';
      graph: Graph;
      maxParallel: number;
      /** Absent: LIMITS.hostProcesses. */
      maxAgents?: number;
      onFailure: OnFailure;
      approval: Approval | null;
      /** The user answers "approve" to what is asked, except over criticality .8. */
      yes: boolean;
      by: string;
      budget?: Budget | null;
      /** Absent: what LIMITS say. */
      patience?: Patience;
    }
  | { kind: 'task.ended'; task: number; epoch: number; attempt: number; result: TaskResult; random: number }
  /** The agent of a task that runs asks for leave, and waits a while for the answer. */
  | { kind: 'ask'; task: string; epoch: number; attempt: number; asks: Asks }
  | { kind: 'timer'; id: string }
  /** The lease with this number was granted; `refused`: it never will be. */
  | { kind: 'leased'; n: number; refused?: boolean }
  | { kind: 'decide'; decision: string; choice: string; comment: string; by: string; via: Via; digest?: string }
  | { kind: 'pause'; task?: string; by: string }
  | { kind: 'resume'; task?: string; by: string }
  | { kind: 'cancel'; task?: string; by: string }
  | { kind: 'retry'; task?: string; by: string }
  | { kind: 'skip'; task?: string; by: string }
  | { kind: 'submit'; submission: Submission; by: string }
  | { kind: 'extended'; n: number; graph: Graph }
  | { kind: 'unextended'; n: number; code: ErrorCode; message: string }
  | { kind: 'checkpoint'; by: string }
  | { kind: 'saved'; n: number; error?: { code: ErrorCode; message: string } }
  | { kind: 'reopen'; task?: string; by: string }
  | { kind: 'note'; text: string }
  | { kind: 'hold' }
  | { kind: 'wake' }
  | { kind: 'error'; code: ErrorCode; message: string }
  | { kind: 'recover' }
  | { kind: 'concluded' };

export type EventKind = EventBody['kind'];

/** Why a plan must be approved before anything of it runs. */
export interface Approval {
  question: string;
  summary: string;
  digest: string;
  risk: number;
  criticality: number;
  context: Record<string, string>;
}

/** Everything the engine wants. A unit is what one dispatch carries out: one task, or later a fused group. */
export type Command =
  | { kind: 'analyze' }
  /** It is cancelled before there is a plan: analysis and planning end. */
  | { kind: 'abandon' }
  | { kind: 'plan' }
  | { kind: 'run'; unit: string; tasks: { task: number; epoch: number; attempt: number }[] }
  /** Asks for the resources that a task needs, and gives them back. */
  | { kind: 'lease'; task: number; n: number }
  | { kind: 'unlease'; n: number }
  | { kind: 'stop'; task: number; epoch: number }
  | { kind: 'ask'; decision: string }
  /** Something became of a decision: it goes into the audit log. */
  | { kind: 'audit'; decision: string }
  | { kind: 'timer'; id: string; ms: number; summary: string }
  | { kind: 'untimer'; id: string }
  /** Writes down a plan with one more task. */
  | { kind: 'extend'; n: number }
  | { kind: 'save'; n: number }
  | { kind: 'conclude' }
  | { kind: 'finish' };

export type CommandKind = Command['kind'];

/** What a message is told at once. `unchanged`: it had been done before. `refused`: nothing was changed, and why. */
export type Reply =
  /** `pending` names what is still to be carried out: `settlement` tells what became of it. */
  | { kind: 'accepted'; message: string; pending?: Pending; data?: Record<string, Json> }
  | { kind: 'unchanged'; message: string }
  | { kind: 'refused'; code: ErrorCode; message: string };

export interface Pending {
  kind: 'submission' | 'save' | 'answer';
  n: number;
}

export interface Step {
  commands: Command[];
  reply: Reply;
}

import type { AtCap, BudgetAmounts, BudgetPart, Reservation } from '../contract/budget.js';
import type { Decision, Patience } from '../contract/decision.js';
import type { ErrorCode } from '../contract/errors.js';
import type { Json } from '../contract/json.js';
import { LIMITS } from '../contract/limits.js';
import type { Outcome, Phase, Trigger } from '../contract/phase.js';
import type { OnFailure } from '../contract/plan.js';
import type { Interaction } from '../contract/request.js';
import type { Submission } from '../contract/submission.js';
import type { MergeConflict, Permit, Resume, Usage } from '../contract/task.js';

/**
 * All that the engine remembers of a request: plain JSON, so that it survives continue-as-new and can be stored. It holds the plan's
 * digest and not the plan; at most 512 KiB for 10,000 tasks. Times are milliseconds since 1970.
 */
export interface EngineState {
  v: 1;
  request: string;
  phase: Phase;
  /** Data of all transitions so far, merged. */
  data: Record<string, Json>;
  transitions: PhaseTransition[];
  /** Triggers that were refused because the phase does not allow them. */
  illegalTriggers: number;
  createdAt: number;
  /** When the plan was accepted; the makespan counts from here. */
  acceptedAt: number | null;
  endedAt: number | null;
  settings: Settings;
  plan: { digest: string; revision: number; tasks: number } | null;
  /** For each task its history: every entry is `ms since the entry before × 16 + position in TASK_STATES`. */
  tasks: number[][];
  /** What only some tasks have, by position. */
  details: Record<number, TaskDetail>;
  paused: Mark | null;
  cancel: Mark | null;
  /** Set by the first failure where the plan says `onFailure: stop`. */
  stopped: boolean;
  decisions: Decision[];
  patience: Patience;
  /** Open timers by id, with the time they are due. */
  timers: Record<string, number>;
  /** Messages that could be neither understood nor refused. */
  notes: Note[];
  /** Tasks that people added, or want to add, to the plan; oldest first, bounded. */
  submissions: SubmissionRecord[];
  /** States that were saved, or are being saved; oldest first, bounded. */
  saves: SaveRecord[];
  /** Accounts whose usage limit is reached, by `GraphNode.account`: since when, and when it is reset. */
  limits: Record<string, { since: number; until: number }>;
  /** How many leases of shared resources were asked for. */
  leases?: number;
  cost: Usage;
  /** Absent where the request has none. */
  budget?: BudgetState;
  outcome: Outcome | null;
  error: { code: ErrorCode; message: string } | null;
}

export interface Settings {
  maxParallel: number;
  /** Agents that work at once; LIMITS.hostProcesses where absent. */
  maxAgents?: number;
  onFailure: OnFailure;
  interaction: Interaction;
  /** The user answers "approve" to what is asked, except over criticality .8. */
  yes: boolean;
  /** Whose `yes` it is. */
  by: string;
}

export interface PhaseTransition {
  from: Phase;
  to: Phase;
  trigger: Trigger;
  at: number;
  data: Record<string, Json>;
}

export interface TaskDetail {
  /** Moves by a person's retry, a re-plan or a compensation; 0 where absent. */
  epoch?: number;
  /** Attempts in this epoch that ended without ending the task: it failed and is tried again, was parked, or paused. */
  attempts?: number;
  /** How many of them failed. */
  failures?: number;
  /** How many dispatches over its whole life came to nothing because of a usage limit: they are no attempts. */
  held?: number;
  /** It waits for the usage limit of its account. */
  limited?: boolean;
  /** The next attempt is made although that limit is known. */
  anyway?: boolean;
  /** Its lease of shared resources: asked for, or held. */
  lease?: { n: number; held: boolean };
  /** What the next attempt goes on with. */
  resume?: Resume;
  error?: { code: ErrorCode; message: string; exitCode?: number | null };
  reason?: SkipReason;
  /** What a person said to what its last attempt asked; goes with the next one. */
  permit?: Permit;
  /** What a decision task completed with. */
  choice?: string;
  /** The state that a running task goes to once its process has ended. */
  stopping?: 'cancelled' | 'skipped' | 'paused';
  /** Why it waits although its agent is done. */
  conflict?: MergeConflict;
  /** Position of the task that mends the conflict; null where none could be added, absent while it is being added. */
  repair?: number | null;
  /** State that a paused task goes back to. */
  from?: 'pending' | 'ready';
}

/**
 * Why a task was skipped. `person`: somebody said skip, and what depends on it goes on. `choice`: a decision ruled it out, with what depends
 * on it. `dependency`: something before it failed. `stopped`: the plan stops at the first failure.
 */
export type SkipReason = 'person' | 'choice' | 'dependency' | 'stopped';

/** A task that somebody wants added, or that mends the conflict of the task `repairs`. `open` until the plan that holds it is written down. */
export type SubmissionRecord = { n: number; at: number; by: string } & (
  | { state: 'open'; submission: Submission; repairs?: string }
  | { state: 'added'; task: string }
  | { state: 'refused'; error: { code: ErrorCode; message: string } }
);

/** A state that was asked to be kept, with when and by whom. */
export interface SaveRecord {
  n: number;
  at: number;
  by: string;
  state: 'open' | 'saved' | 'failed';
  error?: { code: ErrorCode; message: string };
}

export interface BudgetState {
  /** As it was raised by now, and what it was at first, by which it is raised. */
  limit: BudgetAmounts;
  step: BudgetAmounts;
  atCap: AtCap;
  /** By the position of a task whose attempt is under way. */
  reserved: Record<number, Reservation>;
  /** What attempts that told no cost count with. */
  assumedUsd: number;
  /** It is used up: of which parts, and the question about it where one is asked. Nothing that costs starts. */
  cap?: { parts: BudgetPart[]; decision?: string };
}

export interface Mark {
  at: number;
  by: string;
}

export interface Note {
  at: number;
  text: string;
}

const DEFAULT_PATIENCE: Patience = {
  remindAfterMs: LIMITS.decisionReminderMs,
  escalateAfterMs: LIMITS.decisionEscalationMs,
  expireAfterMs: LIMITS.decisionExpiryMs,
  escalateTo: [],
};

export function createState(options: { request: string; at: number; settings: Settings }): EngineState {
  return {
    v: 1,
    request: options.request,
    phase: 'IDLE',
    data: {},
    transitions: [],
    illegalTriggers: 0,
    createdAt: options.at,
    acceptedAt: null,
    endedAt: null,
    settings: options.settings,
    plan: null,
    tasks: [],
    details: {},
    paused: null,
    cancel: null,
    stopped: false,
    decisions: [],
    patience: DEFAULT_PATIENCE,
    timers: {},
    notes: [],
    submissions: [],
    saves: [],
    limits: {},
    cost: { usd: 0, inputTokens: 0, outputTokens: 0 },
    outcome: null,
    error: null,
  };
}

import type { AtCap, BudgetAmounts, Reservation } from './budget.js';
import type { Decision } from './decision.js';
import type { ErrorCode } from './errors.js';
import type { Phase, RequestStatus } from './phase.js';
import type { TaskKind } from './plan.js';
import type { ProcessUsage, TaskState, Usage } from './task.js';

/** A task as scripts read it. Times are ISO 8601 UTC; absent ones are null. */
export interface TaskView {
  id: string;
  title: string;
  kind: TaskKind;
  type: string;
  agent: string;
  status: TaskState;
  attempts: number;
  startedAt: string | null;
  finishedAt: string | null;
  durationMs: number | null;
  dependencies: string[];
  error?: { code: ErrorCode; message: string; exitCode?: number | null };
  /** Of an agent that has ended: what its processes used. Absent where that could not be seen. */
  processes?: ProcessUsage;
  /** Why a task was skipped, what a decision chose, or where a queued task stands. */
  note?: string;
  queuePosition?: number;
  /** What holds it back although it could start. */
  waitsFor?: TaskWait;
}

/** The limit that a task waits for, where several apply the tightest. `host`: it was handed out, and no worker has begun it. */
export type TaskWait =
  | { kind: 'maxParallel' | 'maxProcesses'; limit: number }
  /** `runs`: the task that touches the same files runs; else that one goes first. */
  | { kind: 'touches'; task: string; runs: boolean; touches: string[] }
  | { kind: 'usageLimit'; runtime: string; since: string; until: string }
  | { kind: 'resource'; resources: string[] }
  | { kind: 'budget' }
  | { kind: 'host'; agents: boolean };

/** A decision as scripts read it: the record with ISO times and its id global. */
export type DecisionView = Omit<
  Decision,
  'raisedAt' | 'remindedAt' | 'escalatedAt' | 'deadline' | 'answer' | 'refused'
> & {
  raisedAt: string;
  remindedAt?: string;
  escalatedAt?: string;
  deadline: string | null;
  answer: { choice: string; comment: string; by: string; via: string; at: string } | null;
  refused?: { choice: string; by: string; via: string; at: string; why: string }[];
};

/** What a request may cost, by now, and what of it is used and set aside for agents that work. Parts without a limit are absent. */
export interface BudgetView {
  limit: BudgetAmounts;
  spent: BudgetAmounts;
  reserved: Reservation;
  atCap: AtCap;
}

/** The usage limit of an account that `tasks` tasks wait for. Times are ISO 8601 UTC. */
export interface UsageLimitView {
  runtime: string;
  tasks: number;
  since: string;
  until: string;
}

export interface ArtifactView {
  name: string;
  sha256: string;
  bytes: number;
  path: string;
}

/** The answer of `run` and `status`, and the workflow's result (there `tasks` is inline up to 500, else `tasksRef`). */
export interface RequestView {
  v: 1;
  requestId: string;
  status: RequestStatus;
  state: Phase;
  tasks: TaskView[];
  tasksRef?: ArtifactView;
  makespanMs: number;
  lowerBoundMs: number;
  sequentialMs: number;
  decisions: DecisionView[];
  cost: Usage;
  /** Absent where the request has none. */
  budget?: BudgetView;
  /** Absent where nothing waits for one. */
  usageLimits?: UsageLimitView[];
  artifacts: ArtifactView[];
  result: { branch: string; commit: string } | null;
  report: { markdown: string; json: string } | null;
  error?: { code: ErrorCode; message: string };
}

/** The answer of the query `progress` (PRG-1). */
export interface ProgressView {
  v: 1;
  requestId: string;
  status: RequestStatus;
  state: Phase;
  description: string;
  /** 0 … 100 */
  percent: number;
  total: number;
  completed: number;
  failed: number;
  skipped: number;
  cancelled: number;
  active: number;
  queued: number;
  waiting: number;
  elapsedMs: number;
  averageTaskMs: number | null;
  /** Expected remaining time; null while unknown. */
  remainingMs: number | null;
  estimatedCompletion: string | null;
  /** How far behind the estimate the run is; 0 if it is not. */
  delayMs: number;
  milestones: { done: number; total: number };
  /** 0 … 100 */
  performance: number;
  /** Tasks under way, at most LIMITS.detailsRows. */
  activeTasks: { id: string; title: string; agent: string; percent: number; elapsedMs: number }[];
  openDecisions: string[];
  /** Absent where nothing waits for one. */
  usageLimits?: UsageLimitView[];
  notes: string[];
}

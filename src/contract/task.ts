import type { ErrorCode } from './errors.js';
import type { Json } from './json.js';

/** States of a task (INT-7). */
export const TASK_STATES = [
  'pending',
  'ready',
  'queued',
  'running',
  'paused',
  'waiting',
  'completed',
  'failed',
  'skipped',
  'cancelled',
  'compensated',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** States that a task leaves only by a person's retry or by compensation. */
export const ENDED_STATES: readonly TaskState[] = ['completed', 'failed', 'skipped', 'cancelled', 'compensated'];

export const PRIORITIES = ['low', 'normal', 'high', 'critical'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What went wrong, in a form that crosses every boundary. `message` is at most 4 KiB. */
export interface TaskError {
  code: ErrorCode;
  message: string;
  /** Exit code of a command; null where a signal ended it. */
  exitCode?: number | null;
  signal?: string;
  /** The last output, redacted. */
  tail?: string;
}

/** Bytes kept outside of histories, found by what they are. */
export interface ArtifactRef {
  name: string;
  sha256: string;
  bytes: number;
}

export interface Usage {
  usd: number;
  inputTokens: number;
  outputTokens: number;
}

/** What the processes of an agent used, as far as looks about once a second have seen it. */
export interface ProcessUsage {
  /** Processor time of all of them, ended ones included. */
  cpuMs: number;
  /** The most at one look, added up; what processes share counts in each. */
  peakMemoryBytes: number;
  /** The most at one look. */
  peakProcesses: number;
}

/** An agent's commit that cannot be part of the request's branch: it conflicts with what others put there while it worked, or breaks a check there. */
export interface MergeConflict {
  /** Of its own; it holds the commit. */
  branch: string;
  commit: string;
  /** Files that conflict, at most LIMITS.conflictFilesInState. */
  files: string[];
  /** Tasks that changed these files meanwhile; where none conflicts, that changed anything. */
  against: string[];
  /** The check that broke on the merged files, when they were last merged. */
  check?: BrokenCheck;
}

export interface BrokenCheck {
  /** The command, at most LIMITS.checkCommandChars. */
  command: string;
  /** How it ended, e.g. `npm ended with exit code 1`. */
  message: string;
  /** The end of its output, redacted, at most LIMITS.checkTailChars. */
  tail: string;
}

/** How one attempt at a task ended; the only thing an activity returns of it. At most 64 KiB. */
export type TaskResult =
  | { kind: 'completed'; startedAt: number; summary: string; output: Json; artifacts: ArtifactRef[]; usage?: Usage }
  | { kind: 'failed'; startedAt: number; error: TaskError; artifacts: ArtifactRef[]; usage?: Usage }
  | { kind: 'conflicted'; startedAt: number; conflict: MergeConflict; artifacts: ArtifactRef[]; usage?: Usage }
  | { kind: 'cancelled'; startedAt: number; artifacts?: ArtifactRef[]; usage?: Usage }
  /** It waits for a person where it asks something; else it goes on as soon as it may. */
  | {
      kind: 'parked';
      startedAt: number;
      session: string | null;
      asks?: Asks;
      artifacts?: ArtifactRef[];
      usage?: Usage;
    }
  | Limited;

/** The usage limit of its account is reached, or was known to be before it began; it goes on at `until` (ms since 1970), no attempt consumed. */
export interface Limited {
  kind: 'limited';
  startedAt: number;
  /** As `Breaker.accountOf` gives it; tells nothing of the login. */
  account: string;
  until: number;
  session: string | null;
  artifacts?: ArtifactRef[];
  usage?: Usage;
}

/** What a task cannot go on without: leave for exactly what the digest names. */
export interface Asks {
  question: string;
  digest: string;
  summary: string;
  context: Record<string, string>;
  /** The task's own where absent, but never one at which a standing "approve" would answer. */
  criticality?: number;
}

/** The session of an agent that goes on in a later attempt, and what its attempts have told that they used. */
export interface Resume {
  session: string;
  used?: Usage;
}

/** What a person said to it; holds for that digest only. */
export interface Permit {
  digest: string;
  choice: string;
  comment?: string;
}

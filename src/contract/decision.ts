export const DECISION_KINDS = ['plan', 'task', 'permission', 'budget', 'policy', 'recovery'] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

export const DECISION_STATES = ['open', 'answered', 'expired', 'withdrawn'] as const;
export type DecisionState = (typeof DECISION_STATES)[number];

export const VIAS = ['terminal', 'command', 'signal', 'update', 'web', 'yes', 'deadline', 'api'] as const;
export type Via = (typeof VIAS)[number];

/** A question that waits durably for a person. Times are milliseconds since 1970 inside, ISO 8601 in what scripts read. */
export interface Decision {
  v: 1;
  /** Unique in its request: d1, d2, … */
  id: string;
  kind: DecisionKind;
  question: string;
  options: string[];
  recommended: string | null;
  /** What exactly is decided; an answer counts for this digest only. */
  subject: { digest: string; summary: string };
  risk: number;
  criticality: number;
  urgency: 'low' | 'normal' | 'high';
  raisedAt: number;
  /** When it was brought to mind once more, and when it was made urgent; absent where that has not happened. */
  remindedAt?: number;
  escalatedAt?: number;
  deadline: number | null;
  /** The choice that counts at the deadline; null exactly where there is no deadline. */
  onDeadline: string | null;
  who: string[];
  context: Record<string, string>;
  state: DecisionState;
  answer: Answer | null;
  /** The task that asks, by id. */
  task?: string;
  /** Answers that were refused, newest last, bounded. */
  refused?: { choice: string; by: string; via: Via; at: number; why: string }[];
}

/** What happens to a decision that nobody answers. Times count from its raising; what would come after its deadline does not come. */
export interface Patience {
  remindAfterMs: number;
  escalateAfterMs: number;
  /** Deadline of a decision that states none, where it offers a choice that is safe to take for nobody. */
  expireAfterMs: number;
  /** Whom an escalation adds to `who`. */
  escalateTo: string[];
}

export interface Answer {
  choice: string;
  comment: string;
  by: string;
  via: Via;
  at: number;
}

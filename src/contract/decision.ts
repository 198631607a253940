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
  deadline: number | null;
  /** The choice that counts at the deadline. */
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

export interface Answer {
  choice: string;
  comment: string;
  by: string;
  via: Via;
  at: number;
}

import type { Json } from './json.js';

/** What is written to the audit log (PRM-5). */
export const AUDIT_EVENTS = [
  'request.planned',
  'decision.raised',
  'decision.answered',
  'decision.expired',
  'decision.withdrawn',
  'answer.refused',
  'tool.denied',
  'mode.violated',
  'policy.applied',
  'configuration.changed',
] as const;
export type AuditEvent = (typeof AUDIT_EVENTS)[number];

/** One thing that happened, by whom and when. */
export interface AuditEntry {
  /** Names what happened: an entry of a name that the log has is not written again. */
  id: string;
  /** ISO 8601 UTC. */
  at: string;
  event: AuditEvent;
  by: string;
  via: string;
  /** At most LIMITS.auditEntryBytes as JSON with the rest; what is longer is cut and says so. */
  data: Record<string, Json>;
}

/** An entry as its line holds it: `hash` is that of the line's other fields, `prev` that of the line before. */
export interface AuditLine extends AuditEntry {
  v: 1;
  /** From 1. */
  n: number;
  prev: string;
  hash: string;
}

/** What is wrong with a log. */
export interface AuditFlaw {
  /** From 1; the line after the last one where something is missing at the end. */
  line: number;
  why: string;
}

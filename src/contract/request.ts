import type { Budget } from './budget.js';
import { canonicalJson, type Json } from './json.js';
import type { PlanDraft } from './plan.js';
import type { Priority } from './task.js';

export const INTERACTIONS = ['minimal', 'checkpoint', 'collaborative'] as const;
export type Interaction = (typeof INTERACTIONS)[number];

/** A folder on a host. */
export interface WorkspaceRef {
  host: string;
  path: string;
}

/** A plan file's value kept as canonical JSON in the artifact store of the request's host. */
export interface PlanRef {
  digest: string;
}

/** What a person asked, as the workflow's one input (INT-1). Everything but the description may be absent. */
export interface RequestInput {
  v?: 1;
  description: string;
  context?: Record<string, Json>;
  priority?: Priority;
  constraints?: Constraints;
  preferences?: Record<string, Json>;
  workspace?: string | WorkspaceRef;
  interaction?: Interaction;
  playbook?: string;
  plan?: PlanDraft | PlanRef;
  /** Answers "approve" to what is asked, except over criticality .8. */
  yes?: boolean;
  maxParallel?: number;
  /** Goes on with what had failed in the closed request of the same id, from its kept state: all of it, or one task. */
  retry?: { task?: string; by?: string };
  /**
   * The mark of Baton's own client: HMAC-SHA-256, hexadecimal, over the canonical JSON of `{request, input}`, where `input` is this object without
   * its signature. Without it commands of a plan, and `yes`, count for nothing.
   */
  signature?: string;
}

export interface Constraints {
  /** ISO 8601. */
  deadline?: string;
  budget?: Budget;
  maintainCompatibility?: boolean;
}

/** The text that the signature of a request is made over: its id, and its input without the signature and without the wish to retry it. */
export function markedText(request: string, input: RequestInput): string {
  const { signature: _, retry: __, ...rest } = input;
  return canonicalJson({ request, input: rest });
}

import { canonicalJson, type Json } from './json.js';

/** One more task for a request that runs (API-1), as its message carries it. */
export interface Submission {
  /**
   * `command` (with `parameters.command`, an argv), the name of a built-in skill (with its parameters), or the domain type of a task for an
   * agent: refactoring, test, documentation, …
   */
  type: string;
  /** Title of the task; what an agent is asked to do. */
  description: string;
  parameters?: Record<string, Json>;
  /** Ids of tasks of the same request. */
  dependencies?: string[];
  /** The mark of Baton's own client, over `markedSubmission`; without it a person is asked before a command or an agent runs. */
  signature?: string;
}

/** What an accepted submission is told. */
export interface SubmittedTask {
  taskId: string;
  status: string;
  queuePosition: number | null;
  /** ISO 8601; null while unknown. */
  estimatedStart: string | null;
  estimatedDurationMs: number;
}

/** The text that the signature of a submission is made over. */
export function markedSubmission(request: string, submission: Submission): string {
  const { signature: _, ...rest } = submission;
  return canonicalJson({ request, submission: rest });
}

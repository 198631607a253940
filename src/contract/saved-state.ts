import type { Json } from './json.js';
import type { ArtifactRef } from './task.js';

/** A state of a request as it was kept on demand (INT-8), in `saved-N.json` among the request's files. */
export interface SavedState {
  v: 1;
  request: string;
  n: number;
  /** ISO 8601. */
  at: string;
  by: string;
  plan: { digest: string; revision: number; tasks: number } | null;
  /** Ids of the decisions that were open. */
  decisions: string[];
  artifacts: ArtifactRef[];
  /** Commit that the workspace stood on when it was analysed; null without git. */
  commits: { base: string | null };
  tasks: { total: number; completed: number };
  /** The engine's state, whole. */
  state: Json;
}

import type { Analysis } from '../../contract/analysis.js';
import type { WorkspaceFacts } from '../../contract/facts.js';
import type { RequestInput } from '../../contract/request.js';

/** What a plan is made from; `facts` are null where the workspace was not measured. */
export interface Material {
  analysis: Analysis;
  facts: WorkspaceFacts | null;
  request: RequestInput;
  /** How long the plan's own questions wait for an answer. */
  decisionDeadlineMs: number;
}

export const INTENTS = ['create', 'modify', 'analyze', 'fix', 'deploy', 'manage'] as const;
export type Intent = (typeof INTENTS)[number];

/** What Baton understood of a request (ANA-1 … ANA-4). */
export interface Analysis {
  v: 1;
  /** The request as it was given. */
  request: string;
  intent: {
    primary: Intent | 'unknown';
    secondary: Intent | null;
    /** 0 … 1 */
    confidence: number;
    ambiguous: boolean;
    /** Score of every intent that scored, and the words that gave it. */
    evidence: { intent: Intent; score: number; words: string[] }[];
  };
  complexity: {
    /** 0 … 1 */
    score: number;
    level: 'simple' | 'moderate' | 'complex' | 'very complex';
    factors: { name: string; weight: number; value: number; evidence: string }[];
  };
  /** Estimate of all the work, one task after the other. */
  durationMs: number;
  risks: { risk: string; mitigation: string }[];
  successCriteria: string[];
  /** Patterns that fit, best first. */
  patterns: { name: string; fit: number; playbook: string | null; why: string }[];
  /** Files that the request concerns, best first. */
  files: { path: string; score: number; why: string }[];
}

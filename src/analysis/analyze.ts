import type { Analysis } from '../contract/analysis.js';
import type { WorkspaceFacts } from '../contract/facts.js';
import type { RequestInput } from '../contract/request.js';
import { complexityOf } from './complexity.js';
import { filesNamed } from './files.js';
import { intentOf } from './intent.js';
import { patternsOf } from './patterns.js';
import { risksOf } from './risks.js';
import { successCriteriaOf } from './success-criteria.js';

const MINUTE_MS = 60_000;
/** Work of an agent on the simplest and on the most complex request. */
const AGENT_MS = { least: 2 * MINUTE_MS, most: 60 * MINUTE_MS };
/** The reading skills together: a fixed part, and one for each file. */
const READING_MS = { fixed: 25_000, perFile: 2 };

/**
 * What a request asks for, from its text, the facts measured in its workspace (null where it was not measured) and the workspace's
 * `paths`. Takes time linear in their sizes.
 */
export function analyzeRequest(
  request: RequestInput,
  facts: WorkspaceFacts | null,
  paths: readonly string[] = [],
): Analysis {
  const { description } = request;
  const intent = intentOf(description);
  const complexity = complexityOf(request, facts);
  const patterns = patternsOf(description, intent);
  return {
    v: 1,
    request: description,
    intent,
    complexity,
    durationMs: durationOf({ complexity, patterns, facts }),
    risks: risksOf(request, facts, intent),
    successCriteria: successCriteriaOf(description),
    patterns,
    files: filesNamed(description, paths),
  };
}

function durationOf({
  complexity,
  patterns,
  facts,
}: Pick<Analysis, 'complexity' | 'patterns'> & { facts: WorkspaceFacts | null }): number {
  if (patterns[0]?.playbook === 'quality-analysis') {
    return READING_MS.fixed + READING_MS.perFile * (facts?.files ?? 0);
  }
  return Math.round(AGENT_MS.least + (AGENT_MS.most - AGENT_MS.least) * complexity.score);
}

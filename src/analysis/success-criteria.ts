import { LIMITS } from '../contract/limits.js';

const CRITERION_CHARS = 300;
const BULLET = /^\s*(?:[-*•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?/;
const SAYS_WHEN_DONE = /\b(?:must|should|shall|so that|until|ensure|make sure|needs? to|has to|have to)\b/i;

/** Sentences that say what must hold in the end, and the items of bullet lists, as they stand in the text; at most 20. */
export function successCriteriaOf(description: string): string[] {
  const found = new Set<string>();
  for (const line of description.split(/\r?\n/)) {
    if (found.size >= LIMITS.evidenceItems) break;
    if (BULLET.test(line)) add(found, line.replace(BULLET, ''));
    else for (const sentence of line.split(/(?<=[.!?])\s+/)) if (SAYS_WHEN_DONE.test(sentence)) add(found, sentence);
  }
  return [...found].slice(0, LIMITS.evidenceItems);
}

function add(found: Set<string>, text: string): void {
  const trimmed = text.trim();
  if (trimmed !== '')
    found.add(trimmed.length > CRITERION_CHARS ? `${trimmed.slice(0, CRITERION_CHARS - 1)}…` : trimmed);
}

import type { Analysis, Intent } from '../contract/analysis.js';
import { INTENTS } from '../contract/analysis.js';
import { LIMITS } from '../contract/limits.js';

const KEYWORDS: Record<Intent, readonly string[]> = {
  create: ['build', 'create', 'generate', 'make', 'construct'],
  modify: ['update', 'change', 'edit', 'refactor', 'improve'],
  analyze: ['analyze', 'examine', 'investigate', 'review', 'audit'],
  fix: ['fix', 'repair', 'debug', 'resolve', 'troubleshoot'],
  deploy: ['deploy', 'release', 'publish', 'launch', 'ship'],
  manage: ['manage', 'organize', 'coordinate', 'oversee', 'maintain'],
};

/** A keyword counts this once, however often and in whatever form it stands in the text. */
const KEYWORD_SCORE = 2;
/** Each token that is exactly the keyword counts this on top. */
const TOKEN_SCORE = 5;
const FULL_SCORE = 10;

const SUFFIXES = ['s', 'es', 'd', 'ed', 'ing', 'ings', 'er', 'ers', 'or', 'ors', 'ment', 'ments', 'able'];
/** Only after a dropped e: "generation" is made of generate, but "edition" and "audition" are other words. */
const NOUN_SUFFIXES = ['ion', 'ions', 'ation', 'ations'];

/** Forms that the rules of `formsOf` do not make. */
const IRREGULAR: Record<string, string[]> = {
  construct: ['construction', 'constructions'],
  build: ['built'],
  make: ['made'],
  oversee: ['oversaw', 'overseen'],
  maintain: ['maintenance', 'maintainability'],
  analyze: ['analysis', 'analyses', 'analyse', 'analysed', 'analysing'],
  organize: ['organise', 'organised', 'organising'],
  troubleshoot: ['troubleshot'],
};

/** Each form of each keyword → the keyword and its intent. */
const FORMS: ReadonlyMap<string, { keyword: string; intent: Intent }> = new Map(
  INTENTS.flatMap((intent) =>
    KEYWORDS[intent].flatMap((keyword) => formsOf(keyword).map((form) => [form, { keyword, intent }] as const)),
  ),
);

/**
 * The intent by ANA-1's weighted keywords. For each keyword: 2 if the text has it, or an inflected or derived form of it, at least once; 5 more
 * for each token that is exactly the keyword. Tokens are runs of letters, digits and `_`, in lower case, so that "prefix" does not count as "fix", nor "relationship" as
 * "ship". Confidence is min(score / 10, 1). No match is `unknown` with 0; of equal scores the earlier of INTENTS is primary, the next
 * secondary, and the answer is ambiguous.
 */
export function intentOf(text: string): Analysis['intent'] {
  const counts = new Map<string, { exact: number; intent: Intent; words: Set<string> }>();
  for (const [token] of text.toLowerCase().matchAll(/[\p{L}\p{N}_]+/gu)) {
    const form = FORMS.get(token);
    if (!form) continue;
    const count = counts.get(form.keyword) ?? { exact: 0, intent: form.intent, words: new Set<string>() };
    if (token === form.keyword) count.exact += 1;
    if (count.words.size < LIMITS.evidenceItems) count.words.add(token);
    counts.set(form.keyword, count);
  }
  const evidence = INTENTS.flatMap((intent) => {
    const found = [...counts.values()].filter((count) => count.intent === intent);
    const score = found.reduce((sum, { exact }) => sum + KEYWORD_SCORE + TOKEN_SCORE * exact, 0);
    return score === 0 ? [] : [{ intent, score, words: found.flatMap(({ words }) => [...words]) }];
  }).sort((a, b) => b.score - a.score);
  const [first, second] = evidence;
  if (!first) return { primary: 'unknown', secondary: null, confidence: 0, ambiguous: false, evidence };
  return {
    primary: first.intent,
    secondary: second?.intent ?? null,
    confidence: Math.min(first.score / FULL_SCORE, 1),
    ambiguous: first.score === second?.score,
    evidence,
  };
}

/** A keyword, its inflections and the nouns made of it: fixes, making, shipped, improvement, generator. */
function formsOf(keyword: string): string[] {
  const dropped = keyword.endsWith('e') ? [keyword.slice(0, -1)] : [];
  const doubled = /[aeiou][bgprt]$/.test(keyword) ? [keyword + keyword.slice(-1)] : [];
  const forms = [
    ...[keyword, ...dropped, ...doubled].flatMap((stem) => SUFFIXES.map((suffix) => stem + suffix)),
    ...dropped.flatMap((stem) => NOUN_SUFFIXES.map((suffix) => stem + suffix)),
  ];
  return [...new Set([keyword, ...forms, ...(IRREGULAR[keyword] ?? [])])];
}

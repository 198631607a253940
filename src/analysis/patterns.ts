import type { Analysis } from '../contract/analysis.js';

interface Pattern {
  name: string;
  playbook: string | null;
  /** 0 … 1 and the reason; 0 leaves the pattern out. */
  fit: (text: string, intent: Analysis['intent']) => { fit: number; why: string };
}

/** Words that ask for quality by themselves, and words that do only of a whole code base: "the problem with the login" is another request. */
const QUALITY = /\b(?:quality|smells?|technical debt|health|maintainability|duplicat\w*)\b/;
const QUALITY_OF_WHOLE =
  /\b(?:problems?|issues?|debt|todos?|to-dos?|complexity|hot ?spots?|secrets?|licen[cs]es?|overview|inventory|state)\b/;
const WHOLE =
  /\b(?:repository|repo|codebase|code base|project|workspace|monorepo)\b|\b(?:the|this|our|my|all) (?:code|sources?)\b(?! (?:in|of|that|for|behind))/;
/** A wish for changes: one of these verbs where a wish begins, so that "including build and test problems" is none. */
const WANTS_CHANGE =
  /(?:^|[.;:!?\n,] ?|\b(?:and|then|also|please|afterwards)[ \n])(?:fix|repair|refactor|improve|update|change|edit|remove|delete|rewrite|migrate|upgrade|implement|add|create|write|deploy|publish|resolve|correct|clean)\b/;

/** A pattern whose playbook does not exist yet: it says what the request looks like, and leaves the plan to an agent. */
const byWords = (name: string, words: RegExp, intents: readonly string[]): Pattern => ({
  name,
  playbook: null,
  fit: (text, intent) => {
    const word = words.exec(text)?.[0];
    if (word === undefined) return { fit: 0, why: '' };
    const asked = intents.includes(intent.primary);
    return { fit: asked ? 0.8 : 0.3, why: `"${word}"${asked ? ` and the intent ${intent.primary}` : ''}` };
  },
});

/** The pattern library, in order of definition, which breaks ties. */
const PATTERNS: Pattern[] = [
  { name: 'quality-analysis', playbook: 'quality-analysis', fit: fitOfQuality },
  byWords('bug-fix', /\b(?:bugs?|crash\w*|error|exception|fails?|failing|broken|regression)\b/, ['fix', 'analyze']),
  byWords('refactoring', /\brefactor\w*|\b(?:rename|extract|simplify|clean ?up|restructure)\b/, ['modify']),
  byWords('feature', /\b(?:feature|endpoint|page|command|support|implement|add)\b/, ['create', 'modify']),
  byWords('dependency-upgrade', /\b(?:upgrade|bump|outdated|dependency|dependencies)\b/, [
    'modify',
    'manage',
    'unknown',
  ]),
  byWords('test-coverage', /\b(?:tests?|coverage|unit tests?)\b/, ['create', 'modify', 'unknown']),
  byWords('documentation', /\b(?:readme|documentation|docs|docstrings?|comments)\b/, ['create', 'modify', 'unknown']),
  byWords('release', /\b(?:release|version|changelog|publish|deploy)\b/, ['deploy']),
];

/** Every pattern that fits, best first (ANA-2). */
export function patternsOf(description: string, intent: Analysis['intent']): Analysis['patterns'] {
  // Single spaces keep every expression here linear in the text.
  const text = description.toLowerCase().replace(/\s+/g, (space) => (space.includes('\n') ? '\n' : ' '));
  return PATTERNS.map(({ name, playbook, fit }) => ({ name, playbook, ...fit(text, intent) }))
    .filter(({ fit }) => fit > 0)
    .map(({ name, fit, playbook, why }) => ({ name, fit, playbook, why }))
    .sort((a, b) => b.fit - a.fit);
}

/**
 * A request to look at a whole code base and report. It must ask to analyse, name the whole or its quality, and ask for no change: the playbook
 * only reads, and would leave the rest of the wish undone.
 */
function fitOfQuality(text: string, intent: Analysis['intent']): { fit: number; why: string } {
  const analyzes = intent.evidence.some((found) => found.intent === 'analyze');
  const whole = WHOLE.exec(text)?.[0];
  const quality = (QUALITY.exec(text) ?? (whole === undefined ? null : QUALITY_OF_WHOLE.exec(text)))?.[0];
  if (!analyzes || (quality === undefined && whole === undefined) || WANTS_CHANGE.test(text))
    return { fit: 0, why: '' };
  const fit =
    (intent.primary === 'analyze' ? 0.5 : 0.2) + (quality === undefined ? 0 : 0.25) + (whole === undefined ? 0 : 0.25);
  const words = [quality, whole].filter((word) => word !== undefined).map((word) => `"${word}"`);
  return { fit, why: `asks to analyze, names ${words.join(' and ')}, asks for no change` };
}

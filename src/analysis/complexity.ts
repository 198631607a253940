import type { Analysis } from '../contract/analysis.js';
import type { WorkspaceFacts } from '../contract/facts.js';
import type { RequestInput } from '../contract/request.js';

type Factor = Analysis['complexity']['factors'][number];
type Measure = { value: number; evidence: string };
interface Material {
  text: string;
  request: RequestInput;
  facts: WorkspaceFacts | null;
}

/** The factors of ANA-3 with their weights; each is measured 0 … 1. */
const FACTORS: { name: string; weight: number; measure: (material: Material) => Measure }[] = [
  { name: 'scope', weight: 0.25, measure: scope },
  { name: 'dependencies', weight: 0.2, measure: dependencies },
  { name: 'uncertainty', weight: 0.15, measure: uncertainty },
  { name: 'technical depth', weight: 0.15, measure: technicalDepth },
  { name: 'integration points', weight: 0.15, measure: integrationPoints },
  { name: 'risk', weight: 0.1, measure: risk },
];

/** Complexity as the weighted sum of six factors; under .3 simple, under .6 moderate, under .8 complex, else very complex. */
export function complexityOf(request: RequestInput, facts: WorkspaceFacts | null): Analysis['complexity'] {
  const material = { text: request.description.toLowerCase(), request, facts };
  const factors = FACTORS.map(({ name, weight, measure }): Factor => {
    const { value, evidence } = measure(material);
    return { name, weight, value: round(Math.min(1, Math.max(0, value))), evidence };
  });
  const score = round(factors.reduce((sum, { weight, value }) => sum + weight * value, 0));
  return { score, level: levelOf(score), factors };
}

function levelOf(score: number): Analysis['complexity']['level'] {
  if (score < 0.3) return 'simple';
  if (score < 0.6) return 'moderate';
  return score < 0.8 ? 'complex' : 'very complex';
}

/** Half from what the text asks to cover, half from the size of the workspace: 1 at 10,000 files. */
function scope({ text, facts }: Material): Measure {
  const wide = wordsIn(
    text,
    /\b(?:all|every|entire|whole|across|everywhere|codebase|repository|project|system|modules)\b/g,
  );
  const sentences = Math.min(1000, (text.match(/[^.!?\n]+[.!?\n]?/g) ?? []).length);
  const files = facts?.files ?? 0;
  const fromText = Math.min(1, wide.length / 4 + sentences / 20);
  const fromFiles = Math.min(1, Math.log10(files + 1) / 4);
  return {
    value: (fromText + fromFiles) / 2,
    evidence: `${plural(sentences, 'sentence')}; ${named('wide words', wide)}; ${facts ? plural(files, 'file') : 'workspace not measured'}`,
  };
}

/** Manifests of the workspace and words that tie parts of the work together. */
function dependencies({ text, facts }: Material): Measure {
  const ties = wordsIn(
    text,
    /\b(?:after|before|then|depends?|depending|requires?|once|dependency|dependencies|upgrade|migrate)\b/g,
  );
  const manifests = facts?.manifests.length ?? 0;
  return {
    value: ties.length / 6 + manifests / 10,
    evidence: `${named('words of order', ties)}; ${facts ? plural(manifests, 'manifest') : 'workspace not measured'}`,
  };
}

/** Vague words, questions, and a text too short to say what is wanted. */
function uncertainty({ text }: Material): Measure {
  const vague = wordsIn(
    text,
    /\b(?:maybe|perhaps|possibly|somehow|something|some|better|etc|might|probably|unclear|unknown|various)\b/g,
  );
  const questions = Math.min(100, (text.match(/\?/g) ?? []).length);
  const words = (text.slice(0, 2000).match(/\S+/g) ?? []).length;
  const short = words < 5 ? 0.4 : words < 12 ? 0.2 : 0;
  return {
    value: vague.length / 5 + questions / 5 + short,
    evidence: `${named('vague words', vague)}; ${plural(questions, 'question')}; ${words >= 12 ? 'a text of some length' : plural(words, 'word')}`,
  };
}

function technicalDepth({ text, facts }: Material): Measure {
  const deep = wordsIn(
    text,
    /\b(?:concurren(?:t|cy)|algorithm|performance|security|cryptograph\w*|encryption|distributed|database|schema|migration|architecture|compiler|parser|protocol|race|deadlock|memory|thread\w*|cache|caching)\b/g,
  );
  const languages = facts?.languages.length ?? 0;
  return {
    value: deep.length / 4 + Math.max(0, languages - 1) / 10,
    evidence: `${named('technical words', deep)}; ${facts ? plural(languages, 'language') : 'workspace not measured'}`,
  };
}

function integrationPoints({ text }: Material): Measure {
  const points = wordsIn(
    text,
    /\b(?:api|apis|rest|graphql|grpc|webhooks?|oauth|sso|database|queue|kafka|redis|postgres\w*|mysql|s3|aws|gcp|azure|kubernetes|docker|temporal|third-party|external|integrat\w*|service|services|plugin|ci)\b/g,
  );
  return { value: points.length / 4, evidence: named('integration words', points) };
}

function risk({ text, request, facts }: Material): Measure {
  const risky = wordsIn(
    text,
    /\b(?:production|prod|live|delete|drop|remove|migrat\w*|breaking|payment|billing|auth\w*|password|secret|secrets|credential\w*|customer|deploy|release|irreversible)\b/g,
  );
  const compatible = request.constraints?.maintainCompatibility === true;
  const dirty = facts?.dirty === true;
  const notes = [compatible ? 'compatibility must be kept' : '', dirty ? 'uncommitted changes' : ''].filter(Boolean);
  return {
    value: risky.length / 4 + (compatible ? 0.2 : 0) + (dirty ? 0.1 : 0),
    evidence: [named('risky words', risky), ...notes].join('; '),
  };
}

const wordsIn = (text: string, pattern: RegExp): string[] => [...new Set(text.match(pattern) ?? [])];

const named = (what: string, words: readonly string[]): string =>
  words.length === 0 ? `no ${what}` : `${what}: ${words.slice(0, 8).join(', ')}`;

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

const round = (value: number): number => Math.round(value * 1000) / 1000;

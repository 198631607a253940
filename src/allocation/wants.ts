import { analyzeRequest } from '../analysis/analyze.js';
import { activitiesIn, capabilityOf, languagesIn } from '../contract/capabilities.js';
import type { TaskDraft } from '../contract/plan.js';

/** What a task asks of its agent (DEC-7). */
export interface Wants {
  /** All that a candidate must have. */
  required: string[];
  /** What is counted, `required` among it. */
  wanted: string[];
  specializations: string[];
  /** Where that comes from, for people. */
  from: string;
}

const PROMPT_CHARS = 4096;

/** Domain types that say by themselves what is wanted. */
const BY_TYPE: Readonly<Record<string, string[]>> = {
  implementation: ['implementation'],
  implement: ['implementation'],
  feature: ['implementation'],
  fix: ['debugging'],
  bug: ['debugging'],
  bugfix: ['debugging'],
  'bug-fix': ['debugging'],
  debug: ['debugging'],
  debugging: ['debugging'],
  refactor: ['refactoring'],
  refactoring: ['refactoring'],
  test: ['testing'],
  tests: ['testing'],
  testing: ['testing'],
  review: ['review'],
  analysis: ['analysis'],
  analyze: ['analysis'],
  docs: ['documentation'],
  documentation: ['documentation'],
  security: ['security', 'review'],
  architecture: ['architecture'],
  design: ['architecture'],
  performance: ['performance'],
  deploy: ['deployment'],
  deployment: ['deployment'],
  release: ['deployment'],
};

/** Patterns of requests (ANA-2), as far as they ask for more than a change. */
const BY_PATTERN: Readonly<Record<string, string>> = {
  'quality-analysis': 'analysis',
  'bug-fix': 'debugging',
  refactoring: 'refactoring',
  'dependency-upgrade': 'dependencies',
  'test-coverage': 'testing',
  documentation: 'documentation',
  release: 'deployment',
};

/** A pattern counts from here on: its words stand in the text, and the intent fits. */
const FIT = 0.8;

/**
 * What a task wants: its own capabilities, which an agent must all have, and its preferences. Without either, what its type says, else what
 * its prompt asks for, else implementation; languages that the prompt names count too.
 */
export function wantsOf(task: TaskDraft): Wants {
  const required = task.capabilities.map(capabilityOf);
  const preferred = (task.preferredCapabilities ?? []).map(capabilityOf);
  const derived = required.length + preferred.length > 0 ? undefined : derivedFrom(task);
  const wanted = [...new Set(derived ? derived.wanted : [...required, ...preferred])];
  const specializations = (task.preferredSpecializations ?? wanted).map(capabilityOf);
  return { required, wanted, specializations, from: derived?.from ?? 'the plan' };
}

function derivedFrom({ type, title, action }: TaskDraft): { wanted: string[]; from: string } {
  const asked = action.kind === 'agent' ? (action.skill?.about ?? action.prompt) : title;
  const prompt = asked.slice(0, PROMPT_CHARS);
  const languages = languagesIn(prompt);
  const kind = type.trim().toLowerCase();
  const byType = Object.hasOwn(BY_TYPE, kind) ? BY_TYPE[kind] : undefined;
  if (byType) return { wanted: [...byType, ...languages], from: `the type ${kind}` };
  const spoken = activitiesIn(kind);
  if (spoken.length > 0) return { wanted: [...spoken, ...languages], from: `the type ${kind}` };
  const analysis = analyzeRequest({ description: prompt }, null);
  const patterns = analysis.patterns.filter(({ fit }) => fit >= FIT).flatMap(({ name }) => BY_PATTERN[name] ?? []);
  const byIntent = BY_TYPE[analysis.intent.primary];
  return {
    wanted: [...(patterns.length > 0 ? patterns : (byIntent ?? ['implementation'])), ...languages],
    from: 'the prompt',
  };
}

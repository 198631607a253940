import type { JsonSchema, SkillDefinition } from '../../contract/skill.js';
import { SKILL_NAMES, type SkillName } from '../../contract/skills.js';

const NOTHING: JsonSchema = { type: 'object', additionalProperties: false };

/** What the few that take something take. */
const INPUTS: Partial<Record<SkillName, JsonSchema>> = {
  'project-command': {
    type: 'object',
    properties: {
      purpose: { type: 'string' },
      argv: { type: 'array', items: { type: 'string' }, minItems: 1 },
      cwd: { type: 'string' },
    },
    required: ['argv'],
    additionalProperties: false,
  },
};

const FINDING: JsonSchema = {
  type: 'object',
  properties: {
    severity: { enum: ['info', 'minor', 'major', 'critical'] },
    message: { type: 'string' },
    path: { type: 'string' },
    line: { type: 'integer' },
  },
  required: ['severity', 'message'],
};

/** As `SkillReport` has it. */
const REPORT: JsonSchema = {
  type: 'object',
  properties: {
    v: { const: 1 },
    skill: { type: 'string' },
    title: { type: 'string' },
    summary: { type: 'string' },
    skipped: { type: 'string' },
    figures: { type: 'object', additionalProperties: { type: ['number', 'string'] } },
    tables: { type: 'array', items: { type: 'object' } },
    findings: { type: 'array', items: FINDING },
    findingsLeftOut: { type: 'integer' },
  },
  required: ['v', 'skill', 'title', 'summary', 'figures', 'tables', 'findings', 'findingsLeftOut'],
};

/** Baton's own skills, which every workspace has. */
export const BUILT_IN_SKILLS: readonly SkillDefinition[] = SKILL_NAMES.map(({ name, description }) => ({
  v: 1,
  name,
  description,
  source: 'built-in',
  work: { kind: 'built-in' },
  input: INPUTS[name] ?? NOTHING,
  output: REPORT,
  // A command of the project may do anything.
  effect: name === 'project-command' ? 'writes' : 'reads',
  timeLimitMs: null,
  path: '',
}));

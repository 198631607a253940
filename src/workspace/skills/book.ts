import type { PlanDraft } from '../../contract/plan.js';
import type { SchemaCheck, SkillDefinition } from '../../contract/skill.js';
import { SKILL_NAMES } from '../../contract/skills.js';
import { BUILT_IN_SKILLS } from './built-in.js';
import { readSkills, type SkillPlace } from './read.js';
import { loadSchemas } from './schema-check.js';

const OWN: readonly string[] = SKILL_NAMES.map(({ name }) => name);

/** The skills that a plan's draft may name, with the check of what it gives them. Nothing is read for a plan that needs none but Baton's own. */
export async function skillBook(
  { tasks }: PlanDraft,
  place: SkillPlace,
): Promise<{ skills: readonly SkillDefinition[]; check: SchemaCheck }> {
  const actions = tasks.flatMap(({ action }) => (action.kind === 'skill' ? [action] : []));
  const areOwn = actions.every(({ name }) => OWN.includes(name));
  const takeNothing = actions.every((action) => Object.keys(action.with).length === 0 && action.name !== TAKING);
  if (areOwn && takeNothing) return { skills: BUILT_IN_SKILLS, check: () => [] };
  const { check } = await loadSchemas();
  return { skills: areOwn ? BUILT_IN_SKILLS : (await readSkills(place)).skills, check };
}

/** It is of no use without its input. */
const TAKING = 'project-command';

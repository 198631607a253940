import { BatonError } from '../contract/errors.js';
import type { SkillCatalogue, SkillDefinition } from '../contract/skill.js';
import { resolveHome } from '../local/home.js';
import { readSkills } from '../workspace/skills/read.js';
import { workspaceFolder } from './workspace.js';

/** The skills that count in a workspace, with what gives none. Needs no server. */
export const knownSkills = (workspace: string | undefined): Promise<SkillCatalogue> =>
  readSkills({ home: resolveHome(), workspace: workspaceFolder(workspace) });

/** One of them. Throws `unknown_id` with the names there are. */
export async function knownSkill(name: string, workspace: string | undefined): Promise<SkillDefinition> {
  const { skills, problems } = await knownSkills(workspace);
  const found = skills.find((skill) => skill.name === name);
  if (found) return found;
  const next = problems.length === 0 ? 'baton skills' : 'baton skills check';
  throw new BatonError('unknown_id', `there is no skill ${JSON.stringify(name)}`, {
    hint: `there are: ${skills.map((skill) => skill.name).join(', ')}; see: ${next}`,
  });
}

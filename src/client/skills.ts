import { BatonError } from '../contract/errors.js';
import { mcpNameOf } from '../contract/mcp.js';
import type { SkillCatalogue, SkillDefinition } from '../contract/skill.js';
import { loadConfig } from '../local/config.js';
import { resolveHome } from '../local/home.js';
import { readSkills } from '../workspace/skills/read.js';
import { discoverFor } from './tools.js';
import { workspaceFolder } from './workspace.js';

/** The skills that count in a workspace and the tools of all servers, with what gives none. Needs no server of Temporal. */
export async function knownSkills(workspace: string | undefined): Promise<SkillCatalogue> {
  const [home, folder] = [resolveHome(), workspaceFolder(workspace)];
  const { mcp } = loadConfig({ home, workspace: folder }).config;
  const discover = discoverFor(mcp, folder);
  const [read, tools] = await Promise.all([
    readSkills({ home, workspace: folder }),
    Object.keys(mcp).length === 0 ? { skills: [], problems: [] } : discover(Object.keys(mcp)),
  ]);
  const skills = [...read.skills, ...tools.skills].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...read, skills, problems: [...read.problems, ...tools.problems] };
}

/** One of them. Throws `unknown_id` with the names there are. */
export async function knownSkill(name: string, workspace: string | undefined): Promise<SkillDefinition> {
  const { skills, problems } = await knownSkills(workspace);
  const found = skills.find((skill) => skill.name === name);
  if (found) return found;
  const server = mcpNameOf(name)?.server;
  const why = problems.find(({ path }) => path === `mcp:${server ?? ''}`)?.message;
  const next = problems.length === 0 ? 'baton skills' : 'baton skills check';
  throw new BatonError('unknown_id', why ?? `there is no skill ${JSON.stringify(name)}`, {
    hint: `there are: ${skills.map((skill) => skill.name).join(', ')}; see: ${next}`,
  });
}

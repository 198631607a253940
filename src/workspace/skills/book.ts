import type { PlanDraft } from '../../contract/plan.js';
import { MCP_PREFIX, mcpNameOf } from '../../contract/mcp.js';
import type { SchemaCheck, SkillCatalogue, SkillDefinition } from '../../contract/skill.js';
import { SKILL_NAMES } from '../../contract/skills.js';
import { BUILT_IN_SKILLS } from './built-in.js';
import { readSkills, type SkillPlace } from './read.js';
import { loadSchemas } from './schema-check.js';

const OWN: readonly string[] = SKILL_NAMES.map(({ name }) => name);

interface Book {
  skills: readonly SkillDefinition[];
  check: SchemaCheck;
  broken: ReadonlyMap<string, string>;
}

/** Asks servers, by their names, for their tools. */
export type DiscoverTools = (names: readonly string[]) => Promise<Pick<SkillCatalogue, 'skills' | 'problems'>>;

/**
 * The skills that a plan's draft may name, with the check of what it gives them. Nothing is read for a plan that needs none but Baton's own,
 * and no server is asked whose tools the plan does not name.
 */
export async function skillBook(
  { tasks }: PlanDraft,
  { discover, ...place }: SkillPlace & { discover: DiscoverTools },
): Promise<Book> {
  const actions = tasks.flatMap(({ action }) => (action.kind === 'skill' ? [action] : []));
  const areOwn = actions.every(({ name }) => OWN.includes(name));
  const takeNothing = actions.every((action) => Object.keys(action.with).length === 0 && action.name !== TAKING);
  if (areOwn && takeNothing) return { skills: BUILT_IN_SKILLS, check: () => [], broken: new Map() };
  const { check } = await loadSchemas();
  const servers = [...new Set(actions.flatMap(({ name }) => mcpNameOf(name)?.server ?? []))];
  const tools = servers.length === 0 ? { skills: [], problems: [] } : await discover(servers);
  const skills = areOwn ? BUILT_IN_SKILLS : (await readSkills(place)).skills;
  const broken = tools.problems.map(({ path, message }) => [path.slice(MCP_PREFIX.length), message] as const);
  return { skills: [...skills, ...tools.skills], check, broken: new Map(broken) };
}

/** It is of no use without its input. */
const TAKING = 'project-command';

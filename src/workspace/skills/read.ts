import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { parseSkillFile } from '../../contract/schemas/skill-file.js';
import type { SkillCatalogue, SkillDefinition, SkillSource } from '../../contract/skill.js';
import { errorCode } from '../folder.js';
import { readMarkdown, realOr, type MarkdownText } from '../markdown.js';
import { BUILT_IN_SKILLS } from './built-in.js';
import { loadSchemas } from './schema-check.js';

export interface SkillPlace {
  /** The data folder. */
  home: string;
  workspace: string;
}

interface SkillFolder {
  source: SkillSource;
  path: string;
  /** Where its files may truly stand; links that lead out of it are refused. */
  within: string;
}

/**
 * The skills that a request in `workspace` may use, but for those of servers. A file that cannot be used is a problem of the answer. A skill of
 * the workspace stands before one of the user's; the names of Baton's own are theirs alone.
 */
export async function readSkills({ home, workspace }: SkillPlace): Promise<SkillCatalogue> {
  const skills = new Map(BUILT_IN_SKILLS.map((skill) => [skill.name, skill]));
  const catalogue: SkillCatalogue = { skills: [], overridden: [], problems: [] };
  const user = join(home, 'skills');
  const folders: SkillFolder[] = [
    { source: 'user', path: user, within: user },
    { source: 'workspace', path: join(workspace, '.claude', 'skills'), within: workspace },
  ];
  for (const folder of folders) {
    const { source } = folder;
    for (const file of await readFolder(folder)) {
      const { path } = file;
      const skill = 'flaw' in file ? `${path}: ${file.flaw}` : await parsed(file.text, path, source);
      const other = typeof skill === 'string' ? undefined : skills.get(skill.name);
      if (typeof skill === 'string') catalogue.problems.push({ path, source, message: skill });
      else if (other && (other.source === source || other.source === 'built-in')) {
        const whose = other.source === 'built-in' ? 'Baton’s own' : other.path;
        const message = `${path}: name: ${JSON.stringify(skill.name)} is already that of ${whose}`;
        catalogue.problems.push({ path, source, message });
      } else {
        if (other) catalogue.overridden.push({ name: other.name, source: other.source, path: other.path });
        skills.set(skill.name, skill);
      }
    }
  }
  return { ...catalogue, skills: [...skills.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** The skill, or what is wrong with its file. */
async function parsed(text: string, path: string, source: SkillSource): Promise<SkillDefinition | string> {
  const { flawOf } = await loadSchemas();
  try {
    return parseSkillFile(text, { path, source, schemaFlaw: flawOf });
  } catch (error) {
    if (error instanceof BatonError) return error.message;
    throw error;
  }
}

/** The `SKILL.md` of each folder in it; none where it does not exist. */
async function readFolder({ path: top, within }: SkillFolder): Promise<MarkdownText[]> {
  if (!existsSync(top)) return [];
  const root = realOr(within);
  let names: string[];
  try {
    names = readdirSync(top).sort();
  } catch (error) {
    return [{ path: top, flaw: `cannot be read (${errorCode(error) ?? 'unknown error'})` }];
  }
  const files = names.map((name) => join(top, name, 'SKILL.md')).filter((path) => existsSync(path));
  const found = await Promise.all(files.slice(0, LIMITS.skills).map((path) => readMarkdown(path, root)));
  const left = files[LIMITS.skills];
  if (left === undefined) return found;
  return [...found, { path: left, flaw: `not read, nor what follows: more than ${LIMITS.skills} skills` }];
}

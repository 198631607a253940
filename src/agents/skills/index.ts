import type { SkillName } from '../../contract/skills.js';
import { dependencies } from './dependencies.js';
import { documentation } from './documentation.js';
import { duplicateCode } from './duplicate-code.js';
import { gitHotspots } from './git-hotspots.js';
import { inventory } from './inventory.js';
import { languages } from './languages.js';
import { largeFiles } from './large-files.js';
import { projectCommand } from './project-command.js';
import { projectCommands } from './project-commands.js';
import { secrets } from './secrets.js';
import type { Skill } from './skill.js';
import { tests } from './tests.js';
import { todoComments } from './todo-comments.js';

export type { CommandEnd, Skill, SkillContext } from './skill.js';

/** The code behind each name of `contract/skills`. */
export const BUILTIN_SKILLS: Record<SkillName, Skill> = {
  inventory,
  languages,
  'todo-comments': todoComments,
  'large-files': largeFiles,
  'duplicate-code': duplicateCode,
  dependencies,
  'git-hotspots': gitHotspots,
  secrets,
  'project-commands': projectCommands,
  'project-command': projectCommand,
  documentation,
  tests,
};

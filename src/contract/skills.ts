/**
 * The built-in skills as data: what a plan names, what a report's section is called, and how long one takes on a
 * repository of a few thousand files. The code behind each name is in the agents room, so that planning can speak of
 * skills without importing them.
 */
export const SKILL_NAMES = [
  { name: 'inventory', title: 'Inventory of files', estimateMs: 2000 },
  { name: 'languages', title: 'Languages and lines', estimateMs: 2000 },
  { name: 'todo-comments', title: 'To-do comments', estimateMs: 2000 },
  { name: 'large-files', title: 'Large files', estimateMs: 2000 },
  { name: 'duplicate-code', title: 'Duplicate code', estimateMs: 4000 },
  { name: 'dependencies', title: 'Dependencies and licences', estimateMs: 3000 },
  { name: 'git-hotspots', title: 'Git hot spots', estimateMs: 4000 },
  { name: 'secrets', title: 'Secrets left in files', estimateMs: 3000 },
  { name: 'project-commands', title: "The project's own commands", estimateMs: 1000 },
  { name: 'project-command', title: "One of the project's own commands", estimateMs: 60_000 },
  { name: 'documentation', title: 'Documentation', estimateMs: 2000 },
  { name: 'tests', title: 'Tests', estimateMs: 1500 },
] as const satisfies readonly { name: string; title: string; estimateMs: number }[];

export type SkillName = (typeof SKILL_NAMES)[number]['name'];

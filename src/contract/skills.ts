/**
 * The built-in skills as data: what a plan names, what a report's section is called, what it tells, and how long one takes on a
 * repository of a few thousand files. The code behind each name is in the agents room, so that planning can speak of
 * skills without importing them.
 */
export const SKILL_NAMES = [
  {
    name: 'inventory',
    title: 'Inventory of files',
    estimateMs: 2000,
    description: 'Files and bytes, by extension and by top folder; symlinks, empty files, binary files.',
  },
  {
    name: 'languages',
    title: 'Languages and lines',
    estimateMs: 2000,
    description: 'Files and lines of each language; lines as `wc -l` counts them.',
  },
  {
    name: 'todo-comments',
    title: 'To-do comments',
    estimateMs: 2000,
    description:
      'Comments that say what is still to be done, by four usual words, whole and in capitals, as `grep -w` finds them.',
  },
  {
    name: 'large-files',
    title: 'Large files',
    estimateMs: 2000,
    description: 'The largest files by bytes and by lines; source files of more than 1,000 lines.',
  },
  {
    name: 'duplicate-code',
    title: 'Duplicate code',
    estimateMs: 4000,
    description: 'Blocks of at least six equal lines, white space apart, that stand in two places of the source.',
  },
  {
    name: 'dependencies',
    title: 'Dependencies and licences',
    estimateMs: 3000,
    description:
      'Dependencies that manifests name and lock files pin, with licences where they are known; copyleft is noted.',
  },
  {
    name: 'git-hotspots',
    title: 'Git hot spots',
    estimateMs: 4000,
    description: "The files with most commits in the twelve months before HEAD's commit, their authors and churn.",
  },
  {
    name: 'secrets',
    title: 'Secrets left in files',
    estimateMs: 3000,
    description:
      'Private keys, tokens of known services, passwords in assignments, tracked .env files; never their text.',
  },
  {
    name: 'project-commands',
    title: "The project's own commands",
    estimateMs: 1000,
    description:
      "The project's own test, lint, build and check commands as its manifests define them, and which are missing.",
  },
  {
    name: 'project-command',
    title: "One of the project's own commands",
    estimateMs: 60_000,
    description: "Runs one of the project's own commands; a failure is a finding.",
  },
  {
    name: 'documentation',
    title: 'Documentation',
    estimateMs: 2000,
    description:
      'README, CONTRIBUTING, CHANGELOG, LICENSE, a docs folder, and relative Markdown links that lead nowhere.',
  },
  {
    name: 'tests',
    title: 'Tests',
    estimateMs: 1500,
    description: 'Test files and source files of each language, and source folders that no test belongs to.',
  },
] as const satisfies readonly { name: string; title: string; estimateMs: number; description: string }[];

export type SkillName = (typeof SKILL_NAMES)[number]['name'];

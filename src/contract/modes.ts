import type { Mode, ModeRights, ModeTable } from './mode.js';

/** Tools that look, or only keep a list of what is to be done. */
const LOOKING = ['Read', 'Grep', 'Glob', 'LS', 'NotebookRead', 'TodoRead', 'TodoWrite'];

/** Tools that change files. */
export const EDITING: readonly string[] = ['Edit', 'MultiEdit', 'Write', 'NotebookEdit'];

const RUNNING = ['Bash', 'BashOutput', 'KillShell', 'KillBash'];

/** Commands of git that show and change nothing, and start no other program. */
const SHOWING = ['git diff', 'git log', 'git show', 'git status', 'git blame', 'git ls-files', 'git rev-parse'];

const NOTHING: ModeRights = { tools: [], read: [], write: [], commands: [], hosts: [], environment: [] };

/** The modes that are there without any configuration. */
const BUILT_IN: readonly Mode[] = [
  {
    ...NOTHING,
    name: 'ask',
    description: 'Answers questions about the code; changes nothing, runs nothing.',
    tools: LOOKING,
    read: ['**'],
  },
  {
    ...NOTHING,
    name: 'architect',
    description: 'Designs and describes: writes Markdown and what stands in docs, and no code.',
    tools: [...LOOKING, ...EDITING, ...RUNNING],
    read: ['**'],
    write: ['**/*.md', '**/docs/**'],
    commands: SHOWING,
  },
  {
    name: 'code',
    description: 'Changes the code; may use whatever the agent’s own file names.',
    tools: ['*'],
    read: ['**'],
    write: ['**'],
    commands: ['*'],
    hosts: ['*'],
    environment: ['*'],
  },
  {
    name: 'debug',
    description: 'Finds and mends the cause of a failure: changes files and runs commands, fetches nothing.',
    tools: [...LOOKING, ...EDITING, ...RUNNING],
    read: ['**'],
    write: ['**'],
    commands: ['*'],
    hosts: [],
    environment: ['*'],
  },
  {
    ...NOTHING,
    name: 'review',
    description: 'Judges code and changes, with what git shows of them; changes nothing.',
    tools: [...LOOKING, ...RUNNING],
    read: ['**'],
    commands: SHOWING,
  },
  {
    ...NOTHING,
    name: 'orchestrate',
    description: 'Splits work up and hands it to agents of its own; changes nothing itself.',
    tools: [...LOOKING, 'Task', 'Agent'],
    read: ['**'],
  },
];

export const BUILT_IN_MODES: ModeTable = Object.fromEntries(BUILT_IN.map((mode) => [mode.name, [mode]]));

/** The mode that a name begins from: the built-in one, or nothing at all. */
export function baseMode(name: string): Mode {
  return BUILT_IN.find((mode) => mode.name === name) ?? { ...NOTHING, name, description: '' };
}

/** Rights that allow everything: what a narrowing does not name it leaves as it is. */
export const EVERYTHING: ModeRights = {
  tools: ['*'],
  read: ['**'],
  write: ['**'],
  commands: ['*'],
  hosts: ['*'],
  environment: ['*'],
};

/**
 * Files that decide what runs, on this machine or where the project is built, or what agents may do. In whatever mode, a change of one is
 * a person's decision. Matched without regard to case, since some file systems have none.
 */
export const PROTECTED_FILES: readonly string[] = [
  '**/.git/**',
  '**/{.gitmodules,.gitattributes,.gitconfig}',
  '**/{.githooks,.husky}/**',
  '**/{.pre-commit-config.yaml,lefthook.yml,.lefthook.yml}',
  '**/.claude/{settings.json,settings.local.json}',
  '**/.claude/{agents,commands,hooks,skills}/**',
  '**/{.mcp.json,opencode.json,baton.yaml}',
  '**/{.codex,.gemini,.opencode}/**',
  '**/{.npmrc,.yarnrc,.yarnrc.yml,.pnpmfile.cjs,.pypirc,pip.conf}',
  '**/.github/{workflows,actions}/**',
  '**/{CODEOWNERS,.gitlab-ci.yml,.travis.yml,.drone.yml,appveyor.yml,azure-pipelines.yml,bitbucket-pipelines.yml}',
  '**/{.circleci,.buildkite,.gitlab,.woodpecker}/**',
  '**/Jenkinsfile',
  '**/{.envrc,.devcontainer.json}',
  '**/.devcontainer/**',
  '**/.vscode/{settings.json,tasks.json,launch.json}',
];

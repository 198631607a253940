/**
 * What an agent may do while it works in a mode (PRM-1). What no list names is denied; `*`, and `**` for files, stand for everything. Globs are
 * relative to the workspace; one that begins with `!` takes away from the others.
 */
export interface ModeRights {
  /** Names of tools as Claude Code has them; a `*` at the end stands for any rest. */
  tools: readonly string[];
  /** Globs of files to look at. */
  read: readonly string[];
  /** Globs of files to make, change or remove. */
  write: readonly string[];
  /** The words that a command may begin with, such as `git diff`. */
  commands: readonly string[];
  /** Names of hosts to fetch from; `*.example.com` stands for all below it. */
  hosts: readonly string[];
  /** Which of the variables that `environment` of the configuration names reach it; a `*` at the end stands for any rest. */
  environment: readonly string[];
}

export interface Mode extends ModeRights {
  name: string;
  /** What it is for, in a sentence. */
  description: string;
}

/** All modes by name. Each is a list whose members must all allow: the mode itself, then what a workspace narrowed. */
export type ModeTable = Readonly<Record<string, readonly Mode[]>>;

/** What an agent may do at a task: what its own file names, and every one of these modes allows. Kept in the plan, so that an approval binds it. */
export interface Permission {
  /** For people: `code`, or `code, ask` where the task narrows it. */
  name: string;
  modes: Mode[];
  /** The agent's tools, narrowed by the modes. */
  tools: string[];
}

import type { Json } from './json.js';

/** Where a skill comes from: Baton itself, a folder with a `SKILL.md` in the data folder or in the workspace, or a server. */
export const SKILL_SOURCES = ['built-in', 'user', 'workspace', 'mcp'] as const;
export type SkillSource = (typeof SKILL_SOURCES)[number];

/** A JSON Schema (2020-12). */
export type JsonSchema = Record<string, Json>;

/** How a skill is carried out. */
export type SkillWork =
  | { kind: 'built-in' }
  /** An agent follows the instructions. `tools`: all that it may use of its own, as an agent's file names them; null where the skill names none. */
  | { kind: 'agent'; instructions: string; tools: string[] | null }
  /** A program that reads its input as JSON from standard input, and prints its result as JSON. */
  | { kind: 'program'; argv: string[] }
  /** A tool of a configured MCP server. */
  | { kind: 'tool'; server: string; tool: string };

/** What a plan can name as `skill` (EXE-3). */
export interface SkillDefinition {
  v: 1;
  name: string;
  description: string;
  source: SkillSource;
  work: SkillWork;
  /** Of a task's `with`. */
  input: JsonSchema;
  /** Of the result; null where nothing is said of it. */
  output: JsonSchema | null;
  effect: 'reads' | 'writes';
  /** Null leaves it to the task. */
  timeLimitMs: number | null;
  /** Of its `SKILL.md`, absolute; empty where it has none. */
  path: string;
}

/** What gives no skill, and why. */
export interface SkillProblem {
  /** Of a file, absolute; of a server, `mcp:` and its name. */
  path: string;
  source: SkillSource;
  /** Begins with `file:line:column field: `, as far as they are known. */
  message: string;
}

/** The skills of a workspace: of each name the one that counts. */
export interface SkillCatalogue {
  /** By name. */
  skills: SkillDefinition[];
  /** Files that another of the same name stands before. */
  overridden: { name: string; source: SkillSource; path: string }[];
  problems: SkillProblem[];
}

/** Where a value does not fit a schema: names and positions, and what is wrong there. */
export interface SchemaFlaw {
  path: (string | number)[];
  message: string;
}

/** What of a value does not fit a schema; at most `LIMITS.problemsListed`. */
export type SchemaCheck = (schema: JsonSchema, value: Json) => SchemaFlaw[];

/** The skill that an agent carries out at a task. */
export interface AgentSkill {
  name: string;
  /** What it is for: by that, and not by its instructions, an agent is chosen. */
  about: string;
  tools: string[] | null;
  /** What its answer is held to. */
  output: JsonSchema | null;
}

import { z } from 'zod';
import type { Json } from '../json.js';
import { LIMITS } from '../limits.js';
import type { JsonSchema, SkillDefinition, SkillSource } from '../skill.js';
import { toolList } from './agent-fields.js';
import { duration, jsonRecord, nonBlank } from './fields.js';
import { parseFrontMatter, splitFrontMatter } from './front-matter.js';
import { flawsOf, refuse, visible, type Flaw } from './problems.js';

const HINT = 'correct the file; `baton skills check` looks at all of them';

/** What Baton reads of a skill's front matter. Other keys, such as `license` or `metadata`, are left alone. */
const skillFields = z.object({
  name: nonBlank(LIMITS.taskIdChars)
    .regex(/^[^\s\p{C}:/-](?:[^\p{C}:/]*[^\s\p{C}:/])?$/u, 'a name has no control characters, no : and no /')
    .describe('What plans call it. Without it: the name of its folder.')
    .optional(),
  description: nonBlank(LIMITS.agentDescriptionChars).describe('What it is for, in a sentence or two.'),
  'allowed-tools': toolList(/[,\s]/)
    .describe(
      'All that the agent may use of its own tools, as Claude Code names them: `Read, Grep` or `Read Bash(git diff:*)`. Without it: all of the agent’s.',
    )
    .optional(),
  input: jsonRecord.describe('JSON Schema of a task’s `with`. Without it: any.').optional(),
  output: jsonRecord
    .describe('JSON Schema of the result, which is JSON then. Without it: any text of an agent, any JSON of a command.')
    .optional(),
  command: z
    .array(z.string().min(1, 'empty'))
    .min(1, 'empty')
    .max(LIMITS.commandArguments)
    .describe(
      'Program and arguments, in place of an agent: `with` as JSON on its standard input, its result as JSON on its standard output. `{folder}` stands for the skill’s folder. A workspace’s is asked about before it runs.',
    )
    .optional(),
  timeLimit: duration({ min: 1000, max: LIMITS.taskTimeLimitMaxMs }).describe('Of a task that names none.').optional(),
});
type SkillFields = z.output<typeof skillFields>;

export interface SkillFile {
  /** Of its `SKILL.md`, absolute. */
  path: string;
  source: SkillSource;
  /** Why a schema is none; undefined where it is one. */
  schemaFlaw: (schema: JsonSchema) => string | undefined;
}

/**
 * The text of a `SKILL.md` as a skill. Throws BatonError `bad_input` with a line `path:line:column field: problem` for each problem.
 */
export function parseSkillFile(text: string, file: SkillFile): SkillDefinition {
  const source = visible(file.path);
  const split = splitFrontMatter(text);
  if (!split) {
    const message = 'no front matter: the file begins with ---, name, description, --- and the instructions';
    refuse([{ path: [], message }], { source, hint: HINT });
  }
  const { value, flaws, locate } = parseFrontMatter(split.yaml);
  const stop = (wrong: Flaw[]): never => refuse(wrong, { source, hint: HINT, locate });
  if (flaws.length > 0) stop(flaws);
  const result = skillFields.safeParse(value);
  if (!result.success) return stop(flawsOf(result.error.issues));
  const wrong = disagreements(result.data, file);
  if (wrong.length > 0) stop(wrong);
  return definitionOf(result.data, file, split.body.trim());
}

function disagreements(fields: SkillFields, { schemaFlaw }: SkillFile): Flaw[] {
  const schemas = (['input', 'output'] as const).flatMap((field): Flaw[] => {
    const schema = fields[field];
    const message = schema && schemaFlaw(schema);
    return message === undefined ? [] : [{ path: [field], message: `no JSON Schema: ${message}` }];
  });
  if (fields.command === undefined || fields['allowed-tools'] === undefined) return schemas;
  return [...schemas, { path: ['allowed-tools'], message: 'goes with no command: a program uses no tools' }];
}

const ANY_INPUT: JsonSchema = { type: 'object' };
const CHANGING = /^(?:Edit|MultiEdit|Write|NotebookEdit|Bash|mcp__)/;

function definitionOf(fields: SkillFields, { path, source }: SkillFile, instructions: string): SkillDefinition {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const { command } = fields;
  const tools = fields['allowed-tools'] ?? null;
  const isLooking = command === undefined && tools !== null && !tools.some((tool) => CHANGING.test(tool));
  return {
    v: 1,
    name: fields.name ?? folder.slice(folder.lastIndexOf('/') + 1),
    description: fields.description.trim(),
    source,
    work: command
      ? { kind: 'program', argv: command.map((word) => word.replaceAll('{folder}', folder)) }
      : { kind: 'agent', instructions, tools: tools?.includes('*') ? null : tools },
    input: fields.input ?? ANY_INPUT,
    output: fields.output ?? null,
    effect: isLooking ? 'reads' : 'writes',
    timeLimitMs: fields.timeLimit ?? null,
    path,
  };
}

/** The JSON Schema (2020-12) of what Baton reads of a skill's front matter. */
export function skillJsonSchema(): Record<string, Json> {
  return z.toJSONSchema(skillFields, { io: 'input', unrepresentable: 'any' }) as Record<string, Json>;
}

import { previewOf, redactBytes, secretsOf } from '../../agents/process/redact.js';
import type { Json } from '../../contract/json.js';
import { LIMITS } from '../../contract/limits.js';
import type { AgentSkill, JsonSchema } from '../../contract/skill.js';
import type { TaskError } from '../../contract/task.js';
import { loadSchemas } from '../../workspace/skills/schema-check.js';
import type { Executed, Execution } from './execution.js';

/** A skill's result: kept as an artifact, in the task's own result where it is small, and nowhere with a secret in it. */
export async function completedWith(
  { deps, task }: Execution,
  { value: given, startedAt, env }: { value: Json; startedAt: number; env: Readonly<Record<string, string>> },
): Promise<Executed> {
  const isText = typeof given === 'string';
  const bytes = redactBytes(Buffer.from(isText ? given : JSON.stringify(given, null, 2)));
  const ref = await deps.artifacts.put(`${task.id}.${isText ? 'txt' : 'json'}`, bytes);
  const preview = previewOf({ bytes: bytes.subarray(-2 * LIMITS.outputPreviewBytes), cut: false }, secretsOf(env));
  const value = isText ? bytes.toString('utf8') : valueIn(bytes);
  return {
    result: {
      kind: 'completed',
      startedAt,
      summary: summaryOf(value, bytes.length),
      output: bytes.length <= LIMITS.skillResultInlineBytes ? value : null,
      artifacts: [ref],
    },
    details: { output: { exitCode: 0, preview, truncated: false, bytes: bytes.length } },
  };
}

/** Null where a number that is a secret was taken out of the JSON. */
function valueIn(bytes: Buffer): Json {
  try {
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch {
    return null;
  }
}

/** A text of its own by that name, or how much it is. */
function summaryOf(value: Json, bytes: number): string {
  const { summary } = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  return typeof summary === 'string' && summary.trim() !== ''
    ? summary.replace(/\s+/g, ' ').trim().slice(0, LIMITS.agentSummaryChars)
    : `a result of ${bytes} bytes`;
}

/** Why a text is not the JSON that a skill promises; else its value. */
export async function readValue(
  text: string,
  { skill, schema }: { skill: string; schema: JsonSchema | null },
): Promise<{ value: Json } | { error: TaskError }> {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { error: outputError(`the result of the skill ${skill} is no JSON: ${why}`) };
  }
  const error = await misfit(value, { skill, schema });
  return error ? { error } : { value };
}

/** The JSON that an agent answered with where its skill promises some: its whole answer, or the last block of code in it. */
export async function answerOf(
  text: string,
  skill: AgentSkill | undefined,
): Promise<{ value: Json } | { error: TaskError } | undefined> {
  if (skill?.output == null) return undefined;
  const blocks = [...text.matchAll(/^```(?:json)?[ \t]*\n([\s\S]*?)^```[ \t]*$/gm)];
  return readValue(blocks.at(-1)?.[1] ?? text, { skill: skill.name, schema: skill.output });
}

/** A result as it crosses Temporal. */
export const smallResult = (value: Json): { result?: Json } =>
  Buffer.byteLength(JSON.stringify(value)) <= LIMITS.skillResultInlineBytes ? { result: value } : {};

/** What of a skill's result does not fit its schema. */
export async function misfit(
  value: Json,
  { skill, schema }: { skill: string; schema: JsonSchema | null },
): Promise<TaskError | undefined> {
  if (schema === null) return undefined;
  const { check } = await loadSchemas();
  const flaws = check(schema, value);
  if (flaws.length === 0) return undefined;
  const lines = flaws.map(({ path, message }) => `${['result', ...path].join('.')}: ${message}`);
  return outputError(`the result of the skill ${skill} does not fit its schema: ${lines.join('; ')}`);
}

const outputError = (message: string): TaskError => ({
  code: 'skill_output',
  message: message.slice(0, LIMITS.errorTextBytes / 4),
});

import type { Json } from '../../../contract/json.js';
import type { OfferedTool } from '../call.js';

/** Where a tool works, and what it may do there. */
export interface ToolPlace {
  /** Absolute: the agent's worktree, or the task's folder in it. */
  cwd: string;
  mayRead(path: string): boolean;
  mayWrite(path: string): boolean;
  /** Runs a program there until it ends; its output, redacted, and whether it ended well. */
  run(argv: readonly string[], timeLimitMs: number): Promise<{ text: string; isOk: boolean }>;
}

export interface Tool extends OfferedTool {
  /** Gives what the model is told. @throws ToolError for what it did wrong */
  run(input: Record<string, Json>, place: ToolPlace): Promise<string>;
}

/** What a model is told of a call that could not be carried out; it fails nothing else. `isDenied`: its mode does not allow it. */
export class ToolError extends Error {
  constructor(
    message: string,
    readonly isDenied = false,
  ) {
    super(message);
    this.name = 'ToolError';
  }
}

type Kind = 'string' | 'integer' | 'boolean';

/** The schema of an input of plain fields; the name of an optional one ends with `?`. */
export function fields(of: Record<string, readonly [Kind, string]>): Record<string, Json> {
  const entries = Object.entries(of);
  const properties = entries.map(([name, [type, description]]) => [name.replace(/\?$/, ''), { type, description }]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties) as Json,
    required: entries.flatMap(([name]) => (name.endsWith('?') ? [] : [name])),
    additionalProperties: false,
  };
}

/** Checks an input against a schema of `fields`. @throws ToolError */
export function checkInput(schema: Record<string, Json>, input: Json): Record<string, Json> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new ToolError('input: not an object');
  const properties = schema['properties'] as Record<string, { type: Kind }>;
  for (const name of schema['required'] as string[])
    if (input[name] === undefined) throw new ToolError(`${name}: is missing`);
  for (const [name, value] of Object.entries(input)) {
    const wanted = Object.hasOwn(properties, name) ? properties[name]?.type : undefined;
    if (wanted === undefined) throw new ToolError(`${name}: unknown field`);
    const isFit = wanted === 'integer' ? Number.isInteger(value) : typeof value === wanted;
    if (!isFit) throw new ToolError(`${name}: a value of type ${wanted} is needed`);
  }
  return input;
}

export const textIn = (input: Record<string, Json>, name: string): string => input[name] as string;

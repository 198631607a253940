import { runInNewContext } from 'node:vm';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { Json } from '../../contract/json.js';
import { LIMITS } from '../../contract/limits.js';
import type { JsonSchema, SchemaCheck, SchemaFlaw } from '../../contract/skill.js';

export interface Schemas {
  check: SchemaCheck;
  /** Why it is no schema; undefined where it is one. */
  flawOf: (schema: JsonSchema) => string | undefined;
}

let loaded: Promise<Schemas> | undefined;

/** The checks of values against JSON Schemas. They are loaded at the first use: few commands need them. */
export const loadSchemas = (): Promise<Schemas> => (loaded ??= load());

async function load(): Promise<Schemas> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const compiled = new WeakMap<JsonSchema, ValidateFunction>();
  const compile = (schema: JsonSchema): ValidateFunction => {
    const known = compiled.get(schema);
    if (known) return known;
    // One for each schema, since an `$id` may stand in two of them. What of a schema is not known, such as a format, says nothing.
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, logger: false });
    // Which draft it names changes little, and one that is not known would be refused.
    const { $schema: _, ...rest } = schema;
    const made = ajv.compile(rest);
    compiled.set(schema, made);
    return made;
  };
  return {
    check: (schema, value) => {
      try {
        return within(() => flawsOf(compile(schema), value));
      } catch (error) {
        return [{ path: [], message: `cannot be checked: ${messageOf(error)}` }];
      }
    },
    flawOf: (schema) => {
      try {
        within(() => compile(schema));
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    },
  };
}

/** A schema is foreign, and one of its patterns may take for ever: a watchdog of the engine ends even that. */
function within<T>(work: () => T): T {
  const outcome: { value?: T } = {};
  runInNewContext('work()', { work: () => void (outcome.value = work()) }, { timeout: LIMITS.schemaCheckMs });
  return outcome.value as T;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 500);

function flawsOf(validate: ValidateFunction, value: Json): SchemaFlaw[] {
  if (validate(value)) return [];
  const flaws = (validate.errors ?? []).map((error) => ({ path: pathOf(error, value), message: textOf(error) }));
  const seen = new Set<string>();
  return flaws
    .filter(({ path, message }) => {
      const key = JSON.stringify([path, message]);
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, LIMITS.problemsListed);
}

/** A member that is missing, or too many, is the place itself. Positions are those of lists in the value. */
function pathOf({ instancePath, keyword, params }: ErrorObject, value: Json): SchemaFlaw['path'] {
  const names = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const own = [params['missingProperty'], params['additionalProperty'], params['unevaluatedProperty']].find(
    (name) => typeof name === 'string' && keyword !== 'dependentRequired',
  ) as string | undefined;
  let at: Json | undefined = value;
  const path = names.map((name): string | number => {
    const isList = Array.isArray(at);
    at = Array.isArray(at) ? at[Number(name)] : typeof at === 'object' && at !== null ? at[name] : undefined;
    return isList ? Number(name) : name;
  });
  return own === undefined ? path : [...path, own];
}

function textOf({ keyword, params, message = 'does not fit' }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'missing';
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'unknown field';
    case 'enum':
      return `must be one of ${JSON.stringify(params['allowedValues']).slice(1, 300).replace(/\]$/, '')}`;
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue']).slice(0, 200)}`;
    default:
      return message;
  }
}

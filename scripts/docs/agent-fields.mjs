import { table } from './markdown.mjs';

/** The fields of an agent's or a skill's front matter, with the schema's own descriptions. */
export function agentFieldTable({ properties, required }) {
  const rows = Object.entries(properties).flatMap(([name, schema]) => [
    row(name, schema, required.includes(name)),
    ...Object.entries(schema.properties ?? {}).map(([part, inner]) => row(`${name}.${part}`, inner, false)),
  ]);
  return table(['Field', 'Type', 'Meaning'], rows);
}

function row(name, schema, isRequired) {
  if (schema.description === undefined) throw new Error(`front matter: ${name} has no description`);
  return [`\`${name}\`${isRequired ? ' (required)' : ''}`, typeOf(name, schema), schema.description];
}

/** Of these the schema knows only that they are texts. */
const TYPES = { 'limits.timeLimit': 'duration', timeLimit: 'duration', input: 'JSON Schema', output: 'JSON Schema' };

function typeOf(name, schema) {
  if (TYPES[name]) return TYPES[name];
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.anyOf) return 'list, or text with commas';
  if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`;
  if (schema.type === 'array') return 'list of texts';
  if (schema.type === 'object') return 'fields';
  return schema.maxLength === undefined ? 'text' : `text, at most ${schema.maxLength} characters`;
}

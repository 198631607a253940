import { stringify } from 'yaml';
import { table } from './markdown.mjs';

/** The fields of a command line under `runtimes`, with the schema's own descriptions. */
export function runtimeFieldTable({ properties }) {
  const fields = properties.runtimes.additionalProperties.properties;
  const rows = Object.entries(fields).map(([name, schema]) => {
    if (schema.description === undefined) throw new Error(`runtime fields: ${name} has no description`);
    return [`\`${name}\``, typeOf(name, schema), schema.description];
  });
  return table(['Field', 'Type', 'Meaning'], rows);
}

function typeOf(name, schema) {
  if (name === 'silenceLimit') return 'duration';
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  return { array: 'list', object: 'fields' }[schema.type] ?? 'text';
}

/** Those that Baton knows, as a user would write them. */
export function preconfiguredRuntimes(runtimes) {
  return Object.entries(runtimes)
    .map(([name, { silenceLimitMs, ...fields }]) => {
      const said = Object.entries(fields).filter(([, value]) => !isEmpty(value));
      const written = { ...Object.fromEntries(said), silenceLimit: `${silenceLimitMs / 60_000}m` };
      const text = stringify({ runtimes: { [name]: written } }, { lineWidth: 120, flowCollectionPadding: true });
      return `\`${name}\`:\n\n\`\`\`yaml\n${text}\`\`\``;
    })
    .join('\n\n');
}

const isEmpty = (value) =>
  value === '' || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

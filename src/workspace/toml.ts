/**
 * Tables of a TOML file by their dotted name (`tool.ruff`), with each key's value as it is written. The top table is
 * the empty name.
 */
export type TomlTables = Map<string, Map<string, string>>;

/**
 * The part of TOML that manifests use to name things: tables, keys, and values left as text (an array over several
 * lines is one text). Arrays of tables get a number after their name. Anything else is passed over, so broken TOML
 * gives what could be read of it.
 */
export function readToml(text: string): TomlTables {
  const tables: TomlTables = new Map();
  let table = tableOf(tables, '');
  let pending: { key: string; value: string } | null = null;
  for (const line of text.split(/\r?\n/)) {
    const bare = withoutComment(line).trim();
    if (pending) {
      pending.value += `\n${bare}`;
    } else {
      const header = /^\[(\[?)\s*([^[\]]+?)\s*\]\]?$/.exec(bare);
      if (header) {
        const name = unquoted(header[2] ?? '');
        table = tableOf(tables, header[1] === '[' ? `${name}#${tables.size}` : name);
        continue;
      }
      const split = bare.indexOf('=');
      if (split <= 0) continue;
      pending = { key: unquoted(bare.slice(0, split).trim()), value: bare.slice(split + 1).trim() };
    }
    if (pending.value.startsWith('[') && !closed(pending.value)) continue;
    table.set(pending.key, pending.value);
    pending = null;
  }
  return tables;
}

/** The strings in a value: `["a>=1", 'b']` → `a>=1`, `b`. */
export function tomlStrings(value: string): string[] {
  return [...value.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g)].map((match) => match[1] ?? match[2] ?? '');
}

function tableOf(tables: TomlTables, name: string): Map<string, string> {
  const table = tables.get(name) ?? new Map<string, string>();
  tables.set(name, table);
  return table;
}

function withoutComment(line: string): string {
  if (!line.includes('#')) return line;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '#') return line.slice(0, at);
  }
  return line;
}

function unquoted(key: string): string {
  return key.replaceAll(/["']/g, '');
}

function closed(array: string): boolean {
  const bare = array.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '');
  return bare.split('[').length <= bare.split(']').length;
}

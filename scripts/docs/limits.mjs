import { bytes, duration, grouped, table } from './markdown.mjs';

/** The limits in the groups of their source, with its comments. */
export function limitTables(limits, source) {
  const groups = groupsOf(source);
  const named = groups.flatMap(({ rows }) => rows.map(({ name }) => name));
  const unseen = Object.keys(limits).filter((name) => !named.includes(name));
  if (unseen.length > 0) throw new Error(`limits: not found in their source: ${unseen.join(', ')}`);
  return groups
    .map(({ title, rows }) => {
      const cells = rows.map(({ name, note }) => [`\`${name}\``, valueOf(name, limits[name]), note]);
      return `## ${title}\n\n${table(['Limit', 'Value', 'Note'], cells)}`;
    })
    .join('\n\n');
}

function valueOf(name, value) {
  if (name.endsWith('Ms')) return duration(value);
  if (name.endsWith('Bytes')) return bytes(value);
  const unit = /Chars$/.test(name) ? ' characters' : /Percent$/.test(name) ? ' %' : '';
  return `${grouped(value)}${unit}`;
}

function groupsOf(source) {
  const groups = [];
  let note = '';
  for (const line of source.split('\n')) {
    const title = /^ {2}\/\/ (.+)$/.exec(line);
    const comment = /^ {2}\/\*\* (.+) \*\/$/.exec(line);
    const limit = /^ {2}(\w+): /.exec(line);
    if (title) groups.push({ title: title[1], rows: [] });
    if (comment) note = comment[1];
    if (!limit) continue;
    groups.at(-1).rows.push({ name: limit[1], note });
    note = '';
  }
  return groups;
}

/** A Markdown table; cells are Markdown already. */
export function table(columns, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The value that belongs to each name; a name without one, or one without a name, is an error. */
export function matched(what, names, words) {
  const missing = names.filter((name) => !Object.hasOwn(words, name));
  const left = Object.keys(words).filter((name) => !names.includes(name));
  if (missing.length + left.length === 0) return names.map((name) => [name, words[name]]);
  throw new Error(`${what}: no words for ${missing.join(', ') || 'none'}; nothing called ${left.join(', ') || 'none'}`);
}

/** Milliseconds as a person writes them. */
export function duration(ms) {
  const units = [
    [86_400_000, 'days'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ];
  const [size, unit] = units.find(([each]) => ms >= each && ms % each === 0) ?? [1, 'ms'];
  return `${ms / size} ${unit}`;
}

/** Bytes as a person writes them. */
export function bytes(count) {
  const units = [
    [1024 ** 3, 'GiB'],
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
  ];
  const [size, unit] = units.find(([each]) => count >= each && count % each === 0) ?? [1, 'bytes'];
  return `${count / size} ${unit}`;
}

/** Whole numbers with thin groups, so that 20000 and 200000 are told apart. */
export const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

import { clip, inert, inertLines } from './inert.js';

/** Plain text as one line of Markdown that shows exactly this text: no markup, HTML, table cell or line break comes of it. */
export function mdText(text: string, chars = Number.MAX_SAFE_INTEGER): string {
  return clip(inert(text).trim(), chars)
    .replace(/[\\`*[\]|~$]/g, '\\$&')
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/^[-+=#:]/, '\\$&')
    .replace(/^(\d{1,9})([.)])/, '$1\\$2');
}

/** A code span of one line. A pipe is escaped for a cell of a table only: elsewhere the backslash would be seen. */
export function mdCode(text: string, options: { chars?: number; inTable?: boolean } = {}): string {
  const line = clip(inert(text).trim(), options.chars ?? Number.MAX_SAFE_INTEGER);
  if (line === '') return '';
  const ticks = '`'.repeat(longestTicks(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  const span = `${ticks}${pad}${line}${pad}${ticks}`;
  return options.inTable ? escapePipes(span) : span;
}

/** An odd number of backslashes before each pipe: readers of tables differ about an even one. */
function escapePipes(span: string): string {
  return span.replace(/\\+\|?|\|/g, (run) => (run.endsWith('|') ? `${run.slice(0, -1).repeat(2)}\\|` : run));
}

/** A fenced block whose content cannot end it; every line is inert. */
export function mdFence(text: string, info = ''): string {
  const lines = inertLines(text);
  const ticks = '`'.repeat(Math.max(3, longestTicks(text) + 1));
  return [`${ticks}${info}`, ...lines, ticks].join('\n');
}

/** A quotation of lines of plain text, at most `lines` of them. */
export function mdQuote(text: string, limits: { chars: number; lines: number }): string {
  const all = inertLines(clip(text.trim(), limits.chars));
  const kept = all.slice(0, limits.lines).map((line) => `> ${mdText(line)}`.trimEnd());
  // A blank line between each two keeps them apart without the trailing spaces that editors take away.
  return [...kept, ...(all.length > limits.lines ? ['> …'] : [])].join('\n>\n');
}

/** A table of cells that are Markdown already. Rows are cut or filled to the number of columns. */
export function mdTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${columns.map((_, i) => cells[i] ?? '').join(' | ')} |`;
  return [row(columns), `|${columns.map(() => ' --- |').join('')}`, ...rows.map(row)].join('\n');
}

function longestTicks(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

import type { ParsedText } from './parsed-text.js';
import { parseYaml } from './yaml-text.js';

/** The front matter with a line break for the line above it, so that positions are those of the file; undefined where there is none. */
export function splitFrontMatter(text: string): { yaml: string; body: string } | undefined {
  const plain = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  if (!/^---[ \t]*\n/.test(plain)) return undefined;
  const end = /\n---[ \t]*(?:\n|$)/.exec(plain);
  if (!end) return undefined;
  const begin = plain.indexOf('\n');
  return { yaml: `\n${plain.slice(begin + 1, end.index)}\n`, body: plain.slice(end.index + end[0].length) };
}

/**
 * Claude Code takes descriptions that hold `: ` without quotes, and writes such files itself; YAML does not. So what does not parse is
 * tried again with the values of its top lines in quotes. What is wrong with the text as a whole tells its place itself.
 */
export function parseFrontMatter(yaml: string): ParsedText {
  const parsed = parseTolerantly(yaml);
  return { ...parsed, locate: (path) => (path.length > 0 ? parsed.locate(path) : null) };
}

function parseTolerantly(yaml: string): ParsedText {
  const parsed = parseYaml(yaml);
  if (parsed.flaws.length === 0) return { ...parsed, value: withoutNulls(parsed.value) };
  const quoted = yaml.replace(
    /^(name|description|tools|allowed-tools|mode|model|color): +([^\s"'[{|>&*!#].*)$/gm,
    (_, key: string, value: string) => `${key}: ${JSON.stringify(value.trim())}`,
  );
  const again = parseYaml(quoted);
  if (again.flaws.length > 0) return parsed;
  const value = withoutNulls(again.value) as Record<string, unknown>;
  const description = value['description'];
  // Such files write line breaks as \n in one long line.
  return typeof description === 'string'
    ? { ...again, value: { ...value, description: description.replaceAll('\\n', '\n') } }
    : { ...again, value };
}

/** `model:` without a value is the same as no such line. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

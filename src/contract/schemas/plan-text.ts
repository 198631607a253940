import { LIMITS } from '../limits.js';
import { scanJson } from './json-text.js';
import type { ParsedText } from './parsed-text.js';
import { failed } from './parsed-text.js';
import type { Position } from './problems.js';
import { parseYaml } from './yaml-text.js';

/** YAML 1.2 or JSON to a value, bounded in time and never throwing. JSON takes a path of its own, because it is ten times faster. */
export function parsePlanText(text: string): ParsedText {
  if (Buffer.byteLength(text) > LIMITS.planFileBytes) {
    return failed(`larger than ${LIMITS.planFileBytes / 1024 / 1024} MiB`);
  }
  if (text.includes('\0')) return failed('a NUL character');
  if (text.trim() === '') return failed('empty');
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return (/^\s*[{[]/.test(body) ? parseJson(body) : undefined) ?? parseYaml(body);
}

/** `undefined` where the text is not JSON: YAML may still understand it. */
function parseJson(text: string): ParsedText | undefined {
  const flaws = scanJson(text);
  let value: unknown;
  if (flaws.length === 0 || flaws[0]?.path.length !== 0) {
    try {
      value = JSON.parse(text);
    } catch {
      return undefined;
    }
  }
  return { value: flaws.length > 0 ? undefined : value, flaws, locate: (path) => locateInJson(text, path) };
}

function locateInJson(text: string, path: readonly PropertyKey[]): Position | null {
  let best = { length: 0, offset: Math.max(0, text.search(/\S/)) };
  scanJson(text, (pathOf, offset) => {
    const at = pathOf();
    const fits = at.length <= path.length && at.every((key, i) => key === path[i]);
    if (fits && at.length >= best.length) best = { length: at.length, offset };
  });
  const before = text.slice(0, best.offset);
  return { line: before.split('\n').length, column: best.offset - before.lastIndexOf('\n') };
}

import { LIMITS } from '../limits.js';
import type { Flaw } from './problems.js';

const QUOTE = 34;
const BACKSLASH = 92;

interface Frame {
  object: boolean;
  /** Names seen so far, in an object. */
  names: Set<string>;
  key: PropertyKey;
  expectsName: boolean;
}

/**
 * Walks a JSON text that `JSON.parse` accepts, or may accept, without recursion: duplicate names, which `JSON.parse` drops without a word,
 * and nesting deeper than allowed. `onValue` gets the path and offset of every member and item.
 */
export function scanJson(text: string, onValue?: (path: () => PropertyKey[], offset: number) => void): Flaw[] {
  const flaws: Flaw[] = [];
  const frames: Frame[] = [];
  const pathOf = (): PropertyKey[] => frames.map((frame) => frame.key);
  let offset = 0;
  while (offset < text.length && flaws.length < LIMITS.problemsListed) {
    const c = text.charAt(offset);
    const top = frames.at(-1);
    const begin = offset;
    offset += 1;
    if (c === '{' || c === '[') {
      if (onValue && top) onValue(pathOf, begin);
      frames.push({ object: c === '{', names: new Set(), key: c === '{' ? '' : 0, expectsName: c === '{' });
      if (frames.length > LIMITS.planNestingDepth) {
        return [{ path: [], message: `nested deeper than ${LIMITS.planNestingDepth} levels` }];
      }
    } else if (c === '}' || c === ']') {
      frames.pop();
    } else if (c === ',') {
      if (top?.object) top.expectsName = true;
      else if (top) top.key = Number(top.key) + 1;
    } else if (c === '"') {
      offset = endOfString(text, begin);
      if (top?.object && top.expectsName) {
        takeName(top, text.slice(begin, offset), pathOf, flaws);
      } else if (onValue && top) onValue(pathOf, begin);
    } else if (!/[\s:]/.test(c)) {
      while (offset < text.length && !/[\s,\]}]/.test(text.charAt(offset))) offset += 1;
      if (onValue && top) onValue(pathOf, begin);
    }
  }
  return flaws;
}

function takeName(top: Frame, quoted: string, pathOf: () => PropertyKey[], flaws: Flaw[]): void {
  let name = quoted;
  try {
    name = String(JSON.parse(quoted));
  } catch {
    // JSON.parse of the whole text reports a bad escape with its place; here the raw text serves as the name.
  }
  top.key = name;
  top.expectsName = false;
  if (top.names.has(name)) flaws.push({ path: pathOf(), message: 'given twice' });
  top.names.add(name);
}

function endOfString(text: string, begin: number): number {
  for (let i = begin + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i += 1;
    else if (code === QUOTE) return i + 1;
  }
  return text.length;
}

import { LIMITS } from '../limits.js';
import type { Flaw } from './problems.js';

type Entry = { value: unknown; path: PropertyKey[]; depth: number };

/**
 * What must hold of any value before a schema looks at it: plain JSON (no NaN, no Infinity, no circle), bounded in depth, number of values and
 * characters, no NUL in a text or key, no key `__proto__`. Iterative, because the value may be nested deeper than the stack.
 */
export function guardValue(root: unknown, { chars }: { chars: number }): Flaw[] {
  const flaws: Flaw[] = [];
  const stack: Entry[] = [{ value: root, path: [], depth: 0 }];
  let values = 0;
  let length = 0;
  for (let entry = stack.pop(); entry && flaws.length < LIMITS.problemsListed; entry = stack.pop()) {
    const { value, path, depth } = entry;
    values += 1;
    if (values > LIMITS.inputValues) return [{ path: [], message: `more than ${LIMITS.inputValues} values` }];
    if (typeof value === 'string') length += value.length;
    if (length > chars) return [{ path: [], message: `more than ${chars} characters` }];
    const message = flawOfScalar(value);
    if (message) flaws.push({ path, message });
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= LIMITS.planNestingDepth) {
      return [{ path: path.slice(0, 6), message: `nested deeper than ${LIMITS.planNestingDepth} levels` }];
    }
    length += pushMembers({ value, path, depth }, stack, flaws);
  }
  return flaws;
}

function flawOfScalar(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.includes('\0') ? 'a NUL character' : undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${value} is not a number that can be used`;
    case 'boolean':
    case 'object':
    case 'undefined':
      return undefined;
    default:
      return `a ${typeof value} is not JSON`;
  }
}

/** Puts the members of an object or array on the stack, last first so that flaws come in order; returns the characters of its keys. */
function pushMembers(
  { value, path, depth }: { value: object; path: PropertyKey[]; depth: number },
  stack: Entry[],
  flaws: Flaw[],
): number {
  if (Array.isArray(value)) {
    for (let i = value.length - 1; i >= 0; i -= 1)
      stack.push({ value: value[i], path: [...path, i], depth: depth + 1 });
    return 0;
  }
  let length = 0;
  for (const key of Object.keys(value).reverse()) {
    length += key.length;
    const at = [...path, key];
    if (key === '__proto__') flaws.push({ path: at, message: 'not a name that can be used' });
    else if (key.includes('\0')) flaws.push({ path: at, message: 'a NUL character in a name' });
    else stack.push({ value: (value as Record<string, unknown>)[key], path: at, depth: depth + 1 });
  }
  return length;
}

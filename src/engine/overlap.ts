import { LIMITS } from '../contract/limits.js';

/** What is known of all paths that a glob can match. */
interface Shape {
  /** The leading parts of the path, as far as they are fixed. */
  parts: readonly string[];
  /** What the part after them begins with. */
  prefix: string;
  /** What the path ends with. */
  suffix: string;
}

/** Everything that means something in a glob, in whatever place. */
const MAGIC = /[*?[\]{}()!+@|\\]/;
const ANY: Shape = { parts: [], prefix: '', suffix: '' };

/**
 * Whether some path may match a glob of both lists. Sound and not exact: it says no only where the fixed beginnings or the fixed ends of the two
 * cannot stand in one path. A path without an ending such as `.ts` also stands for what is below it, as one with a slash at its end does. Letters count alike in both cases, as on some file systems.
 */
export function mayOverlap(a: readonly string[], b: readonly string[]): boolean {
  const [shapesA, shapesB] = [a.flatMap(shapesOf), b.flatMap(shapesOf)];
  if (shapesA.length * shapesB.length > LIMITS.touchesCompared) return true;
  return shapesA.some((one) => shapesB.some((other) => meet(one, other)));
}

function meet(a: Shape, b: Shape): boolean {
  if (!a.suffix.endsWith(b.suffix) && !b.suffix.endsWith(a.suffix)) return false;
  const [short, long] = a.parts.length <= b.parts.length ? [a, b] : [b, a];
  if (short.parts.some((part, at) => part !== long.parts[at])) return false;
  const next = long.parts[short.parts.length];
  if (next !== undefined) return next.startsWith(short.prefix);
  return a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix);
}

/** One for each alternative of its braces. */
function shapesOf(glob: string): Shape[] {
  const plain = glob.normalize('NFC').toLowerCase();
  // Outside of a group, what stands on either side of `|` is a pattern of its own.
  if (plain.startsWith('!') || plain.includes('|')) return [ANY];
  return expand(plain).map(shapeOf);
}

/** Braces that hold a comma and nothing else of meaning are alternatives; others are left to be anything. */
function expand(glob: string): string[] {
  if (/[[\]()\\]/.test(glob)) return [glob];
  const found = /\{([^{},]*(?:,[^{},]*)+)\}/.exec(glob);
  if (!found) return [glob];
  const [before, after] = [glob.slice(0, found.index), glob.slice(found.index + found[0].length)];
  const ends = expand(after);
  return (found[1] ?? '').split(',').flatMap((middle) => ends.map((end) => `${before}${middle}${end}`));
}

function shapeOf(glob: string): Shape {
  const parts = glob.split('/').filter((part) => part !== '' && part !== '.');
  const magic = parts.findIndex((part) => MAGIC.test(part));
  if (magic < 0) return { parts, prefix: '', suffix: endOf(glob, parts) };
  const first = parts[magic] ?? '';
  const last = parts.at(-1) ?? '';
  return {
    parts: parts.slice(0, magic),
    prefix: first.slice(0, first.search(MAGIC)),
    suffix: glob.endsWith('/') ? '' : (last.split(MAGIC).at(-1) ?? ''),
  };
}

/** Of a path without anything of meaning: what looks like a folder may end in whatever it holds. */
function endOf(path: string, parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return !path.endsWith('/') && last.includes('.', 1) ? last : '';
}

import type { Analysis } from '../contract/analysis.js';
import { LIMITS } from '../contract/limits.js';

type RankedFile = Analysis['files'][number];

const SHORTEST_STEM = 4;

/**
 * The paths that the text names, best first, at most 50: by the whole path or its end (1 and .9), by the base name (.7), by the base name without its extension
 * (.4, from 4 letters on). One pass over the text and one over the paths.
 */
export function filesNamed(description: string, paths: readonly string[]): RankedFile[] {
  const tokens = new Set<string>();
  for (const [raw] of description.matchAll(/[\p{L}\p{N}_./@+-]+/gu)) {
    if (raw.length > LIMITS.pathChars) continue;
    const token = raw.replace(/^(?:\.\/)+/, '').replace(/[./]+$/, '');
    if (token !== '') tokens.add(token.toLowerCase());
  }
  if (tokens.size === 0) return [];
  const found: RankedFile[] = [];
  for (const path of paths) {
    const match = matchOf(path, tokens);
    if (match) found.push({ path, ...match });
  }
  return found
    .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .slice(0, LIMITS.rankedFiles);
}

function matchOf(path: string, tokens: ReadonlySet<string>): Omit<RankedFile, 'path'> | undefined {
  const lower = path.toLowerCase();
  if (tokens.has(lower) && lower.includes('/')) return { score: 1, why: 'the request names its path' };
  const base = lower.slice(lower.lastIndexOf('/') + 1);
  for (let slash = lower.indexOf('/'); slash >= 0; slash = lower.indexOf('/', slash + 1)) {
    const end = lower.slice(slash + 1);
    if (end.includes('/') && tokens.has(end))
      return { score: 0.9, why: `the request names the end of its path, ${end}` };
  }
  const dot = base.lastIndexOf('.');
  if (tokens.has(base) && (dot > 0 || lower === base)) return { score: 0.7, why: `the request names ${base}` };
  const stem = dot > 0 ? base.slice(0, dot) : base;
  if (stem.length >= SHORTEST_STEM && tokens.has(stem)) return { score: 0.4, why: `the request says ${stem}` };
  return undefined;
}

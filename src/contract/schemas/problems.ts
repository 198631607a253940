import type { z } from 'zod';

import { BatonError } from '../errors.js';
import { LIMITS } from '../limits.js';

/** One thing wrong with a value, with the path as keys and positions. */
export interface Flaw {
  path: PropertyKey[];
  message: string;
  /** The field is right but this version does not carry it out yet. */
  unsupported?: boolean;
}

/** Line and column, both from 1. */
export interface Position {
  line: number;
  column: number;
}

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** `['tasks', 2, 'env', 'a b']` → `tasks[2].env["a b"]`; the root is `(root)`. Control characters come out escaped. */
function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (PLAIN_KEY.test(String(key))) text += text === '' ? String(key) : `.${String(key)}`;
    else text += `[${visible(JSON.stringify(String(key).slice(0, 64)))}]`;
  }
  return text === '' ? '(root)' : text;
}

/** Text of a stranger, cut to `max` characters and with every control or direction character escaped. */
export function visible(text: string, max = 200): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return cut.replace(/[\p{C}\u2028\u2029]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

export function flawsOf(issues: readonly z.core.$ZodIssue[], base: readonly PropertyKey[] = []): Flaw[] {
  return issues.flatMap((issue): Flaw[] => {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown field' }));
    }
    if (issue.code === 'invalid_union') {
      const branches = issue.errors.map((errors) => flawsOf(errors, path));
      const deepest = branches.filter((flaws) => flaws.some((flaw) => flaw.path.length > path.length));
      if (deepest[0]) return deepest[0];
    }
    if (issue.code === 'custom' && issue.params?.['unsupported'] === true) {
      return [{ path, message: issue.message, unsupported: true }];
    }
    return [{ path, message: issue.message.replace(/^Invalid input: /, '') }];
  });
}

/** Throws the BatonError for `flaws`: `not_supported` if nothing else is wrong, `bad_input` otherwise. At most 20 are listed. */
export function refuse(
  flaws: readonly Flaw[],
  {
    source,
    hint,
    locate,
  }: { source: string; hint: string; locate?: (path: readonly PropertyKey[]) => Position | null },
): never {
  const lines = flaws.slice(0, LIMITS.problemsListed).map((flaw) => {
    const position = locate?.(flaw.path);
    const where = position ? `${source}:${position.line}:${position.column}` : source;
    const place = flaw.path.length === 0 ? where : [where, formatPath(flaw.path)].filter(Boolean).join(' ');
    return place === '' ? visible(flaw.message, 1000) : `${place}: ${visible(flaw.message, 1000)}`;
  });
  const more = flaws.length - lines.length;
  if (more > 0) lines.push(`… and ${more} more`);
  const code = flaws.every((flaw) => flaw.unsupported === true) ? 'not_supported' : 'bad_input';
  const first = flaws[0];
  throw new BatonError(code, lines.join('\n'), { hint, ...(first ? { path: formatPath(first.path) } : {}) });
}

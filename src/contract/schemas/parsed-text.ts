import type { Flaw, Position } from './problems.js';

/** A text as a value, or what keeps it from being one. */
export interface ParsedText {
  value: unknown;
  /** What is wrong with the text itself; `value` is undefined then. */
  flaws: Flaw[];
  /** Where a path stands in the text, or its nearest parent that the text has. */
  locate: (path: readonly PropertyKey[]) => Position | null;
}

/** A text about which no more can be said than `message`. */
export function failed(message: string): ParsedText {
  return { value: undefined, flaws: [{ path: [], message }], locate: () => null };
}

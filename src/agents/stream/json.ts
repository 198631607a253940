import type { Line } from './lines.js';

export type JsonObject = Record<string, unknown>;

/** The object that a line holds; undefined for anything else, however it is broken. */
export function readObject(line: Line): JsonObject | undefined {
  if (line.cut || !line.text.trimStart().startsWith('{')) return undefined;
  try {
    return objectOf(JSON.parse(line.text));
  } catch {
    return undefined;
  }
}

export const objectOf = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

/** The objects among the items of an array; none for anything else. */
export const objectsOf = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.map(objectOf).filter((item) => item !== undefined) : [];

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A count, a cost, a time: finite and not negative. */
export const amountOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

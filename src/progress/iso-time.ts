/** The last millisecond that a date can hold. */
const LATEST_MS = 8.64e15;

/** Milliseconds since 1970 as ISO 8601 UTC; what no date can hold becomes the nearest one that can. */
export function isoTime(ms: number): string {
  return new Date(Number.isNaN(ms) ? 0 : Math.min(LATEST_MS, Math.max(-LATEST_MS, ms))).toISOString();
}

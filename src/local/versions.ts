/** Three numbers out of a version's text (`1.29.1`, `v1.5`); `undefined` if there is none. What follows them is left out. */
export function parseVersion(text: string): [number, number, number] | undefined {
  const match = /^v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

/** Negative if `a` is older than `b`, positive if newer, 0 if equal. A text without a version counts as the oldest. */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a) ?? ([0, 0, 0] as const);
  const right = parseVersion(b) ?? ([0, 0, 0] as const);
  for (const place of [0, 1, 2] as const) {
    if (left[place] !== right[place]) return left[place] - right[place];
  }
  return 0;
}

const MAX_DISTANCE = 2;

/** The candidate that `word` most likely means (case, or at most two edits away); `undefined` if none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= MAX_DISTANCE && distance < Math.max(word.length, candidate.length) / 2) {
      if (!best || distance < best.distance) best = { candidate, distance };
    }
  }
  return best?.candidate;
}

/** Levenshtein distance, as far as it is at most `MAX_DISTANCE`: only that band of the table is filled. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_DISTANCE) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = new Array<number>(b.length + 1).fill(Infinity);
    if (i <= MAX_DISTANCE) next[0] = i;
    for (let j = Math.max(1, i - MAX_DISTANCE); j <= Math.min(b.length, i + MAX_DISTANCE); j += 1) {
      const swap = (row[j - 1] ?? Infinity) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(swap, (row[j] ?? Infinity) + 1, (next[j - 1] ?? Infinity) + 1);
    }
    if (Math.min(...next) > MAX_DISTANCE) return Infinity;
    row = next;
  }
  return row[b.length] ?? Infinity;
}

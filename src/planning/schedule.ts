/** When each node begins and ends, in ms from the start: predicted by the engine on a virtual clock, or measured. */
export interface Schedule {
  startMs: number[];
  endMs: number[];
  makespanMs: number;
}

/** The share, 0 … 1, of all task time during which another task runs too; 0 without any work. */
export function parallelismRate({ startMs, endMs }: Schedule): number {
  const changes = startMs
    .flatMap((start, i): [number, number][] => [
      [start, 1],
      [endMs[i] ?? start, -1],
    ])
    .sort(([a, x], [b, y]) => a - b || x - y);
  let [active, before, overlapped, work] = [0, 0, 0, 0];
  for (const [at, change] of changes) {
    const spent = (at - before) * active;
    work += spent;
    if (active > 1) overlapped += spent;
    active += change;
    before = at;
  }
  return work === 0 ? 0 : overlapped / work;
}

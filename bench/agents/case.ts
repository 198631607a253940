import type { AgentTask, Place } from './place.js';

/** One of the cases: what is to be reached, and how to see whether it is. */
export interface Case {
  letter: string;
  title: string;
  toReach: string;
  /** How long the commands of the case may take together. */
  limitMs: number;
  run(place: Place, options: { seed: number }): Promise<Seen>;
}

export interface Seen {
  /** A sentence for the table. */
  seen: string;
  held: boolean;
  /** The requests of the case. */
  requests: string[];
  /** Whatever else there is to say to programs. */
  figures?: Record<string, number | string>;
}

/** Layers of four agents, each of which waits for all of the layer before; each writes a file of its own. */
export function layered(request: string, ms: number): AgentTask[] {
  return [0, 1, 2].flatMap((layer) =>
    [0, 1, 2, 3].map((place) => ({
      id: `l${layer}-${place}`,
      job: { ms, write: { [`edits/l${layer}-${place}.txt`]: `${request}\n` } },
      dependencies: layer === 0 ? [] : [0, 1, 2, 3].map((before) => `l${layer - 1}-${before}`),
    })),
  );
}

/** How many of a request's layered tasks have their edit on its branch. */
export const editsOf = (place: Place, request: string): number =>
  layered(request, 0).filter(({ id }) => place.onBranch(request, `edits/${id}.txt`) === `${request}\n`).length;

/** How many agents worked at the same time, at most. */
export function mostAtOnce(place: Place, request: string): number {
  let [now, most] = [0, 0];
  for (const { step } of place.ledger(request)) {
    now += step === 'start' ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

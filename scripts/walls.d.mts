/** One import that the table of rooms forbids; `from` and `to` are paths relative to the project. */
export interface Crossing {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

export interface Walls {
  readonly modules: number;
  readonly edges: number;
  readonly crossings: readonly Crossing[];
}

/** Measures every import below `root`/src against the table of rooms. */
export function walls(root: string): Promise<Walls>;

/** What a task wants of the resources of a cluster: how much of each, by name. All of it or nothing is granted. */
export interface LeaseAsk {
  /** The request, as its workflow's id, with the id of the run with which that workflow began. */
  request: string;
  run: string;
  /** Number of the lease in its request. */
  n: number;
  task: string;
  wants: Record<string, number>;
  /** Larger goes first. */
  priority: number;
  /** How much there is of each, by the configuration of who asks. */
  capacities: Record<string, number>;
}

export type Lease = Omit<LeaseAsk, 'capacities'>;

/** All leases of a cluster: plain JSON, carried from one run of their workflow to the next. */
export interface LeaseState {
  v: 1;
  held: Lease[];
  /** In the order of asking. */
  waiting: Lease[];
  /** What was told last of each resource that is held or waited for. */
  capacities: Record<string, number>;
}

/** The workflow that holds them, of which a cluster's namespace has one. */
export const RESOURCES_TYPE = 'resources';
export const RESOURCES_ID = 'baton-resources';

/** Its messages, and the one by which it tells a request. */
export const LEASES = { ask: 'ask', release: 'release', query: 'leases', granted: 'leased' } as const;

/** Who holds a lease: the request, and the run with which its workflow began. */
export type Holder = Pick<Lease, 'request' | 'run'>;

export const keyOf = ({ request, run, n }: Pick<Lease, 'request' | 'run' | 'n'>): string => `${request}/${run}/${n}`;

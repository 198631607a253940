/** The part of LIMITS that concerns resources that requests share. The unit stands last in each name. */
export const LEASE_LIMITS = {
  resourcesPerTask: 20,
  /** The most that there is of one resource. */
  resourceCapacity: 1000,
  resourcesNamed: 200,
  /** Leases that wait in a cluster; a task whose lease would be one more fails. */
  leasesWaiting: 2000,
  /** Between two looks at whether the requests that hold leases are still there, while somebody waits. */
  leaseCheckMs: 10_000,
  /** Holders that one look asks about; the next takes the others. */
  leaseHoldersChecked: 100,
  /** A lease that does not come is asked for again after this. */
  leaseAskAgainMs: 5 * 60 * 1000,
} as const;

import { BatonError } from '../contract/errors.js';
import type { Holder, Lease } from '../contract/lease.js';
import { workspaceOf } from './analyze.js';
import type { Deps } from './deps.js';

/** Asks for resources that requests share, with how much the configuration says there is of each. The answer goes to the request as a signal. */
export async function askLease(deps: Deps, lease: Lease): Promise<void> {
  const { resources } = deps.settings(await workspaceOf(deps, lease.request));
  const capacities = Object.fromEntries(
    Object.keys(lease.wants).map((name) => {
      const capacity = Object.hasOwn(resources, name) ? resources[name] : undefined;
      if (capacity !== undefined) return [name, capacity];
      throw new BatonError('bad_input', `resources of BATON_HOME/baton.yaml does not name ${name} any more`);
    }),
  );
  await deps.leases.ask({ ...lease, capacities });
}

/** Of those who hold leases, the ones whose request has ended, or is another one of the same id by now. */
export const goneHolders = (deps: Deps, { holders }: { holders: Holder[] }): Promise<Holder[]> =>
  deps.leases.gone(holders);

import { keyOf, type Lease, type LeaseAsk, type LeaseState } from '../contract/lease.js';
import { LIMITS } from '../contract/limits.js';

export const noLeases = (): LeaseState => ({ v: 1, held: [], waiting: [], capacities: {} });

/**
 * Somebody asks; one that asks again changes nothing. The capacities that were told last hold, for whoever holds more by then too.
 * @returns false where too many wait already: nothing was changed
 */
export function askLease(state: LeaseState, { capacities, ...lease }: LeaseAsk): boolean {
  const isKnown = [...state.held, ...state.waiting].some((known) => keyOf(known) === keyOf(lease));
  if (!isKnown && state.waiting.length >= LIMITS.leasesWaiting) return false;
  if (!isKnown) state.waiting.push(lease);
  for (const name of Object.keys(lease.wants)) {
    const told = capacities[name];
    if (told !== undefined) state.capacities[name] = told;
  }
  return true;
}

/** Takes a lease back, granted or not, by its key. */
export function endLease(state: LeaseState, key: string): void {
  state.held = state.held.filter((lease) => keyOf(lease) !== key);
  state.waiting = state.waiting.filter((lease) => keyOf(lease) !== key);
  const named = new Set([...state.held, ...state.waiting].flatMap(({ wants }) => Object.keys(wants)));
  state.capacities = Object.fromEntries(Object.entries(state.capacities).filter(([name]) => named.has(name)));
}

/**
 * Grants what is free, first come first served within a priority, and gives what was granted. Who waits for a resource is overtaken at it by
 * nobody of lower place, so that one who wants much gets it some time; what others want of other resources they get meanwhile.
 */
export function grantLeases(state: LeaseState): Lease[] {
  const used = new Map<string, number>();
  for (const { wants } of state.held) for (const [name, count] of Object.entries(wants)) use(used, name, count);
  // Sorting is stable, so that those of one priority stay in the order of asking.
  const order = [...state.waiting].sort((a, b) => b.priority - a.priority);
  const granted: Lease[] = [];
  const kept = new Set<string>();
  for (const lease of order) {
    const wants = Object.entries(lease.wants);
    const isFree = wants.every(
      ([name, count]) => !kept.has(name) && (used.get(name) ?? 0) + count <= (state.capacities[name] ?? 0),
    );
    if (isFree) granted.push(lease);
    for (const [name, count] of wants)
      if (isFree) use(used, name, count);
      else kept.add(name);
  }
  state.waiting = state.waiting.filter((lease) => !granted.includes(lease));
  state.held.push(...granted);
  return granted;
}

const use = (used: Map<string, number>, name: string, count: number): void =>
  void used.set(name, (used.get(name) ?? 0) + count);

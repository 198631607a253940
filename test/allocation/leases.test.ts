import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askLease, endLease, grantLeases, noLeases } from '../../src/allocation/leases.js';
import { keyOf, type Lease, type LeaseAsk, type LeaseState } from '../../src/contract/lease.js';
import { LIMITS } from '../../src/contract/limits.js';

const ask = (n: number, wants: Record<string, number>, more: Partial<LeaseAsk> = {}): LeaseAsk => ({
  request: 'r',
  run: 'x',
  n,
  task: `t${n}`,
  wants,
  priority: 1,
  capacities: { production: 1, gpu: 2 },
  ...more,
});
const numbers = (leases: Lease[]): number[] => leases.map(({ n }) => n);

describe('leases', () => {
  it('are granted in the order of asking within a priority, the more urgent ones first', () => {
    const state = noLeases();
    for (const [n, priority] of [
      [1, 1],
      [2, 1],
      [3, 3],
    ] as const)
      askLease(state, ask(n, { production: 1 }, { priority }));
    expect(numbers(grantLeases(state))).toEqual([3]);
    endLease(state, keyOf(ask(3, {})));
    expect(numbers(grantLeases(state))).toEqual([1]);
    expect(grantLeases(state)).toEqual([]);
    expect(numbers(state.waiting)).toEqual([2]);
  });

  it('of several resources come together or not at all, and nobody overtakes who waits for one of them', () => {
    const state = noLeases();
    askLease(state, ask(1, { gpu: 1 }));
    grantLeases(state);
    askLease(state, ask(2, { gpu: 2, production: 1 }));
    askLease(state, ask(3, { gpu: 1 }));
    askLease(state, ask(4, { disk: 1 }, { capacities: { disk: 1 } }));
    expect(numbers(grantLeases(state))).toEqual([4]);
    endLease(state, keyOf(ask(1, {})));
    expect(numbers(grantLeases(state))).toEqual([2]);
  });

  it('asked for or ended twice change nothing, and those of another run of the same request are others', () => {
    const state = noLeases();
    askLease(state, ask(1, { production: 1 }));
    grantLeases(state);
    askLease(state, ask(1, { production: 1 }));
    expect(state.waiting).toEqual([]);
    endLease(state, keyOf(ask(1, {}, { run: 'later' })));
    expect(numbers(state.held)).toEqual([1]);
    endLease(state, keyOf(ask(1, {})));
    endLease(state, keyOf(ask(1, {})));
    expect(state).toEqual(noLeases());
  });

  it('follow the capacity that was told last, and what is held stays', () => {
    const state = noLeases();
    for (const n of [1, 2, 3]) askLease(state, ask(n, { gpu: 1 }));
    expect(numbers(grantLeases(state))).toEqual([1, 2]);
    askLease(state, ask(4, { gpu: 1 }, { capacities: { gpu: 1 } }));
    endLease(state, keyOf(ask(1, {})));
    expect(grantLeases(state)).toEqual([]);
    endLease(state, keyOf(ask(2, {})));
    expect(numbers(grantLeases(state))).toEqual([3]);
  });

  it('are not waited for without end: one more is refused', () => {
    const waiting = Array.from({ length: LIMITS.leasesWaiting }, (_, n) => ask(n, { production: 1 }));
    const state: LeaseState = { ...noLeases(), waiting };
    expect(askLease(state, ask(-1, { production: 1 }))).toBe(false);
    expect(state.waiting).toHaveLength(LIMITS.leasesWaiting);
  });

  it('at random: never more than there is, and all who ask are served once the others end', () => {
    const asks = fc.array(
      fc.record({ production: fc.nat(1), gpu: fc.nat(2), priority: fc.nat(3), end: fc.boolean() }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(asks, (all) => {
        let state = noLeases();
        const served: number[] = [];
        const settle = (): void => {
          served.push(...numbers(grantLeases(state)));
          for (const [name, most] of [
            ['production', 1],
            ['gpu', 2],
          ] as const)
            expect(state.held.reduce((sum, { wants }) => sum + (wants[name] ?? 0), 0)).toBeLessThanOrEqual(most);
          state = JSON.parse(JSON.stringify(state)) as LeaseState;
        };
        const endFirst = (): void => {
          const [first] = state.held;
          if (first) endLease(state, keyOf(first));
        };
        all.forEach(({ production, gpu, priority, end }, n) => {
          const wants = { ...(production ? { production } : {}), ...(gpu ? { gpu } : {}) };
          askLease(state, ask(n, wants, { priority }));
          settle();
          if (end) endFirst();
          settle();
        });
        for (let left = all.length; left > 0; left -= 1) {
          endFirst();
          settle();
        }
        expect(served.sort((a, b) => a - b)).toEqual(all.map((_, n) => n));
      }),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { step } from '../../src/engine/engine.js';
import { DEFECTS } from './defects.js';
import { INVARIANTS } from './invariants.js';
import { simulate } from './world.js';

const RUNS = Number(process.env['BATON_SIMULATION_RUNS'] ?? 20_000);
const FIRST_SEED = Number(process.env['BATON_SIMULATION_SEED'] ?? 1);
const RUNS_PER_DEFECT = 1500;

describe('the engine in a world of faults', () => {
  test(
    `${RUNS} random runs hold every invariant`,
    () => {
      const outcomes: Record<string, number> = {};
      for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1) {
        const { violations, state } = simulate(seed);
        if (violations.length > 0) {
          throw new Error(
            `seed ${seed}: ${violations.slice(0, 5).join('; ')}\nreproduce: BATON_SIMULATION_SEED=${seed} BATON_SIMULATION_RUNS=1`,
          );
        }
        outcomes[String(state.outcome)] = (outcomes[String(state.outcome)] ?? 0) + 1;
      }
      // A world in which nothing fails would prove nothing.
      if (RUNS >= 1000) expect(Object.keys(outcomes).sort()).toEqual(['cancelled', 'complete', 'failed', 'partial']);
    },
    60 * 60_000,
  );

  test('one seed gives one trace', () => {
    for (const seed of [1, 77, 4242]) expect(simulate(seed).trace).toEqual(simulate(seed).trace);
  });

  test('two seeds give two traces', () => {
    expect(simulate(1).trace).not.toEqual(simulate(2).trace);
  });
});

describe('the invariants', () => {
  test.each(INVARIANTS)('%s catches its planted defect', (invariant) => {
    for (let seed = 1; seed <= RUNS_PER_DEFECT; seed += 1) {
      let violations: string[];
      try {
        ({ violations } = simulate(seed, DEFECTS[invariant]));
      } catch {
        // The engine's own assertions may stop a defect before the invariant sees it; another seed shows it.
        continue;
      }
      if (violations.some((violation) => violation.startsWith(invariant))) return;
    }
    throw new Error(`no seed up to ${RUNS_PER_DEFECT} shows the defect`);
  });

  test('without a defect they are silent on the same seeds', () => {
    for (let seed = 1; seed <= 200; seed += 1) expect(simulate(seed, step).violations).toEqual([]);
  });
});

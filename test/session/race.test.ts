import { describe, expect, test } from 'vitest';
import { DEFECTS } from './defects.js';
import { INVARIANTS, violations } from './invariants.js';
import { World } from './world.js';

const SCHEDULES = 1000;
const FIRST = Number(process.env['BATON_SESSION_SEED'] ?? 1 + Math.floor(Math.random() * 1_000_000));

describe("the parent's continuation, the child's completion and the user's message at once", () => {
  test(`${SCHEDULES} schedules from seed ${FIRST} hold every invariant`, () => {
    let late = 0;
    let joined = 0;
    for (let seed = FIRST; seed < FIRST + SCHEDULES; seed += 1) {
      const schedule = new World(seed).run();
      const found = violations(schedule);
      if (found.length > 0) throw new Error(`seed ${seed}: ${found.join('; ')}\nreproduce: BATON_SESSION_SEED=${seed}`);
      late += schedule.trace.filter(({ event, reply }) => event.kind === 'answer' && reply.kind === 'refused').length;
      joined += schedule.state.log.filter(({ move, note }) => move === 'grant' && note.includes(',')).length;
    }
    // Schedules without a race would prove nothing.
    expect(late).toBeGreaterThan(100);
    expect(joined).toBeGreaterThan(100);
  });

  test('one seed gives one schedule, and the state is JSON', () => {
    for (const seed of [1, 77, 4242]) {
      const schedule = new World(seed).run();
      expect(new World(seed).run()).toEqual(schedule);
      expect(JSON.parse(JSON.stringify(schedule.state))).toEqual(schedule.state);
    }
  });
});

describe('the invariants', () => {
  test.each(Object.keys(INVARIANTS))('%s: its planted defect is caught', (name) => {
    for (let seed = 1; seed <= SCHEDULES; seed += 1) {
      const found = violations(new World(seed, DEFECTS[name]).run());
      if (found.some((violation) => violation.startsWith(name))) return;
    }
    throw new Error(`no seed up to ${SCHEDULES} shows the defect`);
  });
});

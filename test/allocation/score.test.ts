import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesFor, WEIGHTS } from '../../src/allocation/score.js';
import type { Wants } from '../../src/allocation/wants.js';
import { agent } from './agents.js';

const wants = (more: Partial<Wants> = {}): Wants => ({
  required: [],
  wanted: [],
  specializations: [],
  from: 'the test',
  ...more,
});
const free = { loads: new Map<string, number>(), unavailable: new Map<string, string>() };
const only = (candidates: ReturnType<typeof candidatesFor>) =>
  candidates.map(({ agent: name, score }) => [name, score]);

describe('the score of an agent', () => {
  it('is 0.8 where it can all, is free and is specialised', () => {
    const able = agent('a', { capabilities: ['testing', 'rust'], specialization: 'testing' });
    const [candidate] = candidatesFor(
      wants({ wanted: ['testing', 'rust'], specializations: ['testing'] }),
      [able],
      free,
    );
    expect(candidate).toEqual({
      agent: 'a',
      score: 0.8,
      parts: { capability: 0.4, load: 0.3, performance: 0, specialization: 0.1 },
    });
  });

  it('counts what is matched of what is wanted, and the share of its load that is free', () => {
    const half = agent('a', { capabilities: ['testing'], maxLoad: 4 });
    const [candidate] = candidatesFor(wants({ wanted: ['testing', 'rust', 'review'] }), [half], {
      ...free,
      loads: new Map([['a', 1]]),
    });
    expect(candidate?.parts).toEqual({ capability: 0.1333, load: 0.225, performance: 0, specialization: 0 });
    expect(candidate?.score).toBe(0.3583);
  });

  it('is a full match where nothing is wanted', () => {
    expect(only(candidatesFor(wants(), [agent('a')], free))).toEqual([['a', 0.7]]);
  });

  it('decides, and then the name', () => {
    const agents = [
      agent('c', { capabilities: ['x', 'y'] }),
      agent('b', { capabilities: ['x'] }),
      agent('a', { capabilities: ['x'] }),
    ];
    expect(only(candidatesFor(wants({ wanted: ['x', 'y'] }), agents, free))).toEqual([
      ['c', 0.7],
      ['a', 0.5],
      ['b', 0.5],
    ]);
  });
});

describe('an agent is excluded', () => {
  const reasonOf = (more: Partial<Wants>, given: Partial<typeof free> = {}) =>
    candidatesFor(wants(more), [agent('a', { capabilities: ['x'] })], { ...free, ...given })[0]?.excluded;

  it('that lacks something required', () => {
    expect(reasonOf({ required: ['x', 'y'], wanted: ['x', 'y'] })).toBe('lacks y');
  });
  it('that shares nothing with what is wanted', () => {
    expect(reasonOf({ wanted: ['y', 'z'] })).toBe('has nothing of y, z');
  });
  it('that has as many tasks as it may', () => {
    expect(reasonOf({ wanted: ['x'] }, { loads: new Map([['a', 3]]) })).toBe('has its 3 tasks at once');
  });
  it('that cannot be started here', () => {
    expect(reasonOf({ wanted: ['x'] }, { unavailable: new Map([['a', 'the program x']]) })).toBe('needs the program x');
  });
});

const words = fc.subarray(['a', 'b', 'c', 'd', 'e']);
const anyAgent = fc.record({
  capabilities: words,
  specialization: fc.constantFrom('', 'a', 'b'),
  maxLoad: fc.integer({ min: 1, max: 4 }),
});
const anyCase = fc.record({
  agents: fc.array(anyAgent, { minLength: 1, maxLength: 8 }).map((all) => all.map((more, i) => agent(`n${i}`, more))),
  required: words,
  preferred: words,
  specializations: words,
  loads: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 8, maxLength: 8 }),
});

it('the first candidate has the best score of all that are able, whatever the order of the agents', () => {
  fc.assert(
    fc.property(
      anyCase,
      fc.infiniteStream(fc.nat()),
      ({ agents, required, preferred, specializations, loads }, chance) => {
        const wanted = [...new Set([...required, ...preferred])];
        const given = { ...free, loads: new Map(loads.map((load, i) => [`n${i}`, load])) };
        const candidates = candidatesFor(wants({ required, wanted, specializations }), agents, given);
        const shuffled = agents.map((one) => ({ one, at: chance.next().value })).sort((a, b) => a.at - b.at);
        expect(
          candidatesFor(
            wants({ required, wanted, specializations }),
            shuffled.map(({ one }) => one),
            given,
          ),
        ).toEqual(candidates);
        const able = candidates.filter(({ excluded }) => excluded === undefined);
        expect(candidates.slice(0, able.length)).toEqual(able);
        for (const { agent: name, score, parts } of able) {
          const found = agents.find((one) => one.name === name)!;
          expect(score).toBeLessThanOrEqual(able[0]!.score);
          expect(given.loads.get(name)).toBeLessThan(found.maxLoad);
          expect(found.capabilities).toEqual(expect.arrayContaining(required));
          expect(wanted.length === 0 || wanted.some((word) => found.capabilities.includes(word))).toBe(true);
          expect(score).toBeCloseTo(parts.capability + parts.load + parts.performance + parts.specialization, 4);
        }
        for (const { score, parts } of candidates) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          for (const [part, weight] of Object.entries(WEIGHTS)) {
            expect(parts[part as keyof typeof parts]).toBeGreaterThanOrEqual(0);
            expect(parts[part as keyof typeof parts]).toBeLessThanOrEqual(weight);
          }
        }
      },
    ),
  );
});

it('the weights are those of the specification and add up to 1', () => {
  expect(WEIGHTS).toEqual({ capability: 0.4, load: 0.3, performance: 0.2, specialization: 0.1 });
});

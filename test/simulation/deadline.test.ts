import { describe, expect, test } from 'vitest';
import type { EngineEvent, EventBody, Reply } from '../../src/engine/events.js';
import { drive, type Driver, type Ports } from '../../src/engine/driver.js';
import { open } from '../../src/engine/model.js';
import { buildGraph } from '../../src/engine/graph.js';
import { createState, type EngineState } from '../../src/engine/state.js';
import { createClock } from '../../src/engine/virtual.js';
import { requestView } from '../../src/progress/view.js';
import { randomNodes } from './world.js';
import { seeded } from './random.js';

const SEEDS = 500;
const DEADLINE_MS = 100;
/** Many times what a race takes. */
const EVENTS_MOST = 1000;

type Told = { choice: string; reply: Reply };

interface Race {
  state: EngineState;
  told: Told[];
  finishes: number;
  /** What the request's only other task, which depends on the question, ended with. */
  after: string | undefined;
}

/**
 * One question with a deadline, and answers that come within a few milliseconds of it: in the same one too, before or after the timer, and twice.
 * The engine is thrown away in between and opened again from its state, as a crash or a new run does.
 */
function race(seed: number): Race {
  const random = seeded(seed);
  const [node] = randomNodes(random);
  const decision = { question: '?', options: ['approve', 'reject'], deadlineMs: DEADLINE_MS, otherwise: 'reject' };
  const base = { ...node!, retries: 0, criticality: 0, dependencies: [] };
  const asking = { ...base, id: 'ask', kind: 'decision' as const, decision };
  // Nobody leases anything here.
  const { decision: _, resources: __, ...plain } = base;
  const after = { ...plain, id: 'after', kind: 'skill' as const, dependencies: [0] };
  const graph = buildGraph('digest', [asking, after]);
  const clock = createClock();
  const told: Told[] = [];
  let finishes = 0;
  let afterTimer: (() => void) | undefined;
  const later = (body: EventBody, ms: number): void => clock.add(clock.now + ms, { request: 'r', at: 0, ...body });
  const settings = { maxParallel: 2, onFailure: 'continue', interaction: 'minimal', yes: false, by: '' } as const;
  const nothing = (): undefined => undefined;
  const ports: Ports = {
    analyze: () => later({ kind: 'analyzed', data: {} }, 1),
    plan: () =>
      later({ kind: 'planned', graph, maxParallel: 2, onFailure: 'continue', approval: null, yes: false, by: '' }, 1),
    run: ({ tasks: [task] }) =>
      later(
        {
          kind: 'task.ended',
          ...task!,
          result: { kind: 'completed', startedAt: 0, summary: '', output: null, artifacts: [] },
          random: 0,
        },
        1,
      ),
    ask: ({ decision: id }) => {
      const answer = {
        kind: 'decide',
        decision: id,
        choice: 'approve',
        comment: '',
        by: 'ann',
        via: 'update',
      } as const;
      const send = (): void => later(answer, DEADLINE_MS - 3 + random.int(7));
      // Of two events at one moment the clock gives the one first that was added first: before the timer, or after it.
      if (random.chance(0.5)) send();
      afterTimer = send;
    },
    timer: ({ id, ms }) => {
      later({ kind: 'timer', id }, ms);
      afterTimer?.();
    },
    untimer: nothing,
    lease: nothing,
    unlease: nothing,
    extend: nothing,
    audit: () => undefined,
    save: nothing,
    stop: nothing,
    abandon: nothing,
    conclude: () => later({ kind: 'concluded' }, 1),
    finish: () => void (finishes += 1),
  };
  let driver: Driver = drive(open(createState({ request: 'r', at: 0, settings })), ports);
  later({ kind: 'start' }, 0);
  let events = 0;
  for (let event: EngineEvent | undefined = clock.next(); event; event = clock.next()) {
    if ((events += 1) > EVENTS_MOST) throw new Error(`seed ${seed}: no end after ${EVENTS_MOST} events`);
    const reply = driver.post(event);
    if (event.kind === 'decide') told.push({ choice: event.choice, reply });
    if (random.chance(0.2))
      driver = drive(open(JSON.parse(JSON.stringify(driver.engine.state)) as EngineState, driver.engine.graph), ports);
  }
  const { tasks } = requestView(driver.engine, { now: clock.now });
  return { state: driver.engine.state, told, finishes, after: tasks.find(({ id }) => id === 'after')?.status };
}

describe('an answer that races its deadline', () => {
  test(`wins or loses in each of ${SEEDS} orders, and who answered is told what the record says`, () => {
    const wins = { answer: 0, deadline: 0 };
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { state, told, finishes, after } = race(seed);
      const [decision] = state.decisions;
      const accepted = told.filter(({ reply }) => reply.kind === 'accepted');
      const isWon = accepted.length === 1;
      wins[isWon ? 'answer' : 'deadline'] += 1;
      const seen = {
        state: decision?.state,
        choice: decision?.answer?.choice,
        via: decision?.answer?.via,
        after,
        finishes,
        outcome: state.outcome,
        timers: state.timers,
        others: told.filter(({ reply }) => reply.kind !== 'accepted').map(({ reply }) => reply.kind),
      };
      const others = Array<string>(told.length - accepted.length);
      expect(seen, `seed ${seed}`).toEqual({
        ...(isWon
          ? {
              state: 'answered',
              choice: 'approve',
              via: 'update',
              after: 'completed',
              others: others.fill('unchanged'),
            }
          : { state: 'expired', choice: 'reject', via: 'deadline', after: 'skipped', others: others.fill('refused') }),
        finishes: 1,
        outcome: 'complete',
        timers: {},
      });
      expect(told.length, `seed ${seed}`).toBeGreaterThanOrEqual(1);
    }
    // Orders in which always the same side wins would show nothing.
    expect(Math.min(wins.answer, wins.deadline)).toBeGreaterThan(SEEDS / 10);
  });
});

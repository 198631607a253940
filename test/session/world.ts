import type {
  SessionCommand,
  SessionEvent,
  SessionEventBody,
  SessionReply,
  SessionStep,
} from '../../src/session/events.js';
import { createSession, type Addition, type SessionState, type WishKind } from '../../src/session/state.js';
import { step as realStep } from '../../src/session/step.js';
import { seeded, type Random } from '../simulation/random.js';

export type StepFunction = (state: SessionState, event: SessionEvent) => SessionStep;

/** One thing that happened, with what the machine made of it. `held`: the baton was held when it happened. */
export interface Moment {
  event: SessionEvent;
  reply: SessionReply;
  commands: SessionCommand[];
  held: boolean;
}

export interface Schedule {
  trace: Moment[];
  state: SessionState;
  /** Ids of what children and users said, in the order in which each first said it. */
  said: { child: string[]; user: string[] };
}

interface Call {
  fence: number;
  turn: number;
  isWanted: boolean;
}

interface Ask {
  wish: WishKind;
  by: string;
  turn?: number;
  additions: Addition[];
}

const TURNS = 12;

/**
 * One schedule of the race: the parent's continuations, the completions of its children and the messages of a user come at any moment and in any
 * order, some of them twice; holders are lost, and lost ones answer late. In the end all that is left is said, so that nothing may be missing.
 */
export class World {
  readonly #random: Random;
  readonly #step: StepFunction;
  readonly #asks: Ask[] = [];
  readonly #calls: Call[] = [];
  readonly #schedule: Schedule = { trace: [], state: createSession('s1'), said: { child: [], user: [] } };
  #at = 0;
  #answers = 0;

  constructor(seed: number, step: StepFunction = realStep) {
    this.#random = seeded(seed);
    this.#step = step;
  }

  run(): Schedule {
    this.#asks.push(continuation(1, [{ id: 'brief', kind: 'brief', ref: 'r' }]));
    this.#race(1 + this.#random.int(4), 1 + this.#random.int(4));
    for (let moves = 0; moves < 400 && (this.#asks.length > 0 || this.#calls.length > 0); moves += 1) this.#move();
    // The named continuation point: the parent goes on once its children have ended.
    const { state } = this.#schedule;
    if (state.waiting.length > 0 && !state.holder) {
      this.#asks.push(continuation(state.turn + 1, []));
      for (let moves = 0; moves < 400 && (this.#asks.length > 0 || this.#calls.length > 0); moves += 1) this.#move();
    }
    return this.#schedule;
  }

  #race(children: number, messages: number): void {
    const asks: Ask[] = [];
    for (let n = 1; n <= children; n += 1) {
      const additions: Addition[] = [{ id: `child/c${n}`, kind: 'child-message', ref: 'r' }];
      asks.push({ wish: 'child-completion', by: `c${n}`, additions });
    }
    for (let n = 1; n <= messages; n += 1) {
      const additions: Addition[] = [{ id: `message/${n}`, kind: 'user-message', ref: 'r' }];
      asks.push({ wish: 'user-message', by: 'user', additions });
    }
    const repeated = asks.filter(() => this.#random.chance(0.3));
    this.#asks.push(...asks, ...repeated);
  }

  /** Any of the wishes is made, or something becomes of a call. */
  #move(): void {
    this.#at += this.#random.int(1000);
    const isAsk = this.#calls.length === 0 || (this.#asks.length > 0 && this.#random.chance(0.5));
    if (isAsk) {
      const [ask] = this.#asks.splice(this.#random.int(this.#asks.length), 1);
      if (ask) this.#ask(ask);
    } else this.#advance(this.#calls[this.#random.int(this.#calls.length)]!);
  }

  #ask({ wish, by, turn, additions }: Ask): void {
    const { child, user } = this.#schedule.said;
    for (const { id, kind } of additions) {
      const said = kind === 'child-message' ? child : kind === 'user-message' ? user : [];
      if (!said.includes(id)) said.push(id);
    }
    this.#post({ kind: 'ask', session: 's1', wish, by, ...(turn === undefined ? {} : { turn }), additions });
  }

  #advance(call: Call): void {
    const { fence, turn } = call;
    const dice = this.#random.next();
    if (call.isWanted && dice < 0.15) {
      // Nothing is heard of it for longer than the lease; its answer may come all the same.
      this.#at += 60 * 60_000;
      return this.#post({ kind: 'lease', fence });
    }
    if (dice < 0.25) return this.#post({ kind: 'hold', fence, leaseMs: 10_000 });
    if (dice < 0.3) return this.#post({ kind: 'release', fence, why: 'given back' });
    this.#calls.splice(this.#calls.indexOf(call), 1);
    const owes = turn < TURNS && this.#random.chance(0.5);
    this.#answers += 1;
    this.#post({
      kind: 'answer',
      fence,
      turn,
      answer: { id: `answer/${this.#answers}`, kind: 'answer', ref: 'r' },
      owes,
    });
    if (this.#schedule.trace.at(-1)?.reply.kind !== 'accepted' || !owes) return;
    const results: Addition[] = [{ id: `result/${turn}`, kind: 'tool-result', ref: 'r' }];
    this.#asks.push(continuation(turn + 1, results));
    if (this.#random.chance(0.3)) this.#asks.push(continuation(turn + 1, results));
    if (this.#random.chance(0.2)) this.#asks.push(continuation(turn + 1, []));
  }

  #post(body: SessionEventBody): void {
    const { state, trace } = this.#schedule;
    const event: SessionEvent = { at: this.#at, ...body };
    const held = state.holder !== null;
    const { commands, reply } = this.#step(state, event);
    trace.push({ event: structuredClone(event), reply, commands: structuredClone(commands), held });
    for (const command of commands) {
      if (command.kind === 'call') this.#calls.push({ fence: command.fence, turn: command.turn, isWanted: true });
      if (command.kind === 'abandon')
        for (const call of this.#calls) if (call.fence === command.fence) call.isWanted = false;
    }
  }
}

const continuation = (turn: number, additions: Addition[]): Ask => ({
  wish: 'parent-continuation',
  by: 'parent',
  turn,
  additions,
});

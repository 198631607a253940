import type { Addition, Entry, SessionState, WishKind } from './state.js';

/** Everything that happens to a conversation. `at` is in ms and never runs backwards. */
export type SessionEvent = { at: number } & SessionEventBody;

export type SessionEventBody =
  /** Somebody wants the model to be called. `turn`: of a continuation, the turn that it continues with. */
  | { kind: 'ask'; session: string; wish: WishKind; by: string; turn?: number; additions: readonly Addition[] }
  /** The holder is alive, and goes on to be for so long. */
  | { kind: 'hold'; fence: number; leaseMs: number }
  /** The holder's call was answered. `owes`: the answer calls tools. */
  | { kind: 'answer'; fence: number; turn: number; answer: Addition; owes: boolean }
  /** The holder gives the baton back without an answer. */
  | { kind: 'release'; fence: number; why: string }
  | { kind: 'lease'; fence: number }
  | { kind: 'close'; why: string };

export type SessionCommand =
  /** Call the model for this turn; `entries` are all that it has not been told yet, in their order. */
  | { kind: 'call'; fence: number; turn: number; by: string; entries: Entry[] }
  /** Tell with a `lease` event when this time has passed. */
  | { kind: 'lease'; fence: number; ms: number }
  /** The call of a holder that was lost is not wanted any more. */
  | { kind: 'abandon'; fence: number }
  /** One turn's holders were lost again and again. */
  | { kind: 'give-up'; turn: number }
  | { kind: 'alert'; nearMisses: number };

export type SessionReply =
  | { kind: 'accepted' }
  /** Another call serves it as well. */
  | { kind: 'joined'; turn: number }
  /** It had been said before. */
  | { kind: 'unchanged' }
  | { kind: 'refused'; why: string };

export interface SessionStep {
  /** The state that was given, which `step` owns. */
  state: SessionState;
  commands: SessionCommand[];
  reply: SessionReply;
}

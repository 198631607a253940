/** Who can want a model to be called for a conversation (INT-6). A child's completion never calls it by itself: it goes along with the next call. */
export const WISH_KINDS = ['parent-continuation', 'child-completion', 'user-message'] as const;
export type WishKind = (typeof WISH_KINDS)[number];

export type EntryKind = 'brief' | 'answer' | 'tool-result' | 'child-message' | 'user-message';

/** What a wish, or an answer, adds to the transcript. Its content is kept elsewhere. */
export interface Addition {
  /** Unique in the conversation: the same one again is not added again. */
  id: string;
  kind: EntryKind;
  /** Where its content is kept, such as a digest. */
  ref: string;
}

export interface Entry extends Addition {
  /** The call of the model that it went into, or came from; the first is 1. */
  turn: number;
}

export interface Wish {
  kind: WishKind;
  by: string;
  at: number;
  additions: Addition[];
}

/** The one who may call the model now. */
export interface Holder {
  /** Grows with every grant: what an earlier holder says is known by it. */
  fence: number;
  turn: number;
  by: string;
  /** All that the call serves; the additions of these are in the transcript. */
  wishes: Wish[];
  /** In ms. */
  leaseUntil: number;
}

export const MOVES = ['ask', 'join', 'grant', 'hold', 'release', 'refuse', 'close'] as const;
export type Move = (typeof MOVES)[number];

/** A line of the sequence. `fence` is 0 where no grant is concerned. */
export interface LogEntry {
  n: number;
  at: number;
  move: Move;
  by: string;
  turn: number;
  fence: number;
  note: string;
}

/** A conversation's baton: JSON. Times in ms. */
export interface SessionState {
  v: 1;
  session: string;
  /** Answers that counted. */
  turn: number;
  /** Grants ever made, and how many of them were for the turn that comes next. */
  fence: number;
  grantsOfTurn: number;
  /** The last answer called tools. Nothing goes to the model before their results, so that only a continuation can begin the turn. */
  owes: boolean;
  holder: Holder | null;
  waiting: Wish[];
  transcript: Entry[];
  closed: boolean;
  /** How often somebody asked while the baton was held. */
  nearMisses: number;
  log: LogEntry[];
  /** Lines of the sequence that were let go, the oldest first. */
  logDropped: number;
}

export const createSession = (session: string): SessionState => ({
  v: 1,
  session,
  turn: 0,
  fence: 0,
  grantsOfTurn: 0,
  owes: false,
  holder: null,
  waiting: [],
  transcript: [],
  closed: false,
  nearMisses: 0,
  log: [],
  logDropped: 0,
});

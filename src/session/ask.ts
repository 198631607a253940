import { LIMITS } from '../contract/limits.js';
import type { SessionCommand, SessionEvent, SessionReply } from './events.js';
import { nextTurn } from './grant.js';
import { note } from './log.js';
import type { Addition, SessionState, Wish } from './state.js';

/** Somebody wants the model to be called: the wish waits, or goes along with one that wants the same turn. */
export function ask(
  state: SessionState,
  event: SessionEvent & { kind: 'ask' },
  commands: SessionCommand[],
): SessionReply {
  const { at, by, turn } = event;
  const fresh = event.additions.filter(
    ({ id }, i, all) => !isKnown(state, id) && all.findIndex((other) => other.id === id) === i,
  );
  if (event.additions.length > 0 && fresh.length === 0) return { kind: 'unchanged' };
  if (state.holder) {
    state.nearMisses += 1;
    if (state.nearMisses % LIMITS.sessionNearMissAlert === 0)
      commands.push({ kind: 'alert', nearMisses: state.nearMisses });
  }
  const why = objection(state, event, fresh);
  if (why !== undefined) {
    note(state, { at, move: 'refuse', by, turn: turn ?? nextTurn(state), fence: 0, note: why });
    return { kind: 'refused', why };
  }
  const wish: Wish = { kind: event.wish, by, at, additions: fresh };
  const same = sameTurn(state, event);
  note(state, {
    at,
    move: same ? 'join' : 'ask',
    by,
    turn: same ? same.turn : nextTurn(state),
    fence: 0,
    note: event.wish,
  });
  if (!same) {
    state.waiting.push(wish);
    return { kind: 'accepted' };
  }
  same.wish?.additions.push(...fresh);
  return { kind: 'joined', turn: same.turn };
}

function objection(state: SessionState, event: SessionEvent & { kind: 'ask' }, fresh: Addition[]): string | undefined {
  const { turn, wish, session } = event;
  if (session !== state.session) return `it is for the session ${session}`;
  if (state.closed) return 'the conversation has ended';
  if (fresh.length > LIMITS.sessionAdditions || state.waiting.length >= LIMITS.sessionWishes)
    return 'too much waits for the next turn';
  const waiting = state.waiting.reduce((sum, { additions }) => sum + additions.length, 0);
  // A place is kept for the answer.
  if (state.transcript.length + waiting + fresh.length >= LIMITS.sessionEntries) return 'the conversation is full';
  if (wish !== 'parent-continuation') return fresh.length === 0 ? 'it says nothing' : undefined;
  if (turn === undefined || turn > nextTurn(state)) return 'it does not continue what was answered last';
  if (turn <= state.turn) return `turn ${turn} has been answered`;
  if (state.holder) return fresh.length > 0 ? `turn ${turn} is under way without it` : undefined;
  const isOwed = state.owes && !state.waiting.some(isContinuation) && !fresh.some(({ kind }) => kind === 'tool-result');
  return isOwed ? 'the results of the tools are missing' : undefined;
}

/** A continuation for a turn that is being called, or that another continuation waits for, needs no call of its own. */
function sameTurn(
  state: SessionState,
  { wish, turn }: SessionEvent & { kind: 'ask' },
): { turn: number; wish?: Wish } | undefined {
  if (wish !== 'parent-continuation' || turn === undefined) return undefined;
  if (state.holder?.turn === turn) return { turn };
  const waiting = state.waiting.find(isContinuation);
  return waiting && { turn, wish: waiting };
}

const isContinuation = ({ kind }: Wish): boolean => kind === 'parent-continuation';

function isKnown({ transcript, waiting }: SessionState, id: string): boolean {
  const isIt = (addition: Addition): boolean => addition.id === id;
  return transcript.some(isIt) || waiting.some(({ additions }) => additions.some(isIt));
}

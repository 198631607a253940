import { LIMITS } from '../contract/limits.js';
import type { SessionCommand } from './events.js';
import { note } from './log.js';
import type { Holder, SessionState, Wish } from './state.js';

/** The turn of the call that is under way, or comes next. */
export const nextTurn = (state: SessionState): number => state.turn + 1;

/** The holder, if it is the one of this grant. */
export const holds = ({ holder }: SessionState, fence: number): Holder | undefined =>
  holder?.fence === fence ? holder : undefined;

/**
 * Hands the baton to whoever asked first of those that may call the model. All that waits goes along: several wishes for one turn are one call.
 * Results of tools come first, since no model takes anything between a call of a tool and its result.
 */
export function grantNext(state: SessionState, at: number, commands: SessionCommand[]): void {
  if (state.holder || state.closed) return;
  const first = state.waiting.find((wish) => mayCall(state, wish));
  if (!first) return;
  const turn = nextTurn(state);
  if (state.grantsOfTurn >= LIMITS.sessionGrantsPerTurn) {
    state.closed = true;
    note(state, { at, move: 'close', by: 'session', turn, fence: 0, note: 'each holder of this turn was lost' });
    commands.push({ kind: 'give-up', turn });
    return;
  }
  const wishes = state.waiting;
  state.waiting = [];
  state.fence += 1;
  state.grantsOfTurn += 1;
  const { fence } = state;
  for (const wish of inOrder(state, wishes))
    for (const addition of wish.additions.splice(0)) state.transcript.push({ ...addition, turn });
  state.holder = { fence, turn, by: first.by, wishes, leaseUntil: at + LIMITS.sessionLeaseMs };
  const others = wishes.filter((wish) => wish !== first).map(({ by }) => by);
  note(state, {
    at,
    move: 'grant',
    by: first.by,
    turn,
    fence,
    note: others.length > 0 ? `with ${others.join(', ')}` : '',
  });
  const entries = state.transcript.filter((entry) => entry.turn === turn);
  commands.push({ kind: 'call', fence, turn, by: first.by, entries });
  commands.push({ kind: 'lease', fence, ms: LIMITS.sessionLeaseMs });
}

/** A child's completion waits for a call that somebody else wants; where results of tools are missing, so does all but their continuation. */
const mayCall = ({ owes }: SessionState, { kind }: Wish): boolean =>
  kind === 'parent-continuation' || (kind === 'user-message' && !owes);

function inOrder({ owes }: SessionState, wishes: readonly Wish[]): Wish[] {
  if (!owes) return [...wishes];
  const isResult = ({ kind }: Wish): boolean => kind === 'parent-continuation';
  return [...wishes.filter(isResult), ...wishes.filter((wish) => !isResult(wish))];
}

/** Takes the baton back from a holder that gave no answer. What it was to be called for waits again, before all that came later. */
export function regain(
  state: SessionState,
  { at, why }: { at: number; why: string },
  commands: SessionCommand[],
): void {
  const { holder } = state;
  if (!holder) return;
  state.holder = null;
  state.waiting = [...holder.wishes, ...state.waiting];
  note(state, { at, move: 'release', by: holder.by, turn: holder.turn, fence: holder.fence, note: why });
  commands.push({ kind: 'abandon', fence: holder.fence });
}

import { LIMITS } from '../contract/limits.js';
import { ask } from './ask.js';
import type { SessionCommand, SessionEvent, SessionEventBody, SessionReply, SessionStep } from './events.js';
import { grantNext, holds, regain } from './grant.js';
import { note } from './log.js';
import type { SessionState } from './state.js';

/**
 * The one way in: something happens to a conversation, and at most one call of the model is under way afterwards. It owns the state that it is
 * given, as the engine's `step` does.
 */
export function step(state: SessionState, event: SessionEvent): SessionStep {
  const commands: SessionCommand[] = [];
  const handle = HANDLERS[event.kind] as Handler<SessionEvent>;
  const reply = handle(state, event, commands);
  grantNext(state, event.at, commands);
  return { state, commands, reply };
}

type Handler<E> = (state: SessionState, event: E, commands: SessionCommand[]) => SessionReply;

const HANDLERS: {
  [K in SessionEventBody['kind']]: Handler<SessionEvent & { kind: K }>;
} = { ask, hold, answer, release, lease, close };

const ACCEPTED: SessionReply = { kind: 'accepted' };

function hold(
  state: SessionState,
  { fence, leaseMs, at }: SessionEvent & { kind: 'hold' },
  commands: SessionCommand[],
): SessionReply {
  const holder = holds(state, fence);
  if (!holder) return late(state, { at, fence, what: 'a hold' });
  holder.leaseUntil = at + Math.min(leaseMs, LIMITS.sessionLeaseMs);
  note(state, { at, move: 'hold', by: holder.by, turn: holder.turn, fence, note: '' });
  commands.push({ kind: 'lease', fence, ms: holder.leaseUntil - at });
  return ACCEPTED;
}

function answer(state: SessionState, event: SessionEvent & { kind: 'answer' }): SessionReply {
  const { at, fence, turn, owes } = event;
  const holder = holds(state, fence);
  if (holder?.turn !== turn) return late(state, { at, fence, what: 'an answer' });
  state.transcript.push({ ...event.answer, turn });
  state.turn = turn;
  state.grantsOfTurn = 0;
  state.owes = owes;
  state.holder = null;
  note(state, {
    at,
    move: 'release',
    by: holder.by,
    turn,
    fence,
    note: owes ? 'answered with calls of tools' : 'answered',
  });
  return ACCEPTED;
}

function release(
  state: SessionState,
  { at, fence, why }: SessionEvent & { kind: 'release' },
  commands: SessionCommand[],
): SessionReply {
  if (!holds(state, fence)) return late(state, { at, fence, what: 'a release' });
  regain(state, { at, why }, commands);
  return ACCEPTED;
}

/** A lease that was renewed meanwhile is waited for again. */
function lease(
  state: SessionState,
  { at, fence }: SessionEvent & { kind: 'lease' },
  commands: SessionCommand[],
): SessionReply {
  const holder = holds(state, fence);
  if (!holder) return { kind: 'unchanged' };
  if (at < holder.leaseUntil) commands.push({ kind: 'lease', fence, ms: holder.leaseUntil - at });
  else regain(state, { at, why: 'nothing was heard of it' }, commands);
  return ACCEPTED;
}

function close(
  state: SessionState,
  { at, why }: SessionEvent & { kind: 'close' },
  commands: SessionCommand[],
): SessionReply {
  if (state.closed) return { kind: 'unchanged' };
  const { holder } = state;
  if (holder) {
    state.holder = null;
    note(state, { at, move: 'release', by: holder.by, turn: holder.turn, fence: holder.fence, note: why });
    commands.push({ kind: 'abandon', fence: holder.fence });
  }
  state.closed = true;
  note(state, { at, move: 'close', by: 'session', turn: state.turn, fence: 0, note: why });
  return ACCEPTED;
}

function late(state: SessionState, { at, fence, what }: { at: number; fence: number; what: string }): SessionReply {
  const why = `${what} under grant ${fence}, which does not hold the baton`;
  note(state, { at, move: 'refuse', by: 'a late holder', turn: state.turn + 1, fence, note: why });
  return { kind: 'refused', why };
}

import type { SessionEvent, SessionStep } from '../../src/session/events.js';
import type { SessionState } from '../../src/session/state.js';
import { step } from '../../src/session/step.js';
import type { StepFunction } from './world.js';

const before =
  (change: (state: SessionState, event: SessionEvent) => SessionEvent): StepFunction =>
  (state, event) =>
    step(state, change(state, event));

const after =
  (change: (made: SessionStep, event: SessionEvent) => void): StepFunction =>
  (state, event) => {
    const made = step(state, event);
    change(made, event);
    return made;
  };

/** For each invariant a machine with one defect planted in it, which the invariant must catch. */
export const DEFECTS: Record<string, StepFunction> = {
  'one call at a time': before((state, event) => {
    // The holder is forgotten when a user says something.
    if (event.kind === 'ask' && event.wish === 'user-message' && !state.owes) state.holder = null;
    return event;
  }),
  'one answer for each turn, one after the other': after(({ state }, event) => {
    if (event.kind === 'answer' && state.turn === 2) state.turn = 1;
  }),
  'a late answer is refused': (state, event) => {
    if (event.kind !== 'answer') return step(state, event);
    const made = step(state, event);
    return made.reply.kind === 'refused' ? { ...made, reply: { kind: 'accepted' } } : made;
  },
  'nothing is in the transcript twice': after(({ state }, event) => {
    if (event.kind === 'ask' && event.wish === 'child-completion')
      state.waiting.at(-1)?.additions.push(...event.additions);
  }),
  'the transcript is in order': after(({ state }, event) => {
    // A message goes in where it comes.
    const said = event.kind === 'ask' && event.wish === 'user-message' ? state.waiting.at(-1) : undefined;
    if (said) for (const addition of said.additions.splice(0)) state.transcript.push({ ...addition, turn: state.turn });
  }),
  'results stand right after the answer that called for them': before((state, event) => {
    // What has waited longer goes first.
    if (event.kind === 'ask' && event.wish === 'parent-continuation' && state.owes && state.waiting.length > 0)
      state.owes = false;
    return event;
  }),
  'no turn begins before the results are there': before((state, event) => {
    state.owes = false;
    return event;
  }),
  'every message of a child and of a user arrives once, users in their order': before((state, event) => {
    // The newest wish is put before the others.
    if (event.kind === 'ask') state.waiting.reverse();
    return event;
  }),
  'a completion alone calls no model': before((_, event) =>
    event.kind === 'ask' && event.wish === 'child-completion' ? { ...event, wish: 'user-message' } : event,
  ),
  'every wish is served': after(({ state }) => {
    // Only one wish at a time is served.
    const put = state.holder?.wishes.splice(1) ?? [];
    state.waiting.push(...put.filter(({ kind }) => kind === 'child-completion'));
  }),
  'a call is told all of its turn, again after a holder was lost': after(({ commands }) => {
    for (const command of commands) if (command.kind === 'call' && command.entries.length > 1) command.entries.pop();
  }),
  'near misses are those who asked while it was held': after(({ state }, event) => {
    if (event.kind === 'ask' && event.wish === 'user-message') state.nearMisses = 0;
  }),
  'the sequence tells every grant and its release': after(({ state }) => {
    state.log = state.log.filter(({ move, note }) => move !== 'release' || note !== 'given back');
  }),
};

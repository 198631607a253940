import type { Moment, Schedule } from './world.js';

const calls = (trace: readonly Moment[]) =>
  trace.flatMap(({ commands }) => commands.flatMap((command) => (command.kind === 'call' ? [command] : [])));
const answered = (trace: readonly Moment[]) =>
  trace.flatMap(({ event, reply }) => (event.kind === 'answer' && reply.kind === 'accepted' ? [event] : []));

const ended = ({ state }: Schedule): boolean => !state.closed;

/** What must hold of every schedule; each gives what is wrong, or nothing. */
export const INVARIANTS: Record<string, (schedule: Schedule) => string | undefined> = {
  'one call at a time': ({ trace }) => {
    const wanted = new Set<number>();
    for (const { event, reply, commands } of trace) {
      if (event.kind === 'answer' && reply.kind === 'accepted') wanted.delete(event.fence);
      for (const command of commands) {
        if (command.kind === 'abandon') wanted.delete(command.fence);
        if (command.kind === 'call') wanted.add(command.fence);
      }
      if (wanted.size > 1) return `grants ${[...wanted].join(' and ')} at once`;
    }
    return undefined;
  },
  'one answer for each turn, one after the other': ({ trace }) => {
    const wrong = answered(trace).findIndex(({ turn }, i) => turn !== i + 1);
    return wrong < 0 ? undefined : `answer ${wrong + 1} is of turn ${answered(trace)[wrong]?.turn}`;
  },
  'a late answer is refused': ({ trace }) => {
    const lost = new Set<number>();
    for (const { event, reply, commands } of trace) {
      if (event.kind === 'answer' && lost.has(event.fence) && reply.kind !== 'refused') return `grant ${event.fence}`;
      for (const command of commands) if (command.kind === 'abandon') lost.add(command.fence);
    }
    return undefined;
  },
  'nothing is in the transcript twice': ({ state }) => {
    const ids = state.transcript.map(({ id }) => id);
    return ids.find((id, i) => ids.indexOf(id) !== i);
  },
  'the transcript is in order': ({ state }) => {
    let turn = 0;
    for (const [i, entry] of state.transcript.entries()) {
      const before = state.transcript[i - 1];
      if (entry.turn < turn) return `${entry.id} of turn ${entry.turn} after turn ${turn}`;
      if (before?.kind === 'answer' && entry.turn !== before.turn + 1) return `${entry.id} follows its answer`;
      turn = entry.turn;
    }
    return undefined;
  },
  'results stand right after the answer that called for them': ({ state }) => {
    for (const [i, { id, kind }] of state.transcript.entries())
      if (kind === 'tool-result' && state.transcript[i - 1]?.kind !== 'answer') return id;
    return undefined;
  },
  'no turn begins before the results are there': ({ trace }) => {
    const owing = new Set(answered(trace).flatMap(({ turn, owes }) => (owes ? [turn + 1] : [])));
    const begun = calls(trace).find(
      ({ turn, entries }) => owing.has(turn) && !entries.some(({ kind }) => kind === 'tool-result'),
    );
    return begun && `turn ${begun.turn}`;
  },
  'every message of a child and of a user arrives once, users in their order': (schedule) => {
    if (!ended(schedule)) return undefined;
    const { state, said } = schedule;
    const of = (kind: string) => state.transcript.filter((entry) => entry.kind === kind).map(({ id }) => id);
    const children = [...said.child].sort().join() === of('child-message').sort().join();
    return children && said.user.join() === of('user-message').join() ? undefined : 'something is missing';
  },
  'a completion alone calls no model': ({ trace }) => {
    const alone = calls(trace).find(
      ({ entries }) => entries.length > 0 && entries.every(({ kind }) => kind === 'child-message'),
    );
    // The parent, that goes on once its children have ended, says nothing itself.
    return alone && alone.by !== 'parent' ? `turn ${alone.turn}` : undefined;
  },
  'every wish is served': (schedule) =>
    ended(schedule) && schedule.state.waiting.length > 0 ? `${schedule.state.waiting.length} wait` : undefined,
  'a call is told all of its turn, again after a holder was lost': ({ trace, state }) => {
    const last = new Map(calls(trace).map((call) => [call.turn, call]));
    for (const { turn } of answered(trace)) {
      const told = last
        .get(turn)
        ?.entries.map(({ id }) => id)
        .join();
      const kept = state.transcript.filter((entry) => entry.turn === turn && entry.kind !== 'answer');
      if (told !== kept.map(({ id }) => id).join()) return `turn ${turn}`;
    }
    return undefined;
  },
  'near misses are those who asked while it was held': ({ trace, state }) => {
    const misses = trace.filter(({ event, reply, held }) => event.kind === 'ask' && held && reply.kind !== 'unchanged');
    return misses.length === state.nearMisses ? undefined : `${misses.length}, counted ${state.nearMisses}`;
  },
  'the sequence tells every grant and its release': ({ trace, state }) => {
    const grants = state.log.filter(({ move }) => move === 'grant').map(({ fence }) => fence);
    const releases = state.log.filter(({ move }) => move === 'release').map(({ fence }) => fence);
    if (
      grants.join() !==
      calls(trace)
        .map(({ fence }) => fence)
        .join()
    )
      return 'grants';
    const open = state.holder ? [state.holder.fence] : [];
    return [...releases, ...open].join() === grants.join() ? undefined : 'releases';
  },
};

export const violations = (schedule: Schedule): string[] =>
  Object.entries(INVARIANTS).flatMap(([name, check]) => {
    const found = check(schedule);
    return found === undefined ? [] : [`${name}: ${found}`];
  });

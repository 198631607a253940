import { LIMITS } from '../contract/limits.js';
import { ENDED_STATES } from '../contract/task.js';
import { BASE, stateOf } from './lifecycle.js';
import type { EngineState } from './state.js';

/** Entries that an ended task keeps: when it was ready, when its last attempt began, when it ended. */
const KEPT = 3;

/**
 * The state as it may cross a boundary: where it has grown too large, ended tasks keep of their history only its first and last entries,
 * with their times. What is left decides everything that is still to come; the dropped entries told of attempts that are over.
 */
export function shortened(state: EngineState): EngineState {
  if (JSON.stringify(state).length <= LIMITS.stateBytes) return state;
  return { ...state, tasks: state.tasks.map(shortenHistory) };
}

function shortenHistory(history: readonly number[]): number[] {
  const last = history.at(-1);
  const [first] = history;
  if (last === undefined || first === undefined || history.length <= KEPT || !ENDED_STATES.includes(stateOf(last)))
    return [...history];
  const started = history.findLastIndex((entry) => stateOf(entry) === 'running');
  const kept = [0, started, history.length - 1].filter((at, i, all) => at >= 0 && all.indexOf(at) === i);
  let elapsed = 0;
  const short: number[] = [];
  history.forEach((entry, at) => {
    elapsed += Math.floor(entry / BASE);
    if (!kept.includes(at)) return;
    short.push(elapsed * BASE + (entry % BASE));
    elapsed = 0;
  });
  return short;
}

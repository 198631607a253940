import { LIMITS } from '../contract/limits.js';
import type { Command, EngineEvent, Reply } from './events.js';
import type { Engine } from './model.js';
import type { SaveRecord } from './state.js';

/** Has the shell keep the present state. It can be asked for at any time before the end. */
export function checkpoint(engine: Engine, event: { at: number; by: string }, commands: Command[]): Reply {
  const { state } = engine;
  if (state.outcome !== null || state.phase === 'ERROR')
    return { kind: 'refused', code: 'refused', message: 'the request has ended; its last state is kept' };
  const open = state.saves.filter((save) => save.state === 'open').length;
  if (open >= LIMITS.openSaves)
    return { kind: 'refused', code: 'busy', message: `${open} states are still being saved; try again` };
  const n = (state.saves.at(-1)?.n ?? 0) + 1;
  state.saves.push({ n, at: event.at, by: event.by, state: 'open' });
  if (state.saves.length > LIMITS.savedStates) state.saves.shift();
  commands.push({ kind: 'save', n });
  return { kind: 'accepted', message: `state ${n} is being saved`, pending: { kind: 'save', n } };
}

export function saved(engine: Engine, event: EngineEvent & { kind: 'saved' }): Reply {
  const save = engine.state.saves.find((record) => record.n === event.n && record.state === 'open');
  if (!save) return { kind: 'unchanged', message: 'it is not being saved' };
  save.state = event.error ? 'failed' : 'saved';
  if (event.error) save.error = event.error;
  return { kind: 'accepted', message: '' };
}

export const saveOf = (engine: Engine, n: number): SaveRecord | undefined =>
  engine.state.saves.find((record) => record.n === n);

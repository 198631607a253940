import { LIMITS } from '../contract/limits.js';
import type { LogEntry, SessionState } from './state.js';

const NOTE_CHARS = 200;

/** Adds a line to the sequence; of a long one the beginning is let go. */
export function note(state: SessionState, line: Omit<LogEntry, 'n'>): void {
  const n = state.logDropped + state.log.length + 1;
  state.log.push({ n, ...line, note: line.note.slice(0, NOTE_CHARS) });
  const over = state.log.length - LIMITS.sessionLogEntries;
  if (over <= 0) return;
  state.log.splice(0, over);
  state.logDropped += over;
}

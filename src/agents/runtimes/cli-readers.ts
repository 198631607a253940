import type { CliRuntime } from '../../contract/cli-runtime.js';
import { LIMITS } from '../../contract/limits.js';
import type { Usage } from '../../contract/task.js';
import { OutputKeeper } from '../process/output.js';
import {
  CLI_START,
  completeText,
  readError,
  readEvent,
  type CliEvent,
  type CliState,
  type ToldFailure,
} from '../stream/events.js';
import { CLAUDE_START, readClaude, type ClaudeState } from '../stream/claude.js';
import { LineSplitter, type Line } from '../stream/lines.js';
import { codeOf, isUnknownSession } from './claude-errors.js';
import { claudeNote } from './claude-notes.js';
import type { Denial } from './port.js';

/** What is told while it runs: its session, or a line for people, which a program's own output is without being `isKept` again. */
export type CliNote = { kind: 'session'; session: string } | { kind: 'note'; text: string; isKept: boolean };

/** All that a run's output has told. */
export interface CliTold {
  session: string | null;
  text: string | null;
  isDone: boolean;
  failure: ToldFailure | null;
  usage: Usage | null;
  /** The usage is that of the whole session. */
  isTotal: boolean;
  turns: number;
  denials: readonly Denial[];
}

/** Reads the output of one run. */
export interface CliReader {
  add(chunk: Buffer): CliNote[];
  addError(line: Line): CliNote[];
  finish(): CliNote[];
  told(): CliTold;
}

export function createReader(cli: CliRuntime): CliReader {
  switch (cli.output) {
    case 'text':
      return textReader();
    case 'json-lines':
      return eventReader(cli);
    case 'stream-json':
      return claudeReader();
  }
}

/** What it prints is the answer, if there is any. */
function textReader(): CliReader {
  const answer = new OutputKeeper(LIMITS.agentAnswerBytes);
  const lines = new LineSplitter(LIMITS.outputLineChars);
  const notesOf = (line: Line | undefined): CliNote[] =>
    line && line.text.trim() !== '' ? [{ kind: 'note', text: line.text, isKept: false }] : [];
  return {
    add: (chunk) => {
      answer.add(chunk, 'stdout');
      return notesOf(lines.add(chunk).at(-1));
    },
    addError: () => [],
    finish: () => [],
    told: () => {
      const text = answer.finish().output.toString('utf8');
      const isDone = text.trim() !== '';
      return { session: null, text, isDone, failure: null, usage: null, isTotal: false, turns: 1, denials: [] };
    },
  };
}

function eventReader(cli: CliRuntime): CliReader {
  const splitter = new LineSplitter();
  const patterns = cli.denials.map((pattern) => new RegExp(pattern, 'i'));
  const tellsDone = cli.events.some((rule) => rule.done === true);
  const tellsTurns = cli.events.some((rule) => rule.turn === true);
  const isTotal = cli.events.some((rule) => rule.usage?.counts === 'session');
  let state = CLI_START;
  const take = ([next, events]: [CliState, CliEvent[]]): CliNote[] => {
    state = next;
    return events.map(noteOf);
  };
  const takeLine = (line: Line): CliNote[] => take(readEvent(state, line, cli.events));
  return {
    add: (chunk) => splitter.add(chunk).flatMap(takeLine),
    addError: (line) => take(readError(state, line, patterns)),
    finish: () => [...splitter.finish().flatMap(takeLine), ...take(completeText(state))],
    told: () => ({
      ...state,
      isDone: tellsDone ? state.isDone : state.text !== null,
      turns: tellsTurns ? state.turns : 1,
      isTotal,
    }),
  };
}

/** What prints as Claude Code does. */
function claudeReader(): CliReader {
  const splitter = new LineSplitter();
  let state = CLAUDE_START;
  const take = (line: Line): CliNote[] => {
    const [next, events] = readClaude(state, line);
    state = next;
    return events.flatMap((event): CliNote[] => {
      if (event.kind === 'session') return [event];
      const text = claudeNote(event);
      return text === undefined ? [] : [{ kind: 'note', text, isKept: true }];
    });
  };
  return {
    add: (chunk) => splitter.add(chunk).flatMap(take),
    addError: () => [],
    finish: () => splitter.finish().flatMap(take),
    told: () => ({ ...state, isDone: state.results > 0, isTotal: false, failure: claudeFailure(state) }),
  };
}

function claudeFailure(state: ClaudeState): ToldFailure | null {
  const { failure, rateLimit } = state;
  if (!failure) return null;
  const means = isUnknownSession(state) ? 'unknown_session' : codeOf(state, failure);
  const reset = rateLimit?.resetsAt == null ? null : String(rateLimit.resetsAt);
  return { message: failure.text, status: failure.apiStatus, reset, means };
}

function noteOf(event: CliEvent): CliNote {
  switch (event.kind) {
    case 'session':
      return event;
    case 'tool':
      return { kind: 'note', text: `${event.tool}: ${event.input}`, isKept: true };
    case 'denied':
      return { kind: 'note', text: `denied: ${event.denial.tool}: ${event.denial.input}`, isKept: true };
    case 'text':
    case 'notice':
    case 'stray':
      return { kind: 'note', text: event.text, isKept: true };
  }
}

import type { EventPath, EventRule, Failure } from '../../contract/cli-runtime.js';
import { LIMITS } from '../../contract/limits.js';
import type { Usage } from '../../contract/task.js';
import type { Denial } from '../runtimes/port.js';
import { describeInput } from './claude-input.js';
import { countedUsage, isMeant, usageIn, valueAt } from './event-rules.js';
import { amountOf, readObject, textOf, type JsonObject } from './json.js';
import type { Line } from './lines.js';

/** What one line of a program's JSON lines tells. */
export type CliEvent =
  | { kind: 'session'; session: string }
  | { kind: 'text'; text: string }
  | { kind: 'tool'; tool: string; input: string }
  | { kind: 'denied'; denial: Denial }
  | { kind: 'notice'; text: string }
  /** A line that is no JSON object. */
  | { kind: 'stray'; text: string };

/** Why the run failed, as an event told it. */
export interface ToldFailure {
  message: string;
  status: number | null;
  /** When a usage limit is reset, in the program's own form. */
  reset: string | null;
  /** What it is, where the program's own form is known. */
  means?: Failure;
}

interface Call extends Denial {
  id: string;
}

/** All that the lines so far have told. */
export interface CliState {
  session: string | null;
  /** The last message of the model that is complete. */
  text: string | null;
  /** Pieces of a message, joined. */
  pieces: string;
  isDone: boolean;
  /** The last failure: it is one, whatever else was told. */
  failure: ToldFailure | null;
  usage: Usage | null;
  turns: number;
  denials: readonly Denial[];
  calls: readonly Call[];
  denied: readonly string[];
}

export const CLI_START: CliState = {
  session: null,
  text: null,
  pieces: '',
  isDone: false,
  failure: null,
  usage: null,
  turns: 0,
  denials: [],
  calls: [],
  denied: [],
};

type Step = [CliState, CliEvent[]];

/** Reads one line more by the rules. A line that no rule means tells nothing; none makes it throw. */
export function readEvent(state: CliState, line: Line, rules: readonly EventRule[]): Step {
  if (line.text.trim() === '') return [state, []];
  const event = readObject(line);
  if (!event) return [state, [{ kind: 'stray', text: line.text }]];
  const meant = rules.filter((rule) => isMeant(rule, event));
  if (meant.length === 0) return [state, []];
  const isPiece = meant.some((rule) => rule.delta !== undefined);
  const [begin, told] = isPiece ? [state, []] : completeText(state);
  return meant.reduce<Step>(
    ([now, events], rule) => {
      const [next, more] = follow(now, rule, event);
      return [next, [...events, ...more]];
    },
    [begin, told],
  );
}

/** No further piece comes: what the pieces make is a message. Also to be called after the last line. */
export function completeText(state: CliState): Step {
  if (state.pieces === '') return [state, []];
  return [{ ...state, text: state.pieces, pieces: '' }, [{ kind: 'text', text: state.pieces }]];
}

function follow(state: CliState, rule: EventRule, event: JsonObject): Step {
  const at = (path: EventPath | undefined): unknown => (path === undefined ? undefined : valueAt(event, path));
  const events: CliEvent[] = [];
  let next = state;
  const session = sessionOf(at(rule.session));
  if (session !== undefined && session !== state.session) {
    next = { ...next, session };
    events.push({ kind: 'session', session });
  }
  const text = textOf(at(rule.text));
  if (text !== undefined) {
    next = { ...next, text };
    events.push({ kind: 'text', text });
  }
  const piece = textOf(at(rule.delta));
  if (piece !== undefined) next = { ...next, pieces: joined(next.pieces, piece) };
  const tool = textOf(at(rule.tool?.name));
  if (tool !== undefined) {
    const input = inputOf(at(rule.tool?.input));
    const call = { id: textOf(at(rule.tool?.id)) ?? '', tool, input };
    next = { ...next, calls: [...next.calls, call].slice(-LIMITS.agentOpenCalls) };
    events.push({ kind: 'tool', tool, input });
  }
  const notice = textOf(at(rule.notice));
  if (notice !== undefined) events.push({ kind: 'notice', text: notice });
  if (rule.failure) next = { ...next, failure: failureOf(rule.failure, event) };
  if (rule.usage) {
    next = { ...next, usage: countedUsage(next.usage, usageIn(event, rule.usage), rule.usage.counts) };
  }
  if (rule.turn) next = { ...next, turns: next.turns + 1 };
  if (rule.done) next = { ...next, isDone: true };
  if (!rule.denied) return [next, events];
  const [denied, more] = deny(next, {
    id: at(rule.denied.id),
    tool: at(rule.denied.tool),
    input: at(rule.denied.input),
  });
  return [denied, [...events, ...more]];
}

/** Cut only where it has to be: a text that is cut at each of its pieces is copied each time. */
function joined(pieces: string, piece: string): string {
  const room = LIMITS.agentAnswerBytes - pieces.length;
  return room <= 0 ? pieces : pieces + piece.slice(0, room);
}

/** An id that could be taken for an option is none. */
const sessionOf = (value: unknown): string | undefined =>
  typeof value === 'string' && SESSION.test(value) ? value : undefined;
const SESSION = /^[A-Za-z0-9][\w.:/-]{0,199}$/;

const inputOf = (value: unknown): string =>
  value === undefined ? '' : describeInput(typeof value === 'string' ? { command: value } : value);

function failureOf(rule: NonNullable<EventRule['failure']>, event: JsonObject): ToldFailure {
  const reset = rule.reset === undefined ? undefined : valueAt(event, rule.reset);
  return {
    message: textOf(valueAt(event, rule.message)) ?? '',
    status: rule.status === undefined ? null : (amountOf(valueAt(event, rule.status)) ?? null),
    reset: typeof reset === 'string' || typeof reset === 'number' ? String(reset) : null,
  };
}

function deny(state: CliState, said: { id: unknown; tool: unknown; input: unknown }): Step {
  if (state.denials.length >= LIMITS.agentDenials) return [state, []];
  const id = textOf(said.id);
  if (id !== undefined && state.denied.includes(id)) return [state, []];
  const call = state.calls.find((candidate) => candidate.id === id);
  const denial: Denial = {
    tool: textOf(said.tool) ?? call?.tool ?? 'unknown',
    input: said.input === undefined ? (call?.input ?? '') : inputOf(said.input),
  };
  const denied = id === undefined ? state.denied : [...state.denied, id];
  return [{ ...state, denials: [...state.denials, denial], denied }, [{ kind: 'denied', denial }]];
}

/** Reads a line of standard error: a denial where one of the patterns says so. */
export function readError(state: CliState, line: Line, patterns: readonly RegExp[]): Step {
  for (const pattern of patterns) {
    const groups = pattern.exec(line.text.slice(0, MATCHED_CHARS))?.groups;
    if (groups) return deny(state, { id: undefined, tool: groups['tool'], input: groups['input'] });
  }
  return [state, []];
}

const MATCHED_CHARS = 4096;

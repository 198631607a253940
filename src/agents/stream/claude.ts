import type { Usage } from '../../contract/task.js';
import { LIMITS } from '../../contract/limits.js';
import type { Denial } from '../runtimes/port.js';
import { describeInput } from './claude-input.js';
import { resultOf, usageOf, type ClaudeResult } from './claude-result.js';
import { amountOf, objectOf, objectsOf, readObject, textOf, type JsonObject } from './json.js';
import type { Line } from './lines.js';

/** What one line of `claude --output-format stream-json` tells. */
export type ClaudeEvent =
  | { kind: 'session'; session: string }
  /** `bySubAgent`: said or called by an agent that the agent started. */
  | { kind: 'tool'; tool: string; input: string; bySubAgent: boolean }
  | { kind: 'text'; text: string; bySubAgent: boolean }
  | { kind: 'denied'; denial: Denial }
  | { kind: 'api_retry'; attempt: number; status: number | null; delayMs: number; reason: string }
  | { kind: 'rate_limit'; limit: RateLimit }
  /** It asks whether it may call a tool, and waits for the answer to `id`. */
  | { kind: 'ask'; id: string; tool: string; input: JsonObject }
  | { kind: 'result'; result: ClaudeResult; usage: Usage }
  /** A line that is no JSON object. */
  | { kind: 'stray'; text: string };

export interface RateLimit {
  /** `allowed`, `allowed_warning`, `rejected`. */
  status: string;
  /** Unix time in ms; null where it is not told. */
  resetsAt: number | null;
  /** Such as `five_hour`. */
  window: string;
}

interface Call extends Denial {
  id: string;
}

/** All that the lines so far have told. */
export interface ClaudeState {
  session: string | null;
  /** One run may hold several results, or none. */
  results: number;
  /** Of the last result that is no error; null before. */
  text: string | null;
  /** The last result that is an error: it is a failure, whatever came before or after it. */
  failure: ClaudeResult | null;
  /** Of all results; null before the first. */
  usage: Usage | null;
  turns: number;
  denials: Denial[];
  rateLimit: RateLimit | null;
  /** What the program calls the API's last error, such as `billing_error`. */
  apiError: string | null;
  /** Lines that were no JSON object. */
  strayLines: number;
  totalUsd: number;
  lastMessage: string | null;
  calls: readonly Call[];
  denied: readonly string[];
}

export const CLAUDE_START: ClaudeState = {
  session: null,
  results: 0,
  text: null,
  failure: null,
  usage: null,
  turns: 0,
  denials: [],
  rateLimit: null,
  apiError: null,
  strayLines: 0,
  totalUsd: 0,
  lastMessage: null,
  calls: [],
  denied: [],
};

type Step = [ClaudeState, ClaudeEvent[]];

/** Reads one line more. Lines of an unknown kind tell nothing; none makes it throw. */
export function readClaude(state: ClaudeState, line: Line): Step {
  if (line.text.trim() === '') return [state, []];
  const value = readObject(line);
  if (!value) return [{ ...state, strayLines: state.strayLines + 1 }, [{ kind: 'stray', text: line.text }]];
  const read = READERS[String(value['type'])];
  return read && Object.hasOwn(READERS, String(value['type'])) ? read(state, value) : [state, []];
}

const READERS: Record<string, (state: ClaudeState, value: JsonObject) => Step> = {
  system: readSystem,
  assistant: readAssistant,
  user: readUser,
  rate_limit_event: readRateLimit,
  control_request: readControl,
  result: readResult,
};

function readSystem(state: ClaudeState, value: JsonObject): Step {
  switch (value['subtype']) {
    case 'init': {
      const session = textOf(value['session_id']);
      // A sub-agent in the background makes the program tell its beginning a second time.
      if (session === undefined || session === state.session) return [state, []];
      return [{ ...state, session }, [{ kind: 'session', session }]];
    }
    case 'permission_denied':
      return deny(state, { id: value['tool_use_id'], tool: value['tool_name'], input: undefined });
    case 'api_retry': {
      const status = amountOf(value['error_status']) ?? null;
      const [attempt, delayMs] = [amountOf(value['attempt']) ?? 0, amountOf(value['retry_delay_ms']) ?? 0];
      const reason = textOf(value['error']) ?? 'unknown';
      return [{ ...state, apiError: reason }, [{ kind: 'api_retry', attempt, status, delayMs, reason }]];
    }
    default:
      return [state, []];
  }
}

/** One message of the model comes as several of these, each with one block. */
function readAssistant(state: ClaudeState, value: JsonObject): Step {
  const message = objectOf(value['message']);
  if (!message) return [state, []];
  const bySubAgent = textOf(value['parent_tool_use_id']) !== undefined;
  const events: ClaudeEvent[] = [];
  let calls = state.calls;
  for (const block of objectsOf(message['content'])) {
    const [text, tool] = [textOf(block['text']), textOf(block['name'])];
    if (block['type'] === 'text' && text !== undefined) events.push({ kind: 'text', text, bySubAgent });
    if (block['type'] !== 'tool_use' || tool === undefined) continue;
    const input = describeInput(block['input']);
    events.push({ kind: 'tool', tool, input, bySubAgent });
    calls = [...calls, { id: String(block['id']), tool, input }].slice(-LIMITS.agentOpenCalls);
  }
  const id = textOf(message['id']) ?? null;
  const isNew = !bySubAgent && id !== null && id !== state.lastMessage;
  const turns = state.results === 0 && isNew ? state.turns + 1 : state.turns;
  const apiError = textOf(value['error']) ?? state.apiError;
  return [{ ...state, calls, turns, apiError, lastMessage: isNew ? id : state.lastMessage }, events];
}

/** A tool that was not offered to the model is not among the denials that the program lists. */
function readUser(state: ClaudeState, value: JsonObject): Step {
  return each(state, objectsOf(objectOf(value['message'])?.['content']), (now, block) => {
    const answer = block['content'];
    const isMissing = block['is_error'] === true && typeof answer === 'string' && /No such tool available/.test(answer);
    return isMissing ? deny(now, { id: block['tool_use_id'], tool: undefined, input: undefined }) : [now, []];
  });
}

function readRateLimit(state: ClaudeState, value: JsonObject): Step {
  const info = objectOf(value['rate_limit_info']);
  const status = textOf(info?.['status']);
  if (!info || status === undefined) return [state, []];
  const seconds = amountOf(info['resetsAt']);
  const limit: RateLimit = {
    status,
    resetsAt: seconds === undefined ? null : seconds * 1000,
    window: textOf(info['rateLimitType']) ?? '',
  };
  return [{ ...state, rateLimit: limit }, [{ kind: 'rate_limit', limit }]];
}

function readControl(state: ClaudeState, value: JsonObject): Step {
  const [id, request] = [textOf(value['request_id']), objectOf(value['request'])];
  const tool = textOf(request?.['tool_name']);
  if (id === undefined || tool === undefined || request?.['subtype'] !== 'can_use_tool') return [state, []];
  return [state, [{ kind: 'ask', id, tool, input: objectOf(request['input']) ?? {} }]];
}

function readResult(state: ClaudeState, value: JsonObject): Step {
  const result = resultOf(value);
  const usage = usageOf(value, state.totalUsd);
  const asked = objectsOf(value['permission_denials']);
  const [denied, events] = each(state, asked, (now, denial) =>
    deny(now, { id: denial['tool_use_id'], tool: denial['tool_name'], input: denial['tool_input'] }),
  );
  const sum = state.usage ?? { usd: 0, inputTokens: 0, outputTokens: 0 };
  const next: ClaudeState = {
    ...denied,
    results: state.results + 1,
    text: result.isError ? state.text : result.text,
    failure: result.isError ? result : state.failure,
    usage: {
      usd: sum.usd + usage.usd,
      inputTokens: sum.inputTokens + usage.inputTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
    },
    totalUsd: Math.max(state.totalUsd, amountOf(value['total_cost_usd']) ?? 0),
    turns: (state.results === 0 ? 0 : state.turns) + result.turns,
  };
  return [next, [...events, { kind: 'result', result, usage }]];
}

function each<T>(state: ClaudeState, items: readonly T[], step: (state: ClaudeState, item: T) => Step): Step {
  const events: ClaudeEvent[] = [];
  let now = state;
  for (const item of items) {
    const [next, told] = step(now, item);
    now = next;
    events.push(...told);
  }
  return [now, events];
}

/** One denial is told up to three times: as it happens, in the tool's answer, and in the result. */
function deny(state: ClaudeState, said: { id: unknown; tool: unknown; input: unknown }): Step {
  const id = String(said.id);
  if (state.denied.includes(id) || state.denials.length >= LIMITS.agentDenials) return [state, []];
  const call = state.calls.find((candidate) => candidate.id === id);
  const denial: Denial = {
    tool: textOf(said.tool) ?? call?.tool ?? 'unknown',
    input: said.input === undefined ? (call?.input ?? '') : describeInput(said.input),
  };
  return [
    { ...state, denials: [...state.denials, denial], denied: [...state.denied, id] },
    [{ kind: 'denied', denial }],
  ];
}

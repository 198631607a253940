import type { Usage } from '../../contract/task.js';
import { LIMITS } from '../../contract/limits.js';
import { attemptPrompt } from './prompt.js';
import type { AgentRun } from './port.js';

/** What a service is sent, as JSON. */
export function orderOf({ agent, prompt, env, mode, session, said, timeLimitMs }: AgentRun): string {
  const number = (name: string): number => Number(env[name] ?? 0);
  return JSON.stringify({
    v: 1,
    requestId: env['BATON_REQUEST_ID'] ?? '',
    task: env['BATON_TASK_ID'] ?? '',
    epoch: number('BATON_EPOCH'),
    attempt: number('BATON_ATTEMPT'),
    agent: { name: agent.name, prompt: agent.prompt, model: agent.model },
    prompt: attemptPrompt({ own: '', prompt, isResumed: session !== undefined, said }),
    mode: mode ?? '',
    session: session ?? null,
    timeLimitMs,
  });
}

/** The same for every delivery of one attempt's task; another for another epoch. */
export const idempotencyKeyOf = ({ env }: AgentRun): string => encodeURI(env['BATON_IDEMPOTENCY_KEY'] ?? '');

/** What a service answered. `error`: it says itself that it failed. */
export interface Answer {
  result: string;
  error: string | null;
  session: string | null;
  usage: Usage | null;
  turns: number;
}

/** The answer, or why it is none. */
export function readAnswer(text: string): Answer | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'its answer is no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'its answer is no JSON object';
  const { result, error, session, usage, turns } = value as Record<string, unknown>;
  const failure = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  if (typeof result !== 'string' && typeof failure !== 'string')
    return 'its answer has neither a text "result" nor an "error"';
  const isSession = typeof session === 'string' && session !== '' && session.length <= LIMITS.titleChars;
  return {
    result: typeof result === 'string' ? result : '',
    error: typeof failure === 'string' ? failure.slice(0, LIMITS.reportTextChars) : null,
    session: isSession ? session : null,
    usage: usageIn(usage),
    turns: amountIn(turns) ?? 1,
  };
}

/** Null where it tells nothing of it: what is left of a budget is taken to be used then. */
function usageIn(given: unknown): Usage | null {
  if (typeof given !== 'object' || given === null) return null;
  const { usd, inputTokens, outputTokens } = given as Record<string, unknown>;
  const amounts = [usd, inputTokens, outputTokens].map(amountIn);
  if (amounts.every((amount) => amount === undefined)) return null;
  const [cost = 0, input = 0, output = 0] = amounts;
  return { usd: cost, inputTokens: input, outputTokens: output };
}

const amountIn = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/** Milliseconds from now, for seconds or a date; null where the header says nothing that can be used. */
export function retryAfterOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  const seconds = /^\d{1,9}$/.test(header.trim()) ? Number(header) : undefined;
  const at = seconds === undefined ? (/[a-z]{3}/i.test(header) ? Date.parse(header) : NaN) : now + 1000 * seconds;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

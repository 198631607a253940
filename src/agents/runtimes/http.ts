import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '../../contract/endpoint.js';
import { LIMITS } from '../../contract/limits.js';
import type { TaskError } from '../../contract/task.js';
import { boundedFetch, filledHeaders, requestFailure } from '../endpoint.js';
import { idempotencyKeyOf, orderOf, readAnswer, retryAfterOf, type Answer } from './http-contract.js';
import type { AgentEnd, AgentHooks, AgentRun, Runtime } from './port.js';
import { Transcript } from './transcript.js';

/**
 * Hands an attempt to a service by HTTP: one JSON document there, one back, or a place to ask again. The same attempt comes with the same
 * `Idempotency-Key` after the death of a worker, so that a service that honours it works once.
 */
export function httpRuntime(endpoint: Endpoint, environment: Readonly<Record<string, string | undefined>>): Runtime {
  return async (run, hooks) => {
    const headers = filledHeaders(endpoint.headers, environment);
    // What stands in its headers is a secret, whatever the variable is called.
    const transcript = new Transcript({ ...run.env, ...secretsIn(headers) });
    const over = AbortSignal.timeout(Math.min(run.timeLimitMs, LONGEST_TIMER_MS));
    const signal = AbortSignal.any([hooks.signal, over]);
    const url = new URL(endpoint.url);
    const ask = createAsk({ ...OWN_HEADERS, ...headers, 'Idempotency-Key': idempotencyKeyOf(run) }, signal);
    const outcome = await converse(run, { url, ask, hooks, signal }).catch((error: unknown): Outcome => {
      if (hooks.signal.aborted) return { cancelled: true };
      if (over.aborted)
        return { error: { code: 'time_limit', message: 'the service was given up: the time limit passed' } };
      return { error: { code: 'model_unavailable', message: `the service: ${requestFailure(error)}` } };
    });
    return endOf(outcome, transcript);
  };
}

const OWN_HEADERS = { Accept: 'application/json', 'Content-Type': 'application/json' };

const secretsIn = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.values(headers).flatMap((value, at) => [
      [`SECRET_${at}`, value],
      [`SECRET_${at}_END`, value.slice(value.lastIndexOf(' ') + 1)],
    ]),
  );

const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Outcome = { answer: Answer } | { error: TaskError; resetsAt?: number } | { cancelled: true };

/** Sends the order, or asks at a place that the service named. */
type Ask = (url: URL, order?: string) => Promise<{ response: Response; text: string }>;

function createAsk(headers: Record<string, string>, signal: AbortSignal): Ask {
  const bounded = boundedFetch(LIMITS.outputBytes);
  return async (url, order) => {
    const sending = order === undefined ? {} : { method: 'POST', body: order };
    const response = await bounded(url, { ...sending, headers, redirect: 'manual', signal });
    return { response, text: await response.text() };
  };
}

interface Talk {
  url: URL;
  ask: Ask;
  hooks: AgentHooks;
  signal: AbortSignal;
}

/** Asks until there is an answer: again where the service is busy for a moment, later where it says that it works. */
async function converse(run: AgentRun, { url, ask, hooks, signal }: Talk): Promise<Outcome> {
  let order: string | undefined = orderOf(run);
  if (Buffer.byteLength(order) > LIMITS.endpointRequestBytes)
    return failed('agent_failed', `the order is larger than ${LIMITS.endpointRequestBytes} bytes`);
  let at = url;
  let busy = 0;
  for (let round = 0; round < LIMITS.endpointRounds; round += 1) {
    const { response, text } = await ask(at, order);
    const { status, headers } = response;
    const waitMs = retryAfterOf(headers.get('retry-after'), Date.now());
    if (status === 202) {
      const location = headers.get('location');
      if (location === null) return failed('agent_failed', 'it answered 202 without a Location to ask at');
      [at, order] = [new URL(location, at), undefined];
      // Headers may be secrets, and are for the service alone.
      if (at.origin !== url.origin) return failed('agent_failed', `it names another host: ${at.origin}`);
      hooks.onActivity?.('the service works on it');
    } else if (isBusy(status, waitMs) && busy < LIMITS.endpointBusyRetries) busy += 1;
    else return outcomeOf(status, text, waitMs);
    const pauseMs = Math.min(waitMs ?? LIMITS.endpointPollMs, LIMITS.endpointBusyMs);
    await sleep(Math.max(LIMITS.endpointPollMs, pauseMs), undefined, { signal });
  }
  return failed('agent_failed', `no answer after it was asked ${LIMITS.endpointRounds} times`);
}

const isBusy = (status: number, waitMs: number | null): boolean =>
  (status === 429 || status === 503) && waitMs !== null && waitMs <= LIMITS.endpointBusyMs;

function outcomeOf(status: number, text: string, waitMs: number | null): Outcome {
  if (status === 200) {
    const answer = readAnswer(text);
    return typeof answer === 'string' ? failed('agent_failed', answer) : { answer };
  }
  const said = `it answered ${status}${text.trim() === '' ? '' : `: ${text.trim().slice(0, LIMITS.reportTextChars)}`}`;
  if (status === 429 && waitMs !== null) return { ...failed('usage_limit', said), resetsAt: Date.now() + waitMs };
  if (status >= 300 && status < 400) return failed('agent_failed', `${said}; redirects are not followed`);
  if (status === 401 || status === 403) return failed('model_refused', said);
  return failed(status === 408 || status === 429 || status >= 500 ? 'model_unavailable' : 'agent_failed', said);
}

const failed = (code: TaskError['code'], message: string) => ({ error: { code, message: `the service: ${message}` } });

function endOf(outcome: Outcome, transcript: Transcript): AgentEnd {
  const nothing = { session: null, usage: null, turns: 0, denials: [], tail: '' };
  if ('cancelled' in outcome) return { ...nothing, kind: 'cancelled' };
  if ('error' in outcome) {
    const { error, ...more } = outcome;
    return { ...nothing, ...more, kind: 'failed', error: { ...error, message: transcript.clean(error.message) } };
  }
  const { session, usage, turns, result, error } = outcome.answer;
  const told = { ...nothing, session, usage, turns };
  if (error === null) return { ...told, kind: 'done', text: transcript.answer(result) };
  return {
    ...told,
    kind: 'failed',
    error: { code: 'agent_failed', message: transcript.clean(`the service: ${error}`) },
  };
}

import type { TaskError } from '../../contract/task.js';

/** Why a call of a model failed. `resetsAt`: of `usage_limit`, in ms since 1970, where it was told. */
export interface ModelFailure {
  error: TaskError;
  resetsAt?: number;
  /** The same call may work in a moment. */
  isPassing: boolean;
}

/** Tells by the status of the answer what it means; 429 is the usage limit of the account, whatever limit it was. */
export function modelFailure(error: unknown, now: number): ModelFailure {
  const { statusCode, responseHeaders, message, name } = told(error);
  if (statusCode === 429) {
    const resetsAt = resetOf(responseHeaders, now);
    const limit = { code: 'usage_limit' as const, message };
    return { error: limit, isPassing: false, ...(resetsAt === undefined ? {} : { resetsAt }) };
  }
  if (statusCode === 401 || statusCode === 402 || statusCode === 403)
    return { error: { code: 'model_refused', message }, isPassing: false };
  const isConnection = statusCode === undefined && (name === 'AI_APICallError' || name === 'TimeoutError');
  const isOverload = statusCode !== undefined && (statusCode === 408 || statusCode === 409 || statusCode >= 500);
  if (isConnection || isOverload || name === 'AI_EmptyResponseBodyError' || name === 'AI_TypeValidationError')
    return { error: { code: 'model_unavailable', message }, isPassing: true };
  return { error: { code: 'agent_failed', message }, isPassing: false };
}

interface Told {
  statusCode?: number;
  responseHeaders?: Record<string, string>;
  message: string;
  name: string;
}

function told(error: unknown): Told {
  const { statusCode, responseHeaders, message = String(error), name = '' } = (error ?? {}) as Partial<Told>;
  const status = typeof statusCode === 'number' ? { statusCode } : {};
  const where = status.statusCode === undefined ? '' : ` (HTTP ${status.statusCode})`;
  const text = `the model could not be called${where}: ${message}`;
  return { ...status, ...(responseHeaders ? { responseHeaders } : {}), message: text, name };
}

/** `retry-after` in seconds or as a date, else `retry-after-ms`. */
function resetOf(headers: Record<string, string> | undefined, now: number): number | undefined {
  const text = headers?.['retry-after'];
  const ms = Number(headers?.['retry-after-ms']);
  if (text === undefined) return Number.isFinite(ms) && ms > 0 ? now + ms : undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds >= 0) return now + seconds * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date;
}

import type { Usage } from '../../contract/task.js';
import { amountOf, objectOf, objectsOf, textOf, type JsonObject } from './json.js';

/** A `result` line. `isError` alone tells a failure: `subtype` says `success` for one of the API too. */
export interface ClaudeResult {
  isError: boolean;
  subtype: string;
  /** The answer, or what went wrong in words. */
  text: string;
  /** Why the run ended, such as `completed`, `api_error`, `max_turns`. */
  reason: string;
  /** Status of the API's answer where that was the reason. */
  apiStatus: number | null;
  /** Such as `usage_limit_reached`, `connection_failed`. */
  apiError: string | null;
  turns: number;
}

export function resultOf(value: JsonObject): ClaudeResult {
  const errors = Array.isArray(value['errors']) ? value['errors'].filter((error) => typeof error === 'string') : [];
  return {
    isError: value['is_error'] !== false,
    subtype: textOf(value['subtype']) ?? '',
    text: typeof value['result'] === 'string' ? value['result'] : errors.join('\n'),
    reason: textOf(value['terminal_reason']) ?? '',
    apiStatus: amountOf(value['api_error_status']) ?? null,
    apiError: textOf(value['api_error']) ?? null,
    turns: amountOf(value['num_turns']) ?? 0,
  };
}

/**
 * What the run has used since its result before this one. Input includes what was read from or written to a cache. A version that does not
 * tell that tells the cost of the whole session, of which `toldUsd` is taken off.
 */
export function usageOf(value: JsonObject, toldUsd: number): Usage {
  const byModel = objectOf(value['model_usage_since_last_result']);
  if (byModel) {
    const models = objectsOf(Object.values(byModel));
    return {
      usd: sum(models, ['costUSD']),
      inputTokens: sum(models, ['inputTokens', 'cacheReadInputTokens', 'cacheCreationInputTokens']),
      outputTokens: sum(models, ['outputTokens']),
    };
  }
  const usage = objectsOf([value['usage']]);
  return {
    usd: Math.max(0, (amountOf(value['total_cost_usd']) ?? 0) - toldUsd),
    inputTokens: sum(usage, ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens']),
    outputTokens: sum(usage, ['output_tokens']),
  };
}

const sum = (objects: readonly JsonObject[], names: readonly string[]): number =>
  objects.reduce((total, object) => names.reduce((part, name) => part + (amountOf(object[name]) ?? 0), total), 0);

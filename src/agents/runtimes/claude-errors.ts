import type { Failure } from '../../contract/cli-runtime.js';
import type { ErrorCode } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { TaskError } from '../../contract/task.js';
import { endError } from '../process/end-error.js';
import type { ProcessEnd } from '../process/run.js';
import type { ClaudeState, RateLimit } from '../stream/claude.js';
import type { ClaudeResult } from '../stream/claude-result.js';

/** Why a run that ended by itself, or was ended by a limit, is no success; undefined where it is one. */
export function claudeError(state: ClaudeState, end: ProcessEnd): Omit<TaskError, 'tail'> | undefined {
  if (end.cause === 'exit') return ofExit(state, end.exitCode);
  return endError(end, {
    name: 'Claude Code',
    code: 'agent_failed',
    install: 'install it by `npm install -g @anthropic-ai/claude-code`',
    silenceLimitMs: LIMITS.agentSilenceMs,
  });
}

function ofExit(state: ClaudeState, exitCode: number | null): Omit<TaskError, 'tail'> | undefined {
  const { failure } = state;
  if (failure) return { code: codeOf(state, failure), message: messageOf(state, failure), exitCode };
  const how = `Claude Code ended with exit code ${exitCode ?? '?'}`;
  if (state.results === 0) return { code: 'agent_failed', message: `${how} and without a result`, exitCode };
  return exitCode === 0
    ? undefined
    : { code: 'agent_failed', message: `${how}, though its result is no error`, exitCode };
}

/** What a failed result means: by what the program tells in fields; by its words only where no field tells. */
export function codeOf(state: ClaudeState, failure: ClaudeResult): ClaudeFailureCode {
  const { apiStatus, apiError, reason, text } = failure;
  if (apiError === 'usage_limit_reached' || isUsageLimit(state, failure)) return 'usage_limit';
  if (apiStatus === 401 || apiStatus === 403 || REFUSED.has(state.apiError ?? '') || REFUSED_TEXT.test(text)) {
    return 'model_refused';
  }
  const isOfApi = apiStatus !== null || apiError !== null || reason === 'api_error';
  if (!isOfApi) return 'agent_failed';
  const isRetryable = apiStatus === null || apiStatus === 408 || apiStatus === 429 || apiStatus >= 500;
  return isRetryable ? 'model_unavailable' : 'agent_failed';
}

const REFUSED = new Set(['billing_error', 'authentication_failed']);
const REFUSED_TEXT = /^(?:invalid api key|not logged in|credit balance is too low|failed to authenticate)/i;

const isUsageLimit = (state: ClaudeState, failure: ClaudeResult): boolean =>
  failure.apiStatus === 429 && state.rateLimit?.status === 'rejected';

function messageOf(state: ClaudeState, failure: ClaudeResult): string {
  const text = failure.text.trim() || failure.subtype || 'no reason given';
  const code = codeOf(state, failure);
  const hint = code === 'usage_limit' ? resetOf(state.rateLimit) : HINTS[code];
  return `Claude Code: ${text.slice(0, TEXT_CHARS)}${hint === undefined ? '' : ` (${hint})`}`;
}

/** Leaves room for the hint within `LIMITS.errorTextBytes`, whatever the characters are. */
const TEXT_CHARS = 900;

type ClaudeFailureCode = ErrorCode & Failure;

const HINTS: Partial<Record<ErrorCode, string>> = {
  model_refused: 'set ANTHROPIC_API_KEY where the worker starts, or sign in by starting `claude` once',
};

const resetOf = (limit: RateLimit | null): string =>
  limit?.resetsAt == null ? 'when it is reset is not told' : `reset at ${new Date(limit.resetsAt).toISOString()}`;

/** Whether the session that was to be resumed is not known on this machine. */
export const isUnknownSession = (state: ClaudeState): boolean =>
  state.turns === 0 && /^No conversation found with session ID/m.test(state.failure?.text ?? '');

import { describe, expect, it } from 'vitest';
import { claudeError } from '../../../src/agents/runtimes/claude-errors.js';
import type { ProcessEnd } from '../../../src/agents/process/run.js';
import { CLAUDE_START, type ClaudeState } from '../../../src/agents/stream/claude.js';
import type { ClaudeResult } from '../../../src/agents/stream/claude-result.js';
import { LIMITS } from '../../../src/contract/limits.js';

const end = (more: Partial<ProcessEnd>): ProcessEnd => ({
  cause: 'exit',
  exitCode: 0,
  signal: null,
  failure: null,
  startedAt: 0,
  durationMs: 0,
  outputBytes: 0,
  truncated: false,
  output: Buffer.alloc(0),
  tail: '',
  survivors: [],
  used: null,
  ...more,
});

const DONE: ClaudeState = { ...CLAUDE_START, results: 1, text: 'done' };

function failed(more: Partial<ClaudeResult>, state: Partial<ClaudeState> = {}) {
  const none = { isError: true, subtype: 'success', text: '', reason: '', apiStatus: null, apiError: null, turns: 1 };
  return claudeError({ ...DONE, failure: { ...none, ...more }, ...state }, end({ exitCode: 1 }));
}

describe('the end of a run', () => {
  it('is no failure only with a result that is no error and exit code 0', () => {
    expect(claudeError(DONE, end({}))).toBeUndefined();
    expect(claudeError(DONE, end({ exitCode: 1 }))).toMatchObject({ code: 'agent_failed', exitCode: 1 });
    expect(claudeError(CLAUDE_START, end({}))).toMatchObject({ code: 'agent_failed' });
    expect(claudeError(DONE, end({ cause: 'signal', exitCode: null, signal: 'SIGKILL' }))).toMatchObject({
      code: 'agent_failed',
      signal: 'SIGKILL',
    });
    expect(claudeError(DONE, end({ cause: 'time_limit', exitCode: null }))).toMatchObject({ code: 'time_limit' });
    expect(claudeError(DONE, end({ cause: 'silence', exitCode: null }))).toMatchObject({ code: 'model_unavailable' });
  });

  it('is a failure by its result, though the exit code is 0', () => {
    const failure: ClaudeResult = {
      isError: true,
      subtype: 'error_during_execution',
      text: 'stopped',
      reason: 'aborted_tools',
      apiStatus: null,
      apiError: null,
      turns: 1,
    };
    expect(claudeError({ ...DONE, failure }, end({}))).toMatchObject({ code: 'agent_failed', exitCode: 0 });
  });
});

describe('a failure', () => {
  it.each([
    [{ apiStatus: 500 }, 'model_unavailable'],
    [{ apiStatus: 529 }, 'model_unavailable'],
    [{ apiStatus: 429 }, 'model_unavailable'],
    [{ apiStatus: null, apiError: 'connection_failed' }, 'model_unavailable'],
    [{ apiStatus: null, reason: 'api_error' }, 'model_unavailable'],
    [{ apiStatus: 401 }, 'model_refused'],
    [{ apiStatus: 403 }, 'model_refused'],
    [{ apiStatus: 400, text: 'Credit balance is too low' }, 'model_refused'],
    [{ apiStatus: 400, reason: 'api_error' }, 'agent_failed'],
    [{ apiStatus: 429, apiError: 'usage_limit_reached' }, 'usage_limit'],
    [{ subtype: 'error_max_turns', reason: 'max_turns', text: 'Reached maximum number of turns (1)' }, 'agent_failed'],
    [{ text: 'the tests were failing: invalid api key' }, 'agent_failed'],
  ] as const)('%j is %s', (more, code) => {
    expect(failed(more)).toMatchObject({ code });
  });

  it('that the API calls one of billing is refused, whatever its words', () => {
    expect(failed({ apiStatus: 400 }, { apiError: 'billing_error' })).toMatchObject({ code: 'model_refused' });
  });

  it('by a usage limit says when it is reset, where that is known', () => {
    const limit = (status: string) => ({ status, resetsAt: Date.UTC(2030, 0, 1), window: 'five_hour' });
    expect(failed({ apiStatus: 429 }, { rateLimit: limit('rejected') })).toMatchObject({
      code: 'usage_limit',
      message: expect.stringContaining('2030-01-01T00:00:00.000Z') as string,
    });
    expect(failed({ apiStatus: 429 }, { rateLimit: limit('allowed_warning') })?.code).toBe('model_unavailable');
    expect(failed({ apiError: 'usage_limit_reached' })?.message).toContain('when it is reset is not told');
  });

  it('keeps its message short', () => {
    const error = failed({ apiStatus: 401, text: '€'.repeat(100_000) });
    expect(Buffer.byteLength(error?.message ?? '')).toBeLessThanOrEqual(LIMITS.errorTextBytes);
    expect(error?.message).toContain('ANTHROPIC_API_KEY');
  });
});

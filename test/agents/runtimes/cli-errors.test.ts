import { describe, expect, it } from 'vitest';
import { cliFailure, type CliOutcome } from '../../../src/agents/runtimes/cli-errors.js';
import type { ProcessEnd } from '../../../src/agents/process/run.js';
import { CODEX } from '../../../src/contract/runtimes/codex.js';
import { GEMINI } from '../../../src/contract/runtimes/gemini.js';
import { LIMITS } from '../../../src/contract/limits.js';

const exited = (exitCode: number): ProcessEnd => ({
  cause: 'exit',
  exitCode,
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
});

const outcome = (more: Partial<CliOutcome>): CliOutcome => ({ isDone: false, failure: null, errorText: '', ...more });
const told = (message: string, status: number | null = null) => outcome({ failure: { message, status, reset: null } });
const now = new Date(2026, 10, 21, 10, 30).getTime();

describe('the end of a described command line', () => {
  it('is good only with exit code 0, a good end and no failure', () => {
    const done = outcome({ isDone: true });
    expect(cliFailure(CODEX, { outcome: done, end: exited(0), now })).toBeUndefined();
    expect(cliFailure(CODEX, { outcome: done, end: exited(1), now })?.error.code).toBe('agent_failed');
    expect(cliFailure(CODEX, { outcome: outcome({}), end: exited(0), now })?.error.message).toContain(
      'without a result',
    );
    const failed = outcome({ isDone: true, failure: { message: 'no', status: null, reset: null } });
    expect(cliFailure(CODEX, { outcome: failed, end: exited(0), now })?.error.message).toBe('Codex: no');
  });

  it.each([
    [CODEX, told("You've hit your usage limit. To get more access now, try again at 11:53 AM."), 1, 'usage_limit'],
    [CODEX, told("You've hit your usage limit. Try again later."), 1, 'usage_limit'],
    [CODEX, told('Quota exceeded. Check your plan and billing details.'), 1, 'usage_limit'],
    [CODEX, told('exceeded retry limit, last status: 429 Too Many Requests'), 1, 'model_unavailable'],
    [
      CODEX,
      told("We're currently experiencing high demand, which may cause temporary errors."),
      1,
      'model_unavailable',
    ],
    [CODEX, told('unexpected status 401 Unauthorized: no, url: http://127.0.0.1/v1/responses'), 1, 'model_refused'],
    [CODEX, told('{"error":{"message":"odd"}}'), 1, 'agent_failed'],
    [
      GEMINI,
      told('[API Error: {"error":{"code":401,"status":"UNAUTHENTICATED","message":"API keys bad"}}]'),
      145,
      'model_refused',
    ],
    [GEMINI, told('[API Error: {"error":{"code":403}}]'), 147, 'model_refused'],
    [GEMINI, told('[API Error: {"error":{"code":400,"message":"odd"}}]'), 144, 'agent_failed'],
    [GEMINI, told('[API Error: {"error":{"code":429,"message":"slow down"}}]'), 173, 'model_unavailable'],
    [GEMINI, told('[API Error: {"error":{"code":500}}]'), 244, 'model_unavailable'],
    [GEMINI, told('[API Error: exception TypeError: fetch failed sending request]'), 1, 'model_unavailable'],
    [GEMINI, outcome({ errorText: 'When using Gemini API, you must specify the GEMINI_API_KEY' }), 41, 'model_refused'],
    [GEMINI, outcome({ errorText: 'Error resuming session: No previous sessions found' }), 42, 'unknown_session'],
    [GEMINI, outcome({ errorText: 'some other input error' }), 42, 'agent_failed'],
    [GEMINI, told('odd', 503), 1, 'model_unavailable'],
  ] as const)('of %o is known: %#', (cli, said, exitCode, means) => {
    expect(cliFailure(cli, { outcome: said, end: exited(exitCode), now })?.means).toBe(means);
  });

  it('by a usage limit says when it is reset, where that is told', () => {
    const failureOf = (text: string) => cliFailure(CODEX, { outcome: told(text), end: exited(1), now });
    const messageOf = (text: string) => failureOf(text)?.error.message;
    const time = new Date(2026, 10, 21, 11, 53);
    const at = time.toISOString();
    expect(failureOf("You've hit your usage limit. Try again at 11:53 AM.")?.resetsAt).toBe(time.getTime());
    expect(messageOf("You've hit your usage limit. Visit x.com/y to get more, or try again at 11:53 AM.")).toContain(
      `reset at ${at}`,
    );
    expect(messageOf("You've hit your usage limit. Try again later.")).toContain('when it is reset is not told');
  });

  it('fits into a result, however long its words are', () => {
    const failure = cliFailure(GEMINI, { outcome: told('€'.repeat(100_000)), end: exited(145), now });
    expect(Buffer.byteLength(failure?.error.message ?? '')).toBeLessThan(LIMITS.errorTextBytes);
    expect(failure?.error.message).toContain('GEMINI_API_KEY');
  });
});

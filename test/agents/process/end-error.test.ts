import { describe, expect, it } from 'vitest';
import { endError } from '../../../src/agents/process/end-error.js';
import type { EndCause, ProcessEnd } from '../../../src/agents/process/run.js';

const ended = (cause: EndCause, more: Partial<ProcessEnd> = {}): ProcessEnd => ({
  cause,
  exitCode: null,
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

const missing = { code: 'ENOENT', message: 'the program "make" is not on PATH', transient: false };
const noFolder = { code: 'ENOENT', message: 'the folder "/x" to run in does not exist', transient: false };

describe('the end of a process', () => {
  it('is no error only with exit code 0', () => {
    expect(endError(ended('exit', { exitCode: 0 }), { name: 'make', code: 'command_failed' })).toBeUndefined();
  });

  it.each([
    ['exit', { exitCode: 2 }, { code: 'command_failed', message: 'make ended with exit code 2', exitCode: 2 }],
    [
      'signal',
      { signal: 'SIGKILL' },
      { code: 'command_failed', message: 'make was ended by SIGKILL', signal: 'SIGKILL' },
    ],
    ['time_limit', {}, { code: 'time_limit', message: 'make was ended: the time limit passed' }],
    ['silence', {}, { code: 'model_unavailable', message: 'make was ended: it said nothing for 2.0s' }],
    ['cancel', {}, { code: 'command_failed', message: 'make was ended (cancel)' }],
    ['shutdown', {}, { code: 'command_failed', message: 'make was ended (shutdown)' }],
    ['output', { failure: { ...missing, message: 'refused' } }, { code: 'command_failed', message: 'refused' }],
    ['not_started', { failure: missing }, { code: 'command_not_started', message: missing.message }],
  ] as const)('by %s is told', (cause, more, error) => {
    const told = { name: 'make', code: 'command_failed', silenceLimitMs: 2000 } as const;
    expect(endError(ended(cause, more), told)).toMatchObject(error);
  });

  it('is told as not installed only where the program itself is not there, with what to do', () => {
    const told = { name: 'Make', code: 'agent_failed', install: 'install it' } as const;
    expect(endError(ended('not_started', { failure: missing }), told)).toEqual({
      code: 'not_installed',
      message: 'Make is not installed: the program "make" is not on PATH; install it',
    });
    expect(endError(ended('not_started', { failure: noFolder }), told)).toMatchObject({ code: 'command_not_started' });
  });
});

import { formatDuration } from '../../contract/durations.js';
import type { TaskError } from '../../contract/task.js';
import type { ProcessEnd } from './run.js';

/** How the end of a process is told. */
export interface Told {
  /** What the process is called for people. */
  name: string;
  /** Of an end that is its own fault. */
  code: 'command_failed' | 'agent_failed';
  /** What to do where the program is not there, which is `not_installed` then. */
  install?: string | undefined;
  /** The silence after which it was ended; only what waits for a model has such a limit. */
  silenceLimitMs?: number | undefined;
}

/** Why a process that ended is no success, as the error of its task; undefined where it ended with exit code 0. */
export function endError(end: ProcessEnd, told: Told): Omit<TaskError, 'tail'> | undefined {
  const { exitCode, signal, failure } = end;
  const { name, code } = told;
  switch (end.cause) {
    case 'exit':
      return exitCode === 0
        ? undefined
        : { code, message: `${name} ended with exit code ${exitCode ?? '?'}`, exitCode };
    case 'signal':
      return { code, message: `${name} was ended by ${signal ?? 'a signal'}`, exitCode: null, signal: signal ?? '' };
    case 'not_started':
      return notStarted(end, told);
    case 'time_limit':
      return { code: 'time_limit', message: `${name} was ended: the time limit passed`, exitCode: null };
    case 'silence': {
      const forSoLong = told.silenceLimitMs === undefined ? 'too long' : formatDuration(told.silenceLimitMs);
      const message = `${name} was ended: it said nothing for ${forSoLong}`;
      return { code: 'model_unavailable', message, exitCode: null };
    }
    case 'caps':
      return { code: 'resource_limit', message: `${name} was ended: ${failure?.message ?? ''}`, exitCode: null };
    case 'cancel':
    case 'shutdown':
    case 'output':
      return { code, message: failure?.message ?? `${name} was ended (${end.cause})`, exitCode: null };
  }
}

function notStarted({ failure }: ProcessEnd, { name, install }: Told): Omit<TaskError, 'tail'> {
  const isMissing = failure?.code === 'ENOENT' && failure.message.startsWith('the program ');
  if (install === undefined || !isMissing) {
    return { code: 'command_not_started', message: failure?.message ?? `${name} could not be started` };
  }
  return { code: 'not_installed', message: `${name} is not installed: ${failure.message}; ${install}` };
}

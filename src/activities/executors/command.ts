import { CancelledFailure } from '@temporalio/common';
import { runProcess, type ProcessEnd } from '../../agents/process/run.js';
import { formatDuration } from '../../contract/durations.js';
import type { ArtifactRef, TaskError } from '../../contract/task.js';
import { hooksOf, specOf, type Executed, type Execution } from './execution.js';

/** A command's exit code is its result. */
export async function runCommand(execution: Execution, argv: readonly string[]): Promise<Executed> {
  const { deps, task } = execution;
  const end = await runProcess(await specOf(execution, argv), hooksOf(execution));
  if (end.cause === 'shutdown') throw new CancelledFailure('WORKER_SHUTDOWN');
  const artifacts: ArtifactRef[] =
    end.output.length > 0 ? [await deps.artifacts.put(`${task.id}.log`, end.output)] : [];
  const output = { exitCode: end.exitCode, preview: end.tail, truncated: end.truncated, bytes: end.outputBytes };
  const { startedAt } = end;
  if (end.cause === 'cancel') return { result: { kind: 'cancelled', startedAt }, details: { output } };
  const error = errorOf(end, argv);
  if (error) return { result: { kind: 'failed', startedAt, error, artifacts }, details: { output } };
  const summary = `exit code 0 after ${formatDuration(end.durationMs)}`;
  return {
    result: { kind: 'completed', startedAt, summary, output: { exitCode: 0, bytes: end.outputBytes }, artifacts },
    details: { output },
  };
}

/** Why an ended process is no success; undefined where it is one. */
function errorOf(end: ProcessEnd, argv: readonly string[]): TaskError | undefined {
  const program = argv[0] ?? '';
  const tail = end.tail === '' ? {} : { tail: end.tail };
  switch (end.cause) {
    case 'exit':
      if (end.exitCode === 0) return undefined;
      return {
        code: 'command_failed',
        message: `${program} ended with exit code ${end.exitCode ?? '?'}`,
        exitCode: end.exitCode,
        ...tail,
      };
    case 'signal':
      return {
        code: 'command_failed',
        message: `${program} was ended by ${end.signal ?? 'a signal'}`,
        exitCode: null,
        signal: end.signal ?? '',
        ...tail,
      };
    case 'not_started':
      return {
        code: 'command_not_started',
        message: end.failure?.message ?? `${program} could not be started`,
        ...tail,
      };
    case 'time_limit':
    case 'silence':
      return { code: 'time_limit', message: `${program} was ended: its time limit passed`, exitCode: null, ...tail };
    default:
      return {
        code: 'command_failed',
        message: end.failure?.message ?? `${program} was ended (${end.cause})`,
        exitCode: null,
        ...tail,
      };
  }
}

import { endError } from '../../agents/process/end-error.js';
import { runProcess } from '../../agents/process/run.js';
import { formatDuration } from '../../contract/durations.js';
import type { ArtifactRef, TaskError } from '../../contract/task.js';
import { hooksOf, specOf, type Executed, type Execution } from './execution.js';
import { CancelledFailure } from '../../sdk/common.js';

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
  const failure = endError(end, { name: argv[0] ?? '', code: 'command_failed' });
  if (failure) {
    const error: TaskError = { ...failure, ...(end.tail === '' ? {} : { tail: end.tail }) };
    return { result: { kind: 'failed', startedAt, error, artifacts }, details: { output } };
  }
  const summary = `exit code 0 after ${formatDuration(end.durationMs)}`;
  return {
    result: { kind: 'completed', startedAt, summary, output: { exitCode: 0, bytes: end.outputBytes }, artifacts },
    details: { output },
  };
}

import { endLeftovers } from '../../agents/process/end.js';
import { endError } from '../../agents/process/end-error.js';
import { runProcess } from '../../agents/process/run.js';
import { LIMITS } from '../../contract/limits.js';
import type { ArtifactRef, BrokenCheck, TaskError } from '../../contract/task.js';
import { textOfCheck } from '../../planning/checks.js';
import { CancelledFailure } from '../../sdk/common.js';
import { hooksOf, specOf, type Executed, type Execution } from './execution.js';

/** A check that broke, with all that it printed. */
export interface Broken {
  check: BrokenCheck;
  artifacts: ArtifactRef[];
}

/**
 * Runs a task's checks one after the other in a folder, each with the task's environment and time limit, until one does not end with exit
 * code 0. Throws where the task is ended meanwhile: then nothing is known of what they would have said.
 */
async function runChecks(execution: Execution, folder: string): Promise<Broken | undefined> {
  const { deps, task } = execution;
  for (const check of task.checks ?? []) {
    const argv = check.kind === 'command' ? check.argv : ['sh', '-c', check.script];
    const end = await runProcess(await specOf({ ...execution, workspace: folder }, argv), hooksOf(execution));
    if (end.cause === 'shutdown') throw new CancelledFailure('WORKER_SHUTDOWN');
    if (end.cause === 'cancel') throw new CancelledFailure('CANCELLED');
    const command = textOfCheck(check).slice(0, LIMITS.checkCommandChars);
    const failure = endError(end, { name: check.kind === 'command' ? (argv[0] ?? '') : 'sh', code: 'command_failed' });
    if (!failure) continue;
    const { message } = failure;
    const artifacts = end.output.length > 0 ? [await deps.artifacts.put(`${task.id}.check.log`, end.output)] : [];
    return { check: { command, message, tail: end.tail.slice(-LIMITS.checkTailChars) }, artifacts };
  }
  return undefined;
}

/** The same where the folder is gone afterwards: what the checks left running is ended with them. */
export async function runChecksAlone(execution: Execution, folder: string): Promise<Broken | undefined> {
  try {
    return await runChecks(execution, folder);
  } finally {
    await endLeftovers(execution.identity.taskKey);
  }
}

/** A task without an agent that did its work: it has failed all the same where a check breaks. */
export async function withChecks(execution: Execution, executed: Executed): Promise<Executed> {
  if (executed.result.kind !== 'completed') return executed;
  const broken = await runChecks(execution, execution.workspace);
  if (!broken) return executed;
  const { startedAt, artifacts } = executed.result;
  return {
    ...executed,
    result: {
      kind: 'failed',
      startedAt,
      error: checkError(broken.check),
      artifacts: [...artifacts, ...broken.artifacts],
    },
  };
}

export const checkError = ({ command, message, tail }: BrokenCheck): TaskError => ({
  code: 'check_failed',
  message: `the check \`${command}\` broke: ${message}`,
  ...(tail === '' ? {} : { tail }),
});

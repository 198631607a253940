import { endError } from '../../agents/process/end-error.js';
import { OutputKeeper } from '../../agents/process/output.js';
import { runProcess } from '../../agents/process/run.js';
import { LIMITS } from '../../contract/limits.js';
import type { Action } from '../../contract/plan.js';
import type { TaskError } from '../../contract/task.js';
import { CancelledFailure } from '../../sdk/common.js';
import { hooksOf, specOf, type Executed, type Execution } from './execution.js';
import { completedWith, readValue } from './value.js';

/** A skill's own program: its input as JSON on standard input, its result as JSON on standard output, held to its schema. */
export async function runProgram(execution: Execution, action: Action & { kind: 'program' }): Promise<Executed> {
  const printed = new OutputKeeper(LIMITS.outputBytes);
  const spec = await specOf(execution, action.argv);
  const end = await runProcess(
    { ...spec, stdin: JSON.stringify(action.with), outputBytes: 0 },
    {
      ...hooksOf(execution),
      onOutput: (chunk, stream) => {
        if (stream === 'stdout') printed.add(chunk, stream);
      },
    },
  );
  if (end.cause === 'shutdown') throw new CancelledFailure('WORKER_SHUTDOWN');
  const { startedAt } = end;
  const output = { exitCode: end.exitCode, preview: end.tail, truncated: true, bytes: end.outputBytes };
  if (end.cause === 'cancel') return { result: { kind: 'cancelled', startedAt }, details: { output } };
  const failed = (error: TaskError): Executed => ({
    result: { kind: 'failed', startedAt, error: { ...error, ...tailOf(end.tail) }, artifacts: [] },
    details: { output },
  });
  const failure = endError(end, { name: `the skill ${action.skill}`, code: 'command_failed' });
  if (failure) return failed(failure);
  if (printed.bytes > LIMITS.outputBytes) {
    const message = `the result of the skill ${action.skill} has ${printed.bytes} bytes; at most ${LIMITS.outputBytes} are taken`;
    return failed({ code: 'skill_output', message });
  }
  const text = printed.finish().output.toString('utf8');
  const read = await readValue(text, { skill: action.skill, schema: action.output });
  return 'error' in read
    ? failed(read.error)
    : completedWith(execution, { value: read.value, startedAt, env: spec.env });
}

const tailOf = (tail: string): { tail?: string } => (tail === '' ? {} : { tail });

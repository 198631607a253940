import { LIMITS } from '../../contract/limits.js';
import type { TaskError } from '../../contract/task.js';
import { OutputKeeper } from '../process/output.js';
import { runProcess, type ProcessEnd } from '../process/run.js';
import { shorten } from '../stream/claude-input.js';
import { LineSplitter } from '../stream/lines.js';
import type { Runtime } from './port.js';
import { Transcript } from './transcript.js';

/**
 * Runs a program as an agent: the agent's own prompt and the task's on standard input, which is then closed; what it prints to standard output
 * is its answer, its exit code whether it managed.
 */
export const commandAgent: Runtime = async (run, hooks) => {
  const transcript = new Transcript(run.env);
  const answer = new OutputKeeper(LIMITS.agentAnswerBytes);
  const lines = new LineSplitter(LIMITS.outputLineChars);
  const end = await runProcess(
    {
      argv: run.agent.command,
      cwd: run.cwd,
      env: run.env,
      taskKey: run.taskKey,
      stdin: [run.agent.prompt, run.prompt].filter((text) => text !== '').join('\n\n'),
      timeLimitMs: run.timeLimitMs,
      killGraceMs: LIMITS.killGraceMs,
      outputBytes: 0,
    },
    {
      signal: hooks.signal,
      ...(hooks.launcher && { start: hooks.launcher.start }),
      ...(hooks.onSpawn && { onStart: hooks.onSpawn }),
      onOutput: (chunk, stream) => {
        transcript.add(chunk, stream);
        if (stream === 'stderr') return;
        answer.add(chunk, stream);
        const last = lines.add(chunk).at(-1);
        if (last) hooks.onActivity?.(transcript.line(last.text));
      },
    },
  );
  const tail = transcript.tail();
  const told = { session: null, usage: null, turns: 1, denials: [], tail };
  if (end.cause === 'cancel' || end.cause === 'shutdown') return { ...told, kind: 'cancelled' };
  const error = errorOf(end, run.agent.command[0] ?? '');
  if (error) return { ...told, kind: 'failed', error: { ...error, ...(tail === '' ? {} : { tail }) } };
  return { ...told, kind: 'done', text: transcript.clean(answer.finish().output.toString('utf8')).trim() };
};

function errorOf(end: ProcessEnd, program: string): Omit<TaskError, 'tail'> | undefined {
  const { exitCode, signal, failure } = end;
  const name = shorten(program);
  switch (end.cause) {
    case 'exit':
      if (exitCode === 0) return undefined;
      return { code: 'agent_failed', message: `${name} ended with exit code ${exitCode ?? '?'}`, exitCode };
    case 'signal':
      return {
        code: 'agent_failed',
        message: `${name} was ended by ${signal ?? 'a signal'}`,
        exitCode,
        signal: signal ?? '',
      };
    case 'not_started':
      return { code: 'command_not_started', message: failure?.message ?? `${name} could not be started` };
    case 'time_limit':
      return { code: 'time_limit', message: `${name} was ended: the time limit passed`, exitCode };
    default:
      return { code: 'agent_failed', message: failure?.message ?? `${name} was ended (${end.cause})`, exitCode };
  }
}

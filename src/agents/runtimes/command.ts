import { LIMITS } from '../../contract/limits.js';
import { endError } from '../process/end-error.js';
import { OutputKeeper } from '../process/output.js';
import { shorten } from '../stream/claude-input.js';
import { LineSplitter } from '../stream/lines.js';
import { runAgentProcess } from './agent-process.js';
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
  const end = await runAgentProcess(run, hooks, {
    argv: run.agent.command,
    env: run.env,
    stdin: [run.agent.prompt, run.prompt].filter((text) => text !== '').join('\n\n'),
    onOutput: (chunk, stream) => {
      transcript.add(chunk, stream);
      if (stream === 'stderr') return;
      answer.add(chunk, stream);
      const last = lines.add(chunk).at(-1);
      if (last) hooks.onActivity?.(transcript.line(last.text));
    },
  });
  const tail = transcript.tail();
  const told = { session: null, usage: null, turns: 1, denials: [], tail };
  if (end.cause === 'cancel' || end.cause === 'shutdown') return { ...told, kind: 'cancelled' };
  const error = endError(end, { name: shorten(run.agent.command[0] ?? ''), code: 'agent_failed' });
  if (error) return { ...told, kind: 'failed', error: { ...error, ...(tail === '' ? {} : { tail }) } };
  return { ...told, kind: 'done', text: transcript.clean(answer.finish().output.toString('utf8')).trim() };
};

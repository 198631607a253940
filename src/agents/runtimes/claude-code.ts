import { LIMITS } from '../../contract/limits.js';
import type { Asks } from '../../contract/task.js';
import type { ProcessEnd } from '../process/run.js';
import { CLAUDE_START, readClaude, type ClaudeEvent, type ClaudeState } from '../stream/claude.js';
import { LineSplitter, type Line } from '../stream/lines.js';
import { runAgentProcess } from './agent-process.js';
import { claudeArguments, claudeEnvironment, claudePrompt } from './claude-arguments.js';
import { claudeError, isUnknownSession } from './claude-errors.js';
import { claudeNote } from './claude-notes.js';
import { ClaudePrompts } from './claude-prompts.js';
import type { AgentEnd, AgentHooks, AgentRun, Runtime } from './port.js';
import { Transcript } from './transcript.js';

/**
 * Runs Claude Code without a person: `claude -p`, the prompt by standard input, its output read as it arrives. Where the session to resume is
 * not known on this machine, the agent starts anew in the time that is left.
 */
export const claudeCode: Runtime = async (run, hooks) => {
  const began = performance.now();
  const transcript = new Transcript(run.env);
  const first = await runOnce(run, hooks, transcript);
  if (run.session === undefined || !isUnknownSession(first.state)) return endOf(first, transcript);
  hooks.onActivity?.(transcript.note(`session ${run.session} is not known here: the agent starts anew`));
  const { session: _, ...anew } = run;
  const timeLimitMs = Math.max(1, run.timeLimitMs - (performance.now() - began));
  return endOf(await runOnce({ ...anew, timeLimitMs }, hooks, transcript), transcript);
};

interface Ran {
  state: ClaudeState;
  end: ProcessEnd;
  /** What it was ended for asking. */
  asks: Asks | undefined;
}

async function runOnce(run: AgentRun, hooks: AgentHooks, transcript: Transcript): Promise<Ran> {
  const splitter = new LineSplitter();
  const { onAsk } = hooks;
  const prompts = onAsk && new ClaudePrompts(onAsk);
  let state = CLAUDE_START;
  const take = (line: Line): void => {
    const [next, events] = readClaude(state, line);
    state = next;
    for (const event of events) {
      tell(event, hooks, transcript);
      prompts?.take(event);
    }
  };
  const prompt = claudePrompt(run);
  const end = await runAgentProcess(run, hooks, {
    argv: ['claude', ...claudeArguments(run.agent, { ...run, asks: prompts !== undefined })],
    env: claudeEnvironment(run.env),
    stdin: prompts ? prompts.begin(prompt) : prompt,
    silenceLimitMs: LIMITS.agentSilenceMs,
    ...(prompts && { onInput: prompts.onInput, signal: prompts.signal }),
    onOutput: (chunk, stream) => {
      if (stream === 'stderr') transcript.add(chunk, stream);
      else splitter.add(chunk).forEach(take);
    },
  });
  splitter.finish().forEach(take);
  return { state, end, asks: prompts?.parked };
}

function tell(event: ClaudeEvent, hooks: AgentHooks, transcript: Transcript): void {
  if (event.kind === 'session') return hooks.onSession?.(event.session);
  const note = claudeNote(event);
  if (note !== undefined) hooks.onActivity?.(transcript.note(note));
}

function endOf({ state, end, asks }: Ran, transcript: Transcript): AgentEnd {
  const { session, usage, turns } = state;
  const denials = state.denials.map(({ tool, input }) => ({ tool, input: transcript.line(input) }));
  const tail = transcript.tail();
  const told = { session, usage, turns, denials, tail };
  // A person's cancel may have come at the same moment.
  if (end.cause === 'cancel' && asks) return { ...told, kind: 'parked', asks };
  if (end.cause === 'cancel' || end.cause === 'shutdown') return { ...told, kind: 'cancelled' };
  const error = claudeError(state, end);
  if (!error) return { ...told, kind: 'done', text: transcript.answer(state.text ?? '') };
  const message = transcript.clean(error.message);
  const resetsAt = error.code === 'usage_limit' ? state.rateLimit?.resetsAt : null;
  return {
    ...told,
    kind: 'failed',
    error: { ...error, message, ...(tail === '' ? {} : { tail }) },
    ...(resetsAt == null ? {} : { resetsAt }),
  };
}

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CliRuntime } from '../../contract/cli-runtime.js';
import { LIMITS } from '../../contract/limits.js';
import type { Usage } from '../../contract/task.js';
import type { ProcessEnd } from '../process/run.js';
import { shorten } from '../stream/claude-input.js';
import { LineSplitter } from '../stream/lines.js';
import { runAgentProcess } from './agent-process.js';
import { accessOf, startOf } from './cli-arguments.js';
import { cliFailure, type CliFailure } from './cli-errors.js';
import { createReader, type CliNote, type CliReader } from './cli-readers.js';
import type { AgentEnd, AgentHooks, AgentRun, Runtime } from './port.js';
import { Transcript } from './transcript.js';

/**
 * A runtime that is data: runs the command line that `cli` describes. Where the session to resume is not known on this machine, the agent
 * starts anew in the time that is left.
 */
export function cliRuntime(cli: CliRuntime): Runtime {
  return async (run, hooks) => {
    const began = performance.now();
    const transcript = new Transcript(run.env);
    const foreign = foreignSettingOf(cli, run.cwd);
    if (foreign !== undefined) return refused(cli, foreign);
    const first = await runOnce(cli, { run, hooks, transcript });
    const isUnknown = first.failure?.means === 'unknown_session' && first.reader.told().session === null;
    if (run.session === undefined || !isUnknown) return endOf(first, run, transcript);
    hooks.onActivity?.(transcript.note(`session ${run.session} is not known here: the agent starts anew`));
    const { session: _, usedBefore: __, ...anew } = run;
    const timeLimitMs = Math.max(1, run.timeLimitMs - (performance.now() - began));
    const second = { ...anew, timeLimitMs };
    return endOf(await runOnce(cli, { run: second, hooks, transcript }), second, transcript);
  };
}

/** A file of the repository by which it would have a say in what the program does; looked for up to the repository's top. */
function foreignSettingOf({ foreignSettings }: CliRuntime, cwd: string): string | undefined {
  for (let folder = cwd, level = 0; level < LIMITS.planNestingDepth; level += 1) {
    const found = foreignSettings.map((name) => join(folder, name)).find((path) => existsSync(path));
    const isTop = existsSync(join(folder, '.git')) || dirname(folder) === folder;
    if (found !== undefined || isTop) return found;
    folder = dirname(folder);
  }
  return undefined;
}

function refused({ title }: CliRuntime, path: string): AgentEnd {
  const what = `${title} was not started: by ${shorten(path)} the repository could make it run code`;
  const message = `${what}; remove that, give the agent another runtime, or trust it by a runtime with foreignSettings: []`;
  const told = { session: null, usage: null, turns: 0, denials: [], tail: '' };
  return { ...told, kind: 'failed', error: { code: 'agent_failed', message, exitCode: null } };
}

interface Attempt {
  run: AgentRun;
  hooks: AgentHooks;
  transcript: Transcript;
}

interface Ran {
  reader: CliReader;
  end: ProcessEnd;
  failure: CliFailure | undefined;
}

async function runOnce(cli: CliRuntime, { run, hooks, transcript }: Attempt): Promise<Ran> {
  const reader = createReader(cli);
  const errors = new LineSplitter(ERROR_LINE_BYTES);
  const errorLines: string[] = [];
  const tell = (notes: readonly CliNote[]): void => {
    for (const note of notes) {
      if (note.kind === 'session') hooks.onSession?.(note.session);
      else hooks.onActivity?.(note.isKept ? transcript.note(note.text) : transcript.line(note.text));
    }
  };
  const takeError = (line: { text: string; cut: boolean }): void => {
    if (line.text.trim() !== '') errorLines.push(line.text);
    if (errorLines.length > ERROR_LINES) errorLines.shift();
    tell(reader.addError(line));
  };
  const end = await runAgentProcess(run, hooks, {
    ...startOf(cli, { agent: run.agent, prompt: run.prompt, session: run.session }),
    env: { ...cli.defaults, ...run.env, ...cli.accessVariables?.[accessOf(run.agent.tools)] },
    silenceLimitMs: cli.silenceLimitMs,
    onOutput: (chunk, stream) => {
      if (stream === 'stderr' || cli.output === 'text') transcript.add(chunk, stream);
      if (stream === 'stderr') errors.add(chunk).forEach(takeError);
      else tell(reader.add(chunk));
    },
  });
  errors.finish().forEach(takeError);
  tell(reader.finish());
  const { isDone, failure: told, text } = reader.told();
  // What prints text may print its errors there too.
  const printed = cli.output === 'text' && text !== null ? text.slice(-ERROR_LINE_BYTES).trim() : '';
  const errorText = [...errorLines, printed].join('\n').trim();
  const outcome = { isDone, failure: told, errorText };
  return { reader, end, failure: cliFailure(cli, { outcome, end, now: Date.now() }) };
}

/** Of standard error: what rules look at, and what an error shows. */
const ERROR_LINES = 20;
const ERROR_LINE_BYTES = 4096;

function endOf({ reader, end, failure }: Ran, run: AgentRun, transcript: Transcript): AgentEnd {
  const { session, usage, turns, denials, text, isTotal } = reader.told();
  const tail = transcript.tail();
  const told = {
    session,
    usage: usage && isTotal && run.usedBefore ? difference(usage, run.usedBefore) : usage,
    turns,
    denials: denials.map(({ tool, input }) => ({ tool: transcript.line(tool), input: transcript.line(input) })),
    tail,
  };
  if (end.cause === 'cancel' || end.cause === 'shutdown') return { ...told, kind: 'cancelled' };
  if (!failure) return { ...told, kind: 'done', text: transcript.answer(text ?? '').trim() };
  const { error, resetsAt } = failure;
  const message = transcript.clean(error.message);
  return {
    ...told,
    kind: 'failed',
    error: { ...error, message, ...(tail === '' ? {} : { tail }) },
    ...(resetsAt === undefined ? {} : { resetsAt }),
  };
}

const difference = (total: Usage, before: Usage): Usage => ({
  usd: Math.max(0, total.usd - before.usd),
  inputTokens: Math.max(0, total.inputTokens - before.inputTokens),
  outputTokens: Math.max(0, total.outputTokens - before.outputTokens),
});

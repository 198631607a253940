import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../contract/limits.js';
import { endProcesses } from './end.js';
import { checkTaskKey } from './environment.js';
import { MARKER } from './find.js';
import { OutputKeeper } from './output.js';
import type { OutputStream } from './output.js';
import { explainStart, findProgram } from './program.js';
import type { StartFailure } from './program.js';
import { previewOf } from './redact.js';
import { callAfter } from './timer.js';

export interface ProcessSpec {
  /** Program and arguments; no shell sees them. */
  argv: readonly string[];
  cwd: string;
  /** The whole environment (see `taskEnvironment`). */
  env: Readonly<Record<string, string>>;
  /** The marker by which the task's processes are found. */
  taskKey: string;
  /** Written to its standard input, which is then closed; without it there is nothing to read. */
  stdin?: string | null;
  timeLimitMs: number;
  /** Ends a process that prints nothing for so long. */
  silenceLimitMs?: number;
  /** From TERM to KILL. */
  killGraceMs: number;
  /** What is kept of its output. */
  outputBytes: number;
  /** Values that never show in `tail`. */
  secrets?: readonly string[];
}

export interface ProcessHooks {
  /** Aborted with the reason `shutdown` where the worker stops; any other reason is a cancel. */
  signal: AbortSignal;
  /** The pid, which is also its process group and session. */
  onStart?(pid: number): void;
  /** Every piece as it comes, also beyond `outputBytes`. What it throws ends the process with the cause `output`. */
  onOutput?(chunk: Buffer, stream: OutputStream): void;
}

/**
 * Why a process ended; set once, the first wins. `exit` and `signal`: by itself or by somebody else. `not_started`: there was none.
 * The others: Baton ended it, and whatever it answered then is no result.
 */
export type EndCause = 'exit' | 'signal' | 'time_limit' | 'silence' | 'cancel' | 'shutdown' | 'output' | 'not_started';

export interface ProcessEnd {
  cause: EndCause;
  /** Only with the cause `exit`. */
  exitCode: number | null;
  /** The signal that ended it, by whomever it was sent. */
  signal: NodeJS.Signals | null;
  /** Why it was not started (`not_started`), or what its reader threw (`output`). */
  failure: StartFailure | null;
  startedAt: number;
  durationMs: number;
  /** Bytes printed, kept or not. */
  outputBytes: number;
  /** Whether `output` lacks some of them and says so in its last line. */
  truncated: boolean;
  /** Standard output and standard error in order of arrival, as they were printed. */
  output: Buffer;
  /** The end of all output for people: no control characters, no secrets, at most `LIMITS.outputPreviewBytes`. */
  tail: string;
  /** Processes that could not be ended. */
  survivors: number[];
}

/**
 * Runs one command of a task as a capsule: a session of its own, a given environment, bounded time and output, and an end that takes its
 * whole tree with it, wherever in it a process moved to. Never rejects for what the command does.
 *
 * A command that exits keeps what it left running in the background on purpose; but its pipes are closed then, so that nothing waits for
 * them. One that a signal ended meant nothing by it: what is left of its tree is ended too.
 * @throws BatonError `bad_input` for a task key that cannot be a marker
 */
export async function runProcess(spec: ProcessSpec, hooks: ProcessHooks): Promise<ProcessEnd> {
  checkTaskKey(spec.taskKey);
  const [startedAt, clock] = [Date.now(), performance.now()];
  const keeper = new OutputKeeper(spec.outputBytes);
  const finish = (cause: EndCause, more: Partial<ProcessEnd> = {}): ProcessEnd => {
    const { output, end } = keeper.finish();
    return {
      cause,
      exitCode: null,
      signal: null,
      failure: null,
      startedAt,
      durationMs: Math.round(performance.now() - clock),
      outputBytes: keeper.bytes,
      truncated: keeper.truncated,
      output,
      tail: previewOf(end, spec.secrets ?? []),
      survivors: [],
      ...more,
    };
  };
  if (hooks.signal.aborted) return finish(abortCause(hooks.signal));
  const started = await start(spec);
  if ('failure' in started) return finish('not_started', started);

  const { child, pid, exit } = started;
  const verdict = firstEnd(spec, hooks, started, keeper);
  giveInput(child, spec.stdin);
  hooks.onStart?.(pid);
  const { cause, failure } = await verdict;
  const leader = cause === 'signal' ? {} : { leader: pid };
  const { survivors } =
    cause === 'exit' ? { survivors: [] } : await endProcesses({ key: spec.taskKey, ...leader }, spec.killGraceMs);
  await drain(started, keeper);
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
  const { code, signal } = (await Promise.race([exit, turn(undefined)])) ?? { code: null, signal: null };
  return finish(cause, { exitCode: cause === 'exit' ? code : null, signal, failure, survivors });
}

interface Started {
  child: ChildProcess;
  pid: number;
  exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** It has exited and both its pipes have ended. */
  closed: Promise<void>;
}

async function start(spec: ProcessSpec): Promise<Started | { failure: StartFailure }> {
  const [name = '', ...args] = spec.argv;
  const program = findProgram(name, spec.cwd, spec.env['PATH']);
  if ('failure' in program) return program;
  let child: ChildProcess;
  try {
    child = spawn(program.file, args, {
      argv0: name,
      cwd: spec.cwd,
      env: { ...spec.env, [MARKER]: spec.taskKey },
      stdio: [typeof spec.stdin === 'string' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: true,
    });
  } catch (error) {
    return { failure: explainStart(error, name) };
  }
  const exit: Started['exit'] = new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const failed = new Promise<unknown>((resolve) => child.on('error', resolve));
  if (child.pid === undefined) return { failure: explainStart(await failed, name) };
  return { child, pid: child.pid, exit, closed };
}

/** Reads its output and waits for the first thing that ends it. */
function firstEnd(
  spec: ProcessSpec,
  hooks: ProcessHooks,
  { child, exit }: Started,
  keeper: OutputKeeper,
): Promise<{ cause: EndCause; failure: StartFailure | null }> {
  return new Promise((resolve) => {
    const stopTimers: (() => void)[] = [];
    const end = (cause: EndCause, failure: StartFailure | null = null): void => {
      hooks.signal.removeEventListener('abort', onAbort);
      for (const stop of stopTimers.splice(0)) stop();
      resolve({ cause, failure });
    };
    const onAbort = (): void => end(abortCause(hooks.signal));
    hooks.signal.addEventListener('abort', onAbort);
    if (hooks.signal.aborted) onAbort();
    void exit.then(({ signal }) => end(signal === null ? 'exit' : 'signal'));
    stopTimers.push(callAfter(spec.timeLimitMs, () => end('time_limit')));

    let lastOutput = performance.now();
    const silence = spec.silenceLimitMs;
    const watchSilence = (waitMs: number, limitMs: number): (() => void) =>
      callAfter(waitMs, () => {
        const left = limitMs - (performance.now() - lastOutput);
        if (left <= 0) end('silence');
        else stopTimers.push(watchSilence(left, limitMs));
      });
    if (silence !== undefined) stopTimers.push(watchSilence(silence, silence));

    for (const stream of ['stdout', 'stderr'] as const) {
      const pipe = child[stream];
      pipe?.on('error', () => undefined);
      pipe?.on('data', (chunk: Buffer) => {
        lastOutput = performance.now();
        keeper.add(chunk, stream);
        try {
          hooks.onOutput?.(chunk, stream);
        } catch (error) {
          end('output', readerFailure(error));
        }
      });
    }
  });
}

const abortCause = (signal: AbortSignal): EndCause => (signal.reason === 'shutdown' ? 'shutdown' : 'cancel');

function readerFailure(error: unknown): StartFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'OUTPUT', message: `its output was refused: ${message}`, transient: false };
}

/** A process may end without having read everything, or anything: EPIPE is no failure. */
function giveInput(child: ChildProcess, text: string | null | undefined): void {
  child.stdin?.on('error', () => undefined);
  if (typeof text === 'string') child.stdin?.end(text);
}

/** Reads what is still in the pipes, but does not wait for a survivor that holds them open in silence. */
async function drain({ closed }: Started, keeper: OutputKeeper): Promise<void> {
  let done = false;
  void closed.then(() => (done = true));
  const began = performance.now();
  while (performance.now() - began < LIMITS.drainMs) {
    const before = keeper.bytes;
    await Promise.race([closed, sleep(LIMITS.drainQuietMs, undefined, { ref: false })]);
    if (done) return;
    // After a long pause of this process the timer comes before what waits to be read.
    await turn();
    await turn();
    if (keeper.bytes === before) return;
  }
}

import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../contract/limits.js';
import type { ProcessUsage } from '../../contract/task.js';
import { endProcesses } from './end.js';
import { checkTaskKey } from './environment.js';
import { MARKER } from './find.js';
import { OutputKeeper } from './output.js';
import type { OutputStream } from './output.js';
import { measureTree } from './measure.js';
import type { TreeCaps } from './measure.js';
import { findProgram } from './program.js';
import type { StartFailure } from './program.js';
import { previewOf, redactBytes, secretsOf } from './redact.js';
import { inSandbox, type Sandbox } from './sandbox.js';
import { startProcess } from './start.js';
import type { OutputReader, RunningProcess, StartProcess } from './start.js';
import { callAfter } from './timer.js';

export interface ProcessSpec {
  /** Program and arguments; no shell sees them. */
  argv: readonly string[];
  cwd: string;
  /** The whole environment (see `taskEnvironment`). */
  env: Readonly<Record<string, string>>;
  /** The marker by which the task's processes are found. */
  taskKey: string;
  /** Absent: it sees the machine as this process does. */
  sandbox?: Sandbox | undefined;
  /** Written to its standard input, which is then closed; without it there is nothing to read. */
  stdin?: string | null;
  /** Its standard input stays open for what is written later (see `onInput`). */
  keepsInput?: boolean;
  timeLimitMs: number;
  /** Ends a process that prints nothing for so long. */
  silenceLimitMs?: number;
  /** What its processes may use together; where it is given, they are measured. */
  caps?: TreeCaps;
  /** From TERM to KILL. */
  killGraceMs: number;
  /** What is kept of its output. */
  outputBytes: number;
}

export interface ProcessHooks {
  /** Aborted with the reason `shutdown` where the worker stops; any other reason is a cancel. */
  signal: AbortSignal;
  /** Starts it; where it is absent, as a child of this process. */
  start?: StartProcess;
  /** The pid, which is also its process group and session. */
  onStart?(pid: number): void;
  /** How more is written to its standard input, where that stays open; null closes it. */
  onInput?: (write: (text: string | null) => void) => void;
  /** Every piece as it comes, also beyond `outputBytes`. What it throws ends the process with the cause `output`. */
  onOutput?(chunk: Buffer, stream: OutputStream): void;
}

/**
 * Why a process ended; set once, the first wins. `exit` and `signal`: by itself or by somebody else. `not_started`: there was none.
 * The others: Baton ended it, and whatever it answered then is no result.
 */
export type EndCause =
  'exit' | 'signal' | 'time_limit' | 'silence' | 'caps' | 'cancel' | 'shutdown' | 'output' | 'not_started';

export interface ProcessEnd {
  cause: EndCause;
  /** Only with the cause `exit`. */
  exitCode: number | null;
  /** The signal that ended it, by whomever it was sent. */
  signal: NodeJS.Signals | null;
  /** Why it was not started (`not_started`), what its reader threw (`output`), or what it used too much of (`caps`). */
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
  /** What its processes used; null where that was not measured. */
  used: ProcessUsage | null;
}

/**
 * Runs one command of a task as a capsule: a session of its own, a given environment, bounded time and output, and an end that takes its
 * whole tree with it, wherever in it a process moved to. Never rejects for what the command does.
 *
 * A command that exits keeps what it left running in the background on purpose; but its pipes are closed then, so that nothing waits for
 * them. One that a signal ended meant nothing by it: what is left of its tree is ended too.
 * @throws BatonError `bad_input` for a task key that cannot be a marker, `io` where what had started it has died
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
      output: redactBytes(output),
      tail: previewOf(end, secretsOf(spec.env)),
      survivors: [],
      used: null,
      ...more,
    };
  };
  if (hooks.signal.aborted) return finish(abortCause(hooks.signal));
  const reading = readInto(keeper, hooks);
  const started = await start(spec, hooks.start ?? startProcess, reading.read);
  if ('failure' in started) return finish('not_started', started);
  const { pid, exit } = started;
  const measuring = measure(spec, pid);
  const verdict = firstEnd(spec, hooks, exit, reading, measuring.over);
  hooks.onStart?.(pid);
  hooks.onInput?.(started.write);
  const { cause, failure } = await verdict.finally(measuring.stop);
  const leader = cause === 'signal' ? {} : { leader: pid };
  const { survivors } =
    cause === 'exit' ? { survivors: [] } : await endProcesses({ key: spec.taskKey, ...leader }, spec.killGraceMs);
  await drain(started, keeper);
  started.release();
  const unknown = { code: null, signal: null };
  const { code, signal } = (await Promise.race([exit.catch(() => unknown), turn(undefined)])) ?? unknown;
  const used = measuring.stop();
  return finish(cause, { exitCode: cause === 'exit' ? code : null, signal, failure, survivors, used });
}

async function start(
  spec: ProcessSpec,
  startIt: StartProcess,
  onOutput: OutputReader,
): Promise<RunningProcess | { failure: StartFailure }> {
  const [name = '', ...args] = spec.argv;
  const program = findProgram(name, spec.cwd, spec.env['PATH']);
  if ('failure' in program) return program;
  const env = { ...spec.env, [MARKER]: spec.taskKey };
  const { cwd, stdin = null, keepsInput = false, sandbox } = spec;
  const plain = { file: program.file, args, cwd };
  const command = sandbox ? inSandbox(plain, sandbox) : plain;
  return startIt({ ...command, name, cwd, env, stdin, keepsInput }, onOutput);
}

interface Measuring {
  /** Why its processes are to be ended, if they ever are. */
  over: Promise<string>;
  stop: () => ProcessUsage | null;
}

function measure({ taskKey, caps }: ProcessSpec, pid: number): Measuring {
  let tell: (why: string) => void = () => undefined;
  const over = new Promise<string>((resolve) => (tell = resolve));
  const meter = caps && measureTree({ key: taskKey, leader: pid }, caps, tell);
  return { over, stop: () => meter?.stop() ?? null };
}

interface Reading {
  read: OutputReader;
  /** Time of the last piece, as `performance.now()` tells it. */
  lastAt: number;
  /** What the hook threw at a piece, if it ever does. */
  refused: Promise<StartFailure>;
}

function readInto(keeper: OutputKeeper, hooks: ProcessHooks): Reading {
  let refuse: (failure: StartFailure) => void;
  const reading: Reading = {
    lastAt: performance.now(),
    refused: new Promise((resolve) => (refuse = resolve)),
    read(chunk, stream) {
      reading.lastAt = performance.now();
      keeper.add(chunk, stream);
      try {
        hooks.onOutput?.(chunk, stream);
      } catch (error) {
        refuse(readerFailure(error));
      }
    },
  };
  return reading;
}

/** Waits for the first thing that ends it. Rejects where its end got lost with whoever had started it. */
function firstEnd(
  spec: ProcessSpec,
  hooks: ProcessHooks,
  exit: RunningProcess['exit'],
  reading: Reading,
  over: Measuring['over'],
): Promise<{ cause: EndCause; failure: StartFailure | null }> {
  return new Promise((resolve, reject) => {
    const stopTimers: (() => void)[] = [];
    const stop = (): void => {
      hooks.signal.removeEventListener('abort', onAbort);
      for (const stopTimer of stopTimers.splice(0)) stopTimer();
    };
    const end = (cause: EndCause, failure: StartFailure | null = null): void => {
      stop();
      resolve({ cause, failure });
    };
    const onAbort = (): void => end(abortCause(hooks.signal));
    hooks.signal.addEventListener('abort', onAbort);
    if (hooks.signal.aborted) onAbort();
    exit.then(
      ({ signal }) => end(signal === null ? 'exit' : 'signal'),
      (error: unknown) => {
        stop();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
    void reading.refused.then((failure) => end('output', failure));
    void over.then((message) => end('caps', { code: 'CAPS', message, transient: false }));
    stopTimers.push(callAfter(spec.timeLimitMs, () => end('time_limit')));

    const silence = spec.silenceLimitMs;
    const watchSilence = (waitMs: number, limitMs: number): (() => void) =>
      callAfter(waitMs, () => {
        const left = limitMs - (performance.now() - reading.lastAt);
        if (left <= 0) end('silence');
        else stopTimers.push(watchSilence(left, limitMs));
      });
    if (silence !== undefined) stopTimers.push(watchSilence(silence, silence));
  });
}

const abortCause = (signal: AbortSignal): EndCause => (signal.reason === 'shutdown' ? 'shutdown' : 'cancel');

function readerFailure(error: unknown): StartFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'OUTPUT', message: `its output was refused: ${message}`, transient: false };
}

/** Reads what is still in the pipes, but does not wait for a survivor that holds them open in silence. */
async function drain({ closed }: RunningProcess, keeper: OutputKeeper): Promise<void> {
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

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { OutputStream } from './output.js';
import { explainStart } from './program.js';
import type { StartFailure } from './program.js';

export interface StartOrder {
  /** The program's file, and the name by which it is called. */
  file: string;
  name: string;
  args: readonly string[];
  cwd: string;
  /** The whole environment. */
  env: Readonly<Record<string, string>>;
  /** Written to its standard input, which is then closed; null: there is nothing to read. */
  stdin: string | null;
  /** Its standard input stays open for what is written later. */
  keepsInput?: boolean;
}

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Takes a piece of output; where it gives a promise, that stream is not read on before it is fulfilled. */
export type OutputReader = (chunk: Buffer, stream: OutputStream) => Promise<void> | void;

/** A process that runs, in a session and group of its own whose number is its pid. */
export interface RunningProcess {
  pid: number;
  /** Rejects where its end cannot be known any more. */
  exit: Promise<ProcessExit>;
  /** It has exited and both its pipes have ended. */
  closed: Promise<void>;
  /** Writes to its standard input, where that was kept open; null closes it. */
  write: (text: string | null) => void;
  /** Closes the pipes to it, whoever else still holds them. */
  release(): void;
}

export type StartProcess = (
  order: StartOrder,
  onOutput: OutputReader,
) => Promise<RunningProcess | { failure: StartFailure }>;

/** Starts a process as a child of this one. */
export const startProcess: StartProcess = async (order, onOutput) => {
  const { name, stdin } = order;
  let child: ChildProcess;
  try {
    child = spawn(order.file, order.args, {
      argv0: name,
      cwd: order.cwd,
      env: order.env,
      stdio: [stdin === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
  } catch (error) {
    return { failure: explainStart(error, name) };
  }
  const exit = new Promise<ProcessExit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const failed = new Promise<unknown>((resolve) => child.on('error', resolve));
  const { pid } = child;
  if (pid === undefined) return { failure: explainStart(await failed, name) };
  readOutput(child, onOutput);
  giveInput(child, order);
  const release = (): void => [child.stdin, child.stdout, child.stderr].forEach((pipe) => pipe?.destroy());
  return { pid, exit, closed, write: (text) => writeTo(child, text), release };
};

function readOutput(child: ChildProcess, onOutput: OutputReader): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    const pipe = child[stream];
    pipe?.on('error', () => undefined);
    pipe?.on('data', (chunk: Buffer) => {
      const taken = onOutput(chunk, stream);
      if (!taken) return;
      pipe.pause();
      void taken.then(() => pipe.resume());
    });
  }
}

/** A process may end without having read everything, or anything: EPIPE is no failure. */
function giveInput(child: ChildProcess, { stdin, keepsInput = false }: StartOrder): void {
  child.stdin?.on('error', () => undefined);
  if (stdin === null) return;
  writeTo(child, stdin);
  if (!keepsInput) writeTo(child, null);
}

function writeTo({ stdin }: ChildProcess, text: string | null): void {
  if (!stdin || stdin.destroyed || stdin.writableEnded) return;
  if (text === null) stdin.end();
  else stdin.write(text);
}

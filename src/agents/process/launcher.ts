import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BatonError } from '../../contract/errors.js';
import type { OutputStream } from './output.js';
import type { StartFailure } from './program.js';
import { startProcess } from './start.js';
import type { OutputReader, ProcessExit, RunningProcess, StartOrder, StartProcess } from './start.js';

export type ToLauncher =
  | { kind: 'start'; id: number; order: StartOrder }
  | { kind: 'input'; id: number; text: string | null }
  | { kind: 'release'; id: number };

export type FromLauncher =
  | { kind: 'started'; id: number; pid: number }
  | { kind: 'failed'; id: number; failure: StartFailure }
  | { kind: 'output'; id: number; stream: OutputStream; bytes: Uint8Array }
  | { kind: 'exit'; id: number; exit: ProcessExit }
  | { kind: 'closed'; id: number };

/**
 * A small process beside the worker that starts the processes of its tasks. A fork copies the page tables of the process that forks: several
 * milliseconds for a worker of 200 MiB, in which nothing else in it can happen, and a fifth of that for the launcher. One that dies is
 * replaced at the next start; the ends of what it had started are lost, and `exit` rejects with `io`.
 */
export interface Launcher {
  start: StartProcess;
  close(): void;
}

/** @param entry the launcher's program; null: there is none */
export function createLauncher(entry: string | null = launcherEntry()): Launcher {
  // Without its program everything works all the same, only slower.
  return entry === null ? { start: startProcess, close: () => undefined } : new LauncherLink(entry);
}

/** The compiled program: beside this module, or in `dist` where this module is read as TypeScript. */
function launcherEntry(): string | null {
  const places = ['./launcher-main.js', '../../../dist/agents/process/launcher-main.js'];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path)) ?? null;
}

/** What is known of one process on this side. */
interface Open {
  onOutput: OutputReader;
  settle(started: RunningProcess | { failure: StartFailure }): void;
  lose(error: Error): void;
  exited(exit: ProcessExit): void;
  closed(): void;
  running: RunningProcess;
}

class LauncherLink implements Launcher {
  readonly #entry: string;
  readonly #open = new Map<number, Open>();
  #child: ChildProcess | undefined;
  #lastId = 0;

  constructor(entry: string) {
    this.#entry = entry;
    this.#child = this.#launch();
  }

  readonly start: StartProcess = (order, onOutput) => {
    const id = ++this.#lastId;
    const child = (this.#child ??= this.#launch());
    const send = (message: ToLauncher): void => {
      if (this.#open.has(id) && child.connected) child.send(message);
    };
    const release = (): void => send({ kind: 'release', id });
    const write = (text: string | null): void => send({ kind: 'input', id, text });
    return new Promise((settle, reject) => {
      this.#open.set(id, openEntry({ onOutput, release, write, settle, reject }));
      child.channel?.ref();
      child.send({ kind: 'start', id, order } satisfies ToLauncher, (error) => error && this.#lost(child));
    });
  };

  close(): void {
    if (this.#child?.connected) this.#child.disconnect();
  }

  #launch(): ChildProcess {
    // Neither the worker's environment, which may hold a marker or secrets, nor its session or folder.
    const own = { cwd: '/', env: {}, execArgv: [], detached: true, stdio: 'ignore' as const };
    const child = fork(this.#entry, [], { ...own, serialization: 'advanced' });
    child.on('message', (message) => this.#take(message as FromLauncher));
    child.on('error', () => this.#lost(child));
    child.on('exit', () => this.#lost(child));
    // Only what it is asked to do keeps this process alive.
    child.unref();
    child.channel?.unref();
    return child;
  }

  #take(message: FromLauncher): void {
    const entry = this.#open.get(message.id);
    if (!entry) return;
    if (message.kind === 'started') entry.settle(Object.assign(entry.running, { pid: message.pid }));
    if (message.kind === 'output') void entry.onOutput(Buffer.from(message.bytes), message.stream);
    if (message.kind === 'exit') entry.exited(message.exit);
    if (message.kind === 'closed') entry.closed();
    if (message.kind === 'failed') entry.settle({ failure: message.failure });
    if (message.kind === 'closed' || message.kind === 'failed') this.#forget(message.id);
  }

  #forget(id: number): void {
    this.#open.delete(id);
    if (this.#open.size === 0) this.#child?.channel?.unref();
  }

  #lost(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    const error = new BatonError('io', 'the process that starts commands has died; they are started again');
    for (const entry of this.#open.values()) entry.lose(error);
    this.#open.clear();
  }
}

interface OpenOptions {
  onOutput: OutputReader;
  release: () => void;
  write: RunningProcess['write'];
  settle: Open['settle'];
  reject: (error: Error) => void;
}

function openEntry({ onOutput, release, write, settle, reject }: OpenOptions): Open {
  let exited: Open['exited'] = () => undefined;
  let closed: Open['closed'] = () => undefined;
  let lose: Open['lose'] = () => undefined;
  const exit = new Promise<ProcessExit>((resolve, refuse) => {
    exited = resolve;
    lose = refuse;
  });
  // Whoever waits for it learns of it; nobody has to.
  exit.catch(() => undefined);
  const running = { pid: 0, exit, closed: new Promise<void>((resolve) => (closed = resolve)), write, release };
  const lost = (error: Error): void => {
    reject(error);
    lose(error);
    closed();
  };
  return { onOutput, settle, lose: lost, exited, closed, running };
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LIMITS } from '../../contract/limits.js';
import { checkTaskKey } from './environment.js';

/**
 * A process beside the worker that outlives it, however it dies, just long enough to end the processes of its tasks. `add` before a
 * task's process is started, `started` with its pid (only systems without /proc need it), `remove` once it has ended. A key that was
 * added twice must be removed twice.
 */
export interface Reaper {
  add(key: string): void;
  started(key: string, pid: number): void;
  remove(key: string): void;
  /** Ends the reaper, and the processes of keys that are still open. */
  close(): Promise<void>;
}

export interface ReaperOptions {
  /** Told when the reaper cannot start or has died; the worker goes on and a new one is started. */
  onWarning(message: string): void;
  /** The reaper's program. */
  entry?: string;
}

export function createReaper(options: ReaperOptions): Reaper {
  return new ReaperLink(options);
}

/** The compiled program: beside this module, or in `dist` where this module is read as TypeScript. */
function reaperEntry(): string | undefined {
  const places = ['./reaper-main.js', '../../../dist/agents/process/reaper-main.js'];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path));
}

class ReaperLink implements Reaper {
  readonly #options: ReaperOptions;
  readonly #open = new Map<string, { count: number; pids: Set<number> }>();
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #delayMs: number = LIMITS.reaperRestartDelayMs;
  #closing = false;

  constructor(options: ReaperOptions) {
    this.#options = options;
    this.#start();
  }

  add(key: string): void {
    const entry = this.#open.get(checkTaskKey(key));
    if (entry) entry.count++;
    else {
      this.#open.set(key, { count: 1, pids: new Set() });
      this.#tell(`+${key}`);
    }
  }

  started(key: string, pid: number): void {
    this.#open.get(key)?.pids.add(pid);
    this.#tell(`+${key} ${pid}`);
  }

  remove(key: string): void {
    const entry = this.#open.get(key);
    if (!entry || --entry.count > 0) return;
    this.#open.delete(key);
    this.#tell(`-${key}`);
  }

  close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LIMITS.reaperMs + 1000);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      child.ref();
      child.stdin?.end();
    });
  }

  #tell(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }

  #start(): void {
    const entry = this.#options.entry ?? reaperEntry();
    if (entry === undefined) {
      this.#options.onWarning('its program is missing: processes of tasks may outlive a worker that is killed');
      return;
    }
    const began = performance.now();
    // Neither the worker's environment, which may hold a marker or secrets, nor its session or folder.
    const own = { cwd: '/', env: {}, detached: true };
    const child = spawn(process.execPath, [entry], { ...own, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#child = child;
    let gone = false;
    const onGone = (why: string): void => {
      if (gone || this.#closing) return;
      gone = true;
      this.#child = undefined;
      if (performance.now() - began > LIMITS.reaperRestartMaxDelayMs) this.#delayMs = LIMITS.reaperRestartDelayMs;
      this.#options.onWarning(`the process that ends tasks of a killed worker ${why}; starting another`);
      this.#restart = setTimeout(() => this.#start(), this.#delayMs).unref();
      this.#delayMs = Math.min(this.#delayMs * 2, LIMITS.reaperRestartMaxDelayMs);
    };
    child.on('error', (error) => onGone(`could not be started (${error.message})`));
    child.on('exit', (code, signal) => onGone(`has died (${signal ?? `exit code ${code}`})`));
    child.stdin?.on('error', () => undefined);
    child.unref();
    // A pipe of a child is a socket, which alone would keep the worker from ending.
    (child.stdin as { unref?(): void } | null)?.unref?.();
    for (const [key, { pids }] of this.#open) {
      this.#tell(`+${key}`);
      for (const pid of pids) this.#tell(`+${key} ${pid}`);
    }
  }
}

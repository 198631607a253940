import { LIMITS } from '../../contract/limits.js';
import { NAMESPACE } from '../../contract/names.js';
import { existingCluster } from '../cluster.js';
import type { SupervisorStatus } from '../control.js';
import { deferred } from '../deferred.js';
import { endProcess, untilAborted, type WatchedProcess } from '../processes.js';
import { removeRunFile } from '../run-files.js';
import { adoptServer, startServer } from '../server.js';
import { findServerBinary } from '../server-binary/find.js';
import type { ServerBinary } from '../server-binary/verify.js';
import { keepAlive } from './keep-alive.js';
import { startWorker } from './worker-process.js';

export type PairEvent =
  | { kind: 'progress'; text: string }
  | { kind: 'ready'; status: SupervisorStatus }
  | { kind: 'server_down'; why: string }
  | { kind: 'worker_down'; why: string };

export interface PairOptions {
  home: string;
  workerCommand: readonly string[];
  version: string;
  serverBinary?: ServerBinary;
  graceMs: number;
  onEvent: (event: PairEvent) => void;
}

interface Place {
  address: string;
  uiUrl: string | null;
}

/** Starts of a worker that was never ready, before its supervisor gives up: something is wrong with it, not with the moment. */
const FIRST_WORKER_STARTS = 3;

/** One server, unless the settings name an existing cluster, and one worker, each kept running. */
export class Pair {
  readonly #options: PairOptions;
  readonly #stop = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #server: WatchedProcess | undefined;
  #worker: WatchedProcess | undefined;
  #place: Place | undefined;
  #placeKnown = deferred<Place>();
  #workerAddress: string | undefined;
  #namespace: string = NAMESPACE;
  #embedded = true;
  #serverBinary: ServerBinary | undefined;
  #serverStarts = 0;
  #workerStarts = 0;
  #step = 'starting';
  #problem: string | null = null;

  constructor(options: PairOptions) {
    this.#options = options;
    this.#serverBinary = options.serverBinary;
  }

  /** Runs until `end`; never resolves before, and rejects if the pair cannot be started or kept. */
  async run(): Promise<never> {
    const cluster = await existingCluster(this.#options.home);
    if (cluster) {
      this.#embedded = false;
      this.#namespace = cluster.namespace;
      this.#arrive({ address: cluster.address, uiUrl: null });
    }
    const loops = [this.#keepWorker(), ...(cluster ? [] : [this.#keepServer()])];
    this.#loops = Promise.allSettled(loops);
    await Promise.all(loops);
    return new Promise<never>(() => undefined);
  }

  /** Ends the worker, then the server unless it is to stay for the next supervisor, and removes their records. */
  async end(options: { keepServer: boolean }): Promise<void> {
    this.#step = 'ending';
    this.#stop.abort(new Error('the supervisor ends'));
    await this.#loops;
    if (this.#worker) await endProcess(this.#worker, this.#options.graceMs);
    removeRunFile(this.#options.home, 'worker');
    if (options.keepServer) return;
    if (this.#server) await endProcess(this.#server, LIMITS.stopGraceMs);
    removeRunFile(this.#options.home, 'server');
  }

  /** Ends the worker; the loop that keeps it starts another. */
  async restartWorker(): Promise<void> {
    if (this.#worker) await endProcess(this.#worker, this.#options.graceMs);
  }

  status(): SupervisorStatus {
    const up = this.#place !== undefined && this.#worker !== undefined;
    return {
      pid: process.pid,
      version: this.#options.version,
      state: this.#stop.signal.aborted ? 'stopping' : up ? 'ready' : 'starting',
      step: this.#step,
      address: this.#place?.address ?? null,
      uiUrl: this.#place?.uiUrl ?? null,
      namespace: this.#namespace,
      embedded: this.#embedded,
      serverPid: this.#server?.pid ?? null,
      workerPid: this.#worker?.pid ?? null,
      serverRestarts: Math.max(0, this.#serverStarts - 1),
      workerRestarts: Math.max(0, this.#workerStarts - 1),
      problem: this.#problem,
    };
  }

  #keepServer(): Promise<void> {
    return keepAlive({
      start: () => this.#startServer(),
      firstDelayMs: LIMITS.workerRestartDelayMs,
      maxDelayMs: LIMITS.serverRestartMaxDelayMs,
      mayRetry: (failed) => this.#serverStarts > 0 && failed < LIMITS.serverFailedStarts,
      onDown: (why) => {
        this.#server = undefined;
        if (this.#place) this.#placeKnown = deferred<Place>();
        this.#place = undefined;
        this.#down({ kind: 'server_down', why });
      },
      signal: this.#stop.signal,
    });
  }

  async #startServer(): Promise<WatchedProcess> {
    const { home } = this.#options;
    const onProgress = (text: string): void => this.#progress(text);
    const { signal } = this.#stop;
    let server = await adoptServer(home);
    if (!server) {
      this.#serverBinary ??= await findServerBinary({ onProgress, signal });
      const binary = this.#serverBinary;
      // After a failure the program may be gone: look for one again, unless the caller chose it.
      this.#serverBinary = this.#options.serverBinary;
      server = await startServer({ home, binary, onProgress, signal });
      this.#serverBinary = binary;
    }
    this.#server = server.process;
    this.#serverStarts++;
    this.#arrive({ address: server.file.address, uiUrl: server.file.uiUrl });
    return server.process;
  }

  #arrive(place: Place): void {
    this.#place = place;
    this.#placeKnown.resolve(place);
    // Its port may have been taken meanwhile; a worker cannot change its address.
    if (this.#worker && this.#workerAddress !== place.address) void this.restartWorker();
    this.#announce();
  }

  #keepWorker(): Promise<void> {
    return keepAlive({
      start: () => this.#startWorker(),
      firstDelayMs: LIMITS.workerRestartDelayMs,
      maxDelayMs: LIMITS.workerRestartMaxDelayMs,
      mayRetry: (failed) => this.#workerStarts > 0 || failed < FIRST_WORKER_STARTS,
      onDown: (why) => {
        this.#worker = undefined;
        this.#down({ kind: 'worker_down', why });
      },
      signal: this.#stop.signal,
    });
  }

  async #startWorker(): Promise<WatchedProcess> {
    const { home, workerCommand, version, graceMs } = this.#options;
    const { signal } = this.#stop;
    const place = await this.#whenPlaced(signal);
    this.#progress('starting the worker');
    const start = { home, command: workerCommand, version, ...place, embedded: this.#embedded, graceMs, signal };
    const worker = await startWorker(start);
    this.#workerAddress = place.address;
    this.#worker = worker;
    this.#workerStarts++;
    if (this.#place && this.#place.address !== place.address) void this.restartWorker();
    this.#announce();
    return worker;
  }

  async #whenPlaced(signal: AbortSignal): Promise<Place> {
    const place = this.#place ?? (await untilAborted(this.#placeKnown.promise, signal));
    if (!place) throw new Error('the supervisor ends');
    return place;
  }

  #announce(): void {
    const status = this.status();
    if (status.state !== 'ready') return;
    this.#step = 'running';
    this.#problem = null;
    this.#options.onEvent({ kind: 'ready', status: this.status() });
  }

  #progress(text: string): void {
    this.#step = text;
    this.#options.onEvent({ kind: 'progress', text });
  }

  #down(event: Extract<PairEvent, { why: string }>): void {
    this.#problem = event.why.slice(0, 2000);
    this.#options.onEvent(event);
  }
}

import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import {
  closeDatabaseFiles,
  guardDatabase,
  recordDatabaseVersion,
  removeUnservedDatabase,
  waitForDatabase,
} from './database.js';
import { homePaths } from './home.js';
import { logOfFailure } from './logs.js';
import { choosePorts, type Ports, recordPorts } from './ports.js';
import { adoptProcess, endProcess, pause, startProcess, untilAborted, type WatchedProcess } from './processes.js';
import { liveRunFile, removeRunFile, type RunFile, writeRunFile } from './run-files.js';
import { serverArguments, serverEnvironment } from './server-arguments.js';
import type { ServerBinary } from './server-binary/verify.js';
import { connectLocal, serverHealth, setRetention } from './temporal.js';

/** An embedded server that answers, and its record. */
export interface RunningServer {
  process: WatchedProcess;
  file: RunFile;
}

export interface ServerStart {
  home: string;
  binary: ServerBinary;
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Starts the embedded server on the database of `home` and waits until it answers. Throws a BatonError (`no_server`) with the end of its log
 * if it does not, or what `signal` was aborted with; nothing is left running then.
 */
export async function startServer(start: ServerStart): Promise<RunningServer> {
  await waitForDatabase(start.home, start.onProgress, start.signal);
  removeUnservedDatabase(start.home);
  guardDatabase(start.home, start.binary.version);
  recordDatabaseVersion(start.home, start.binary.version, false);
  const taken = new Set<number>();
  const end = Date.now() + LIMITS.serverStartMs;
  for (let attempt = 1; ; attempt++) {
    start.signal.throwIfAborted();
    const ports = await choosePorts(start.home, taken);
    start.onProgress(`starting the Temporal server on 127.0.0.1:${ports.port}`);
    const outcome = await startOnce(start, ports, end);
    if (outcome.kind === 'up') return outcome.server;
    const retry = attempt < LIMITS.serverPortAttempts && Date.now() < end;
    if (retry && /address already in use|can't set .* port/i.test(outcome.log)) {
      taken.add(ports.port).add(ports.uiPort);
    } else if (Date.now() < end && /SQLITE_BUSY|database is locked/i.test(outcome.log)) {
      start.onProgress('waiting for another server to close the database');
      await pause(LIMITS.processPollMs, start.signal);
    } else {
      throw new BatonError('no_server', `The Temporal server ${outcome.how}.\n${outcome.log}`, {
        hint: `Its log is ${homePaths(start.home).serverLog}.`,
      });
    }
  }
}

type StartOutcome = { kind: 'up'; server: RunningServer } | { kind: 'failed'; how: string; log: string };

async function startOnce(start: ServerStart, ports: Ports, end: number): Promise<StartOutcome> {
  const { home, binary } = start;
  const { serverLog, database } = homePaths(home);
  const { process: child, logFrom } = await startProcess({
    command: [binary.path, ...serverArguments({ ...ports, database })],
    env: serverEnvironment(process.env),
    cwd: home,
    logPath: serverLog,
  });
  const file: RunFile = {
    v: 1,
    pid: child.pid,
    startTime: child.startTime,
    address: `127.0.0.1:${ports.port}`,
    uiUrl: `http://127.0.0.1:${ports.uiPort}`,
    version: binary.version,
    state: 'starting',
  };
  writeRunFile(home, 'server', file);
  const gone = new AbortController();
  void child.exited.then((how) => gone.abort(new Error(how)));
  const stopped = AbortSignal.any([start.signal, gone.signal]);
  try {
    await prepare(file.address, end, stopped);
  } catch (error) {
    await endProcess(child, LIMITS.stopGraceMs);
    removeRunFile(home, 'server');
    start.signal.throwIfAborted();
    const how = gone.signal.aborted ? await child.exited : `does not answer: ${String(error)}`;
    return { kind: 'failed', how, log: logOfFailure(serverLog, logFrom) };
  }
  const ready: RunFile = { ...file, state: 'ready' };
  recordDatabaseVersion(home, binary.version, true);
  closeDatabaseFiles(home);
  recordPorts(home, ports);
  writeRunFile(home, 'server', ready);
  return { kind: 'up', server: { process: child, file: ready } };
}

async function prepare(address: string, end: number, stopped: AbortSignal): Promise<void> {
  const connecting = (async () => {
    const connection = await connectLocal(address, Math.max(1, end - Date.now()));
    try {
      await setRetention(connection, stopped);
    } finally {
      await connection.close().catch(() => undefined);
    }
  })();
  // The client cannot be told to stop trying; its late failure is nobody's concern.
  connecting.catch(() => undefined);
  await untilAborted(connecting, stopped);
  stopped.throwIfAborted();
}

/**
 * The server that a supervisor before this one left running, if it answers. One that lives and does not answer, or runs another version
 * than it recorded, is ended; what it was sent is in the database.
 */
export async function adoptServer(home: string): Promise<RunningServer | undefined> {
  const file = liveRunFile(home, 'server');
  if (!file) return undefined;
  const found = adoptProcess(file.pid, file.startTime);
  if ((await serverHealth(file.address)) === undefined) {
    await endProcess(found, LIMITS.stopGraceMs);
    return undefined;
  }
  const ready: RunFile = { ...file, state: 'ready' };
  writeRunFile(home, 'server', ready);
  return { process: found, file: ready };
}

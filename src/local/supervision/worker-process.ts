import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { workerEnvironment } from '../cluster.js';
import { homePaths } from '../home.js';
import { logTail, waitForLine } from '../logs.js';
import { adoptProcess, endProcess, startProcess, type WatchedProcess } from '../processes.js';
import { withoutLoopbackProxy } from '../proxy.js';
import { liveRunFile, removeRunFile, type RunFile, writeRunFile } from '../run-files.js';

/** The line, alone on standard output, by which a worker says that it polls. */
const WORKER_READY_LINE = 'BATON_WORKER_READY';

export interface WorkerStart {
  home: string;
  command: readonly string[];
  version: string;
  address: string;
  uiUrl: string | null;
  /** Whether `address` is the embedded server's; an existing cluster is reached by the user's own settings. */
  embedded: boolean;
  graceMs: number;
  signal: AbortSignal;
}

/**
 * The worker of the pair: the one that a supervisor before this one left running for the same server and version, else a new one, once it
 * is ready. Throws a BatonError (`no_worker`) with the end of its log if it ends first or is not ready in time.
 */
export async function startWorker(start: WorkerStart): Promise<WatchedProcess> {
  const found = await adoptWorker(start);
  if (found) return found;
  const { workerLog } = homePaths(start.home);
  const place = start.embedded ? { home: start.home, address: start.address } : undefined;
  const { process: child, logFrom } = await startProcess({
    command: start.command,
    env: withoutLoopbackProxy({ ...workerEnvironment(process.env, place), BATON_HOME: start.home }),
    cwd: start.home,
    logPath: workerLog,
  });
  const file: RunFile = {
    v: 1,
    pid: child.pid,
    startTime: child.startTime,
    address: start.address,
    uiUrl: start.uiUrl,
    version: start.version,
    state: 'starting',
  };
  writeRunFile(start.home, 'worker', file);
  const gone = new AbortController();
  void child.exited.then(() => gone.abort());
  const limit = AbortSignal.timeout(LIMITS.workerStartMs);
  const until = AbortSignal.any([start.signal, gone.signal, limit]);
  if (await waitForLine(workerLog, logFrom, WORKER_READY_LINE, until)) {
    writeRunFile(start.home, 'worker', { ...file, state: 'ready' });
    return child;
  }
  await endProcess(child, start.graceMs);
  removeRunFile(start.home, 'worker');
  start.signal.throwIfAborted();
  const how = gone.signal.aborted ? await child.exited : `was not ready after ${LIMITS.workerStartMs / 1000}s`;
  throw new BatonError('no_worker', `The worker ${how}.\n${logTail(workerLog, logFrom)}`, {
    hint: `Its log is ${workerLog}.`,
  });
}

/** One that was not ready yet, or works for another server or version, is ended: its tasks go on in the next one. */
async function adoptWorker(start: WorkerStart): Promise<WatchedProcess | undefined> {
  const file = liveRunFile(start.home, 'worker');
  if (!file) return undefined;
  if (file.state === 'ready' && file.address === start.address && file.version === start.version) {
    return adoptProcess(file.pid, file.startTime);
  }
  await endProcess(file, start.graceMs);
  return undefined;
}

import { fileURLToPath } from 'node:url';
import { VERSION } from '../contract/version.js';
import { loadConfig } from '../local/config.js';
import { resolveHome } from '../local/home.js';
import { runSupervisor, type SupervisorEnd, type SupervisorEvent } from '../local/supervisor.js';
import { anythingOpen } from './idle.js';

const WORKER = fileURLToPath(new URL('../worker.js', import.meta.url));

/** Keeps the pair of this data folder running in this process, until it is idle for long, asked to end, or gets a signal. */
export function supervise(options: {
  foreground: boolean;
  onEvent: (event: SupervisorEvent) => void;
}): Promise<SupervisorEnd> {
  const home = resolveHome();
  return runSupervisor({
    ...options,
    home,
    workerCommand: [process.execPath, WORKER],
    version: VERSION,
    // Somebody looks at a pair in the foreground, so it is never idle.
    ...(options.foreground ? {} : { idle: async (pair) => !(await anythingOpen(pair)) }),
    idleStopMs: loadConfig({ home }).config.idleStopMs,
  });
}

/**
 * The program of the background pair's supervisor: keeps one server and one worker of a data folder running until nothing has run or waited for
 * three hours, or until `baton down`. Started by the commands that need the pair; prints to the supervisor's log.
 */
import { fileURLToPath } from 'node:url';
import { VERSION } from './contract/version.js';
import { anythingOpen } from './client/idle.js';
import { loadConfig } from './local/config.js';
import { resolveHome } from './local/home.js';
import { runSupervisor } from './local/supervisor.js';

const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));

const home = resolveHome();
const say = (text: string): void => void process.stdout.write(`${new Date().toISOString()} ${text}\n`);

try {
  const end = await runSupervisor({
    home,
    workerCommand: [process.execPath, WORKER],
    version: VERSION,
    foreground: process.argv.includes('--foreground'),
    idle: async (pair) => !(await anythingOpen(pair)),
    idleStopMs: loadConfig({ home }).config.idleStopMs,
    onEvent: (event) => say(JSON.stringify(event)),
  });
  say(JSON.stringify(end));
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}

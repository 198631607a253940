/**
 * The program of the background pair's supervisor: keeps one server and one worker of a data folder running until nothing has run or waited for
 * three hours, or until `baton down`. Started by the commands that need the pair; prints to the supervisor's log.
 */
import { supervise } from './client/supervise.js';

const say = (text: string): void => void process.stdout.write(`${new Date().toISOString()} ${text}\n`);

try {
  const end = await supervise({ foreground: false, onEvent: (event) => say(JSON.stringify(event)) });
  say(JSON.stringify(end));
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}

/**
 * `npm run demo`: analyses this checkout through the command line, as a user would, and answers "skip" to running the project's own commands.
 * Ends with the exit code of the run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BATON = join(ROOT, 'dist', 'cli', 'main.js');
const ID = `demo-${Date.now().toString(36)}`;
const LOOK_MS = 1000;

const run = spawn(
  process.execPath,
  [BATON, 'run', 'Analyze this repository for quality problems', '--workspace', ROOT, '--id', ID],
  { stdio: ['ignore', 'inherit', 'pipe'] },
);
let submitted = false;
run.stderr.on('data', (chunk) => {
  process.stderr.write(chunk);
  submitted ||= chunk.toString().includes(`request ${ID}`);
});

const timer = setInterval(() => {
  if (!submitted) return;
  for (const { id } of openDecisions()) {
    console.log(`demo: answering ${id} with "skip"`);
    spawnSync(process.execPath, [BATON, 'decide', id, 'skip'], { stdio: 'inherit' });
  }
}, LOOK_MS);

function openDecisions() {
  const { status, stdout } = spawnSync(process.execPath, [BATON, 'decisions', ID, '--json'], { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout).decisions : [];
}

run.on('exit', (code) => {
  clearInterval(timer);
  process.exitCode = code ?? 1;
});

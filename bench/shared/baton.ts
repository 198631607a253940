import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './machine.js';

const COMMAND = join(ROOT, 'dist', 'cli', 'main.js');

export interface Ended {
  /** null where a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** From the start of the process to its end. */
  ms: number;
}

/** A command under way. */
export interface Started {
  pid: number;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<Ended>;
}

/** Baton as a user has it: its command, on a data folder and a pair of its own. */
export interface Bench {
  /** A folder on disk for whatever the measurement needs. */
  folder: string;
  /** The environment of the command and of what it starts. */
  env: NodeJS.ProcessEnv;
  /** Runs the command; throws unless it ends with exit code 0. */
  baton(...args: string[]): Promise<Ended>;
  /** The same, left running; it may end with any exit code. */
  start(...args: string[]): Started;
  /** What `run/<name>.json` says of the running pair. */
  running(name: 'server' | 'worker'): { pid: number; address: string; version: string };
  /** Ends the pair and removes the folder. */
  close(): Promise<void>;
}

/** The folder is below the checkout and not in the system's temporary one, which may be memory: the database has to be on a disk. */
export function openBench(): Bench {
  const cache = join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = realpathSync(mkdtempSync(join(cache, 'bench-')));
  const home = join(folder, 'home');
  const env = { ...withoutTemporal(), BATON_HOME: home, TEMPORAL_CONFIG_FILE: join(folder, 'none.toml') };
  // As `npm link` makes it.
  const command = join(folder, 'baton');
  symlinkSync(COMMAND, command);
  const start: Bench['start'] = (...args) => execute(command, args, env);
  const baton: Bench['baton'] = async (...args) => {
    const ended = await start(...args).ended;
    if (ended.code === 0) return ended;
    throw new Error(`baton ${args.join(' ')} ended with ${ended.code ?? 'a signal'}\n${ended.stderr}`);
  };
  return {
    folder,
    env,
    baton,
    start,
    running: (name) =>
      JSON.parse(readFileSync(join(home, 'run', `${name}.json`), 'utf8')) as ReturnType<Bench['running']>,
    async close() {
      await baton('down');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A cluster that the user's settings name is not what is measured. */
function withoutTemporal(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

function execute(program: string, args: string[], env: NodeJS.ProcessEnv): Started {
  const began = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output, ms: performance.now() - began }));
  });
  return { pid: child.pid ?? 0, kill: (signal) => void child.kill(signal), ended };
}

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './machine.js';

const COMMAND = join(ROOT, 'dist', 'cli', 'main.js');

export interface Ended {
  stdout: string;
  /** From the start of the process to its end. */
  ms: number;
}

/** Baton as a user has it: its command, on a data folder and a pair of its own. */
export interface Bench {
  /** A folder on disk for whatever the measurement needs. */
  folder: string;
  /** The environment of the command and of what it starts. */
  env: NodeJS.ProcessEnv;
  /** Runs the command; throws unless it ends with exit code 0. */
  baton(...args: string[]): Promise<Ended>;
  /** What `run/<name>.json` says of the running pair. */
  running(name: 'server' | 'worker'): { pid: number; address: string; version: string };
  /** Ends the pair and removes the folder. */
  close(): Promise<void>;
}

/** The folder is below the checkout and not in the system's temporary one, which may be memory: the database has to be on a disk. */
export function openBench(): Bench {
  const cache = join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-'));
  const home = join(folder, 'home');
  const env = { ...withoutTemporal(), BATON_HOME: home, TEMPORAL_CONFIG_FILE: join(folder, 'none.toml') };
  // As `npm link` makes it.
  const command = join(folder, 'baton');
  symlinkSync(COMMAND, command);
  const baton: Bench['baton'] = (...args) => execute(command, args, env);
  return {
    folder,
    env,
    baton,
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

function execute(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
    }
    child.on('error', reject);
    child.on('close', (code) => {
      const ms = performance.now() - began;
      if (code === 0) resolve({ stdout: output.stdout, ms });
      else reject(new Error(`baton ${args.join(' ')} ended with ${code ?? 'a signal'}\n${output.stderr}`));
    });
  });
}

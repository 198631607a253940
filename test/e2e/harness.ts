import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolveCache } from '../../src/local/home.js';

const COMMAND = resolve(import.meta.dirname, '../../dist/cli/main.js');
const COMMAND_MS = 90_000;

/** How a command ended: its exit code (null where a signal ended it), what it printed, and how long it took in ms. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  ms: number;
}

/** A command under way; `printed` is what it has written so far. */
export interface Started {
  child: ChildProcess;
  printed: { stdout: string; stderr: string };
  ended: Promise<Ended>;
}

export interface CommandOptions {
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
}

/**
 * A user's machine in a folder: a home, a data folder, workspaces, and the real command line on them. Every process that is started from
 * here carries the folder's name in its environment or command line, so that `end` can prove that none is left.
 */
export class Sandbox {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'baton-outside-')));
  readonly home = join(this.folder, 'data');
  readonly #user = join(this.folder, 'user');
  readonly #children = new Set<ChildProcess>();
  readonly #more: Readonly<Record<string, string>>;

  constructor(more: Readonly<Record<string, string>> = {}) {
    this.#more = more;
    for (const name of ['user', 'tmp', 'empty']) mkdirSync(join(this.folder, name));
  }

  /** The environment of a user who has set nothing of Baton's or Temporal's but the data folder. */
  get environment(): Record<string, string> {
    const foreign = /^(BATON_|TEMPORAL_|GIT_|VITEST|XDG_)|^(NODE_OPTIONS|NODE_ENV|TEST|FORCE_COLOR|NO_COLOR)$/;
    const kept = Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !foreign.test(entry[0]),
    );
    return {
      ...Object.fromEntries(kept),
      HOME: this.#user,
      TMPDIR: join(this.folder, 'tmp'),
      XDG_CACHE_HOME: dirname(resolveCache()),
      BATON_HOME: this.home,
      ...this.#more,
    };
  }

  /** `baton …` to its end. */
  baton(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** `baton …`, left running. */
  start(args: readonly string[], options: CommandOptions = {}): Started {
    return this.program(process.execPath, [COMMAND, ...args], options);
  }

  /** `baton … | rest`, by the shell. */
  piped(args: readonly string[], rest: string): Started {
    return this.program('sh', ['-c', `"$@" | ${rest}`, 'sh', process.execPath, COMMAND, ...args]);
  }

  /** The one JSON document of `baton … --json`. Throws where the exit code is another. */
  async json<T>(args: readonly string[], code = 0): Promise<T> {
    const ended = await this.baton([...args, '--json']);
    if (ended.code !== code)
      throw new Error(`baton ${args.join(' ')} ended with ${ended.code}, not ${code}\n${ended.stdout}${ended.stderr}`);
    return JSON.parse(ended.stdout) as T;
  }

  /** Writes a file below the folder and gives its absolute path. A plan that is an object is written as JSON. */
  write(name: string, content: string | Buffer | object): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
    return path;
  }

  /** A folder with these files. */
  tree(name: string, files: Readonly<Record<string, string | Buffer>>): string {
    for (const [file, content] of Object.entries(files)) this.write(join(name, file), content);
    return join(this.folder, name);
  }

  /** A git repository with these files in one commit. */
  repository(name: string, files: Readonly<Record<string, string | Buffer>>): string {
    const path = this.tree(name, files);
    this.git(path, 'init', '--quiet', '--initial-branch=main');
    this.commit(path);
    return path;
  }

  commit(path: string): void {
    this.git(path, 'add', '--all');
    const who = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com'];
    this.git(path, ...who, 'commit', '--quiet', '--allow-empty', '--message=files');
  }

  git(path: string, ...args: string[]): string {
    return this.output(path, 'git', ...args);
  }

  /** What a program prints in a folder, in the C locale. */
  output(cwd: string, program: string, ...args: string[]): string {
    const env = { ...this.environment, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
    return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The command lines of all living processes that were started from here, this one's own commands apart. */
  processes(): string[] {
    const own = new Set([process.pid, ...[...this.#children].map((child) => child.pid)]);
    return commandLines(this.folder).flatMap(({ pid, line }) => (own.has(pid) ? [] : [`${pid} ${line}`]));
  }

  /** Whether a server or worker was ever started, or a request kept. */
  traces(): string[] {
    const found = ['run/server.json', 'run/worker.json', 'temporal.db'].filter((name) =>
      existsSync(join(this.home, name)),
    );
    const requests = join(this.home, 'requests');
    return [...found, ...(existsSync(requests) ? readdirSync(requests) : []), ...this.processes()];
  }

  /** Ends the pair and forgets all of its data. */
  async clear(): Promise<void> {
    await this.baton(['down']);
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Ends the pair and what was started here, and removes the folder. Throws where a process is left. */
  async end(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    const down = await this.baton(['down']);
    const isGone = await until('the end of all processes', () => this.processes().length === 0, 5000).catch(
      () => false,
    );
    const left = this.processes();
    for (const line of left) process.kill(Number.parseInt(line, 10), 'SIGKILL');
    execFileSync('chmod', ['-R', 'u+rwX', this.folder]);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    if (down.code !== 0) throw new Error(`baton down ended with ${down.code}: ${down.stderr}`);
    if (!isGone) throw new Error(`processes were left after baton down:\n${left.join('\n')}`);
  }

  /** Any program, as a command of Baton is started. */
  program(file: string, args: readonly string[], { cwd, env }: CommandOptions = {}): Started {
    const began = performance.now();
    const child = spawn(file, args, {
      cwd: cwd ?? join(this.folder, 'empty'),
      env: { ...this.environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => (printed[name] += text));
    const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
    const ended = new Promise<Ended>((done, fail) => {
      child.once('error', fail);
      child.once('close', (code) => {
        clearTimeout(timer);
        this.#children.delete(child);
        done({ code, ...printed, ms: performance.now() - began });
      });
    });
    return { child, printed, ended };
  }
}

/** The living processes whose command line or environment holds `text`. */
function commandLines(text: string): { pid: number; line: string }[] {
  if (!existsSync('/proc/self/environ')) return linesOfPs(text);
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      // A zombie has an empty command line, and only waits to be reaped.
      const isOurs =
        line !== '' && (line.includes(text) || readFileSync(`/proc/${name}/environ`, 'utf8').includes(text));
      return isOurs ? [{ pid: Number(name), line: line.replaceAll('\0', ' ').trim() }] : [];
    } catch {
      return [];
    }
  });
}

function linesOfPs(text: string): { pid: number; line: string }[] {
  const lines = execFileSync('ps', ['-Axww', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(text)).map((line) => ({ pid: Number.parseInt(line, 10), line }));
}

/** Whether a process with this number runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) [ZX] /.test(readFileSync(stat, 'latin1'));
  } catch {
    return false;
  }
}

/** Polls until `look` gives something true; what was waited for in vain stands in the error. */
export async function until<T>(what: string, look: () => T | Promise<T>, ms = 30_000): Promise<T> {
  for (const end = Date.now() + ms; ; await sleep(50)) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
}

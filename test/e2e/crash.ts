import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { connectTo } from '../../src/client/place.js';
import type { RequestView } from '../../src/contract/view.js';
import { isAlive, startTimeOf } from '../../src/local/process-identity.js';
import { askSupervisor } from '../../src/local/control.js';
import { shellQuote } from '../../src/progress/shell.js';
import { liveRunFile, type RunFile, type RunFileName } from '../../src/local/run-files.js';

const ROOT = resolve(import.meta.dirname, '../..');
const COMMAND = join(ROOT, 'dist', 'cli', 'main.js');

/** What a program answered. */
export interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A process that was told from any later one with the same number. */
export interface Known {
  pid: number;
  startTime: string;
}

/** A data folder and a workspace of their own, with the real command line on them. `end` leaves nothing behind. */
export class Installation {
  readonly folder = mkdtempSync(join(tmpdir(), 'baton-e2e-'));
  readonly home = join(this.folder, 'home');
  readonly workspace = join(this.folder, 'workspace');
  readonly #children = new Set<ChildProcess>();
  #connection: { client: Client; close: () => Promise<void> } | undefined;

  constructor(private readonly more: Readonly<Record<string, string>> = {}) {
    mkdirSync(this.workspace);
  }

  /** The environment of a user who has set nothing of Temporal's, whatever the one who runs the tests has. */
  environment(): Record<string, string> {
    const kept = Object.entries(process.env).filter(
      ([name, value]) => value !== undefined && !/^(TEMPORAL_|BATON_|VITEST)/.test(name),
    );
    return {
      ...(Object.fromEntries(kept) as Record<string, string>),
      BATON_HOME: this.home,
      NO_COLOR: '1',
      ...this.more,
    };
  }

  /** A plan file in the workspace's parent. */
  plan(name: string, plan: object): string {
    const path = join(this.folder, `${name}.json`);
    writeFileSync(path, JSON.stringify({ name, ...plan }));
    return path;
  }

  /** `baton …`, left running. */
  start(args: readonly string[]): ReturnType<Installation['program']> {
    return this.program(process.execPath, [COMMAND, ...args], this.environment());
  }

  /** `baton …` to its end. */
  async baton(...args: string[]): Promise<Answer> {
    return this.start(args).answer;
  }

  /** `baton … --json`, its document. Throws where the exit code is not the expected one. */
  async json<T>(args: readonly string[], code = 0): Promise<T> {
    const answer = await this.baton(...args, '--json');
    if (answer.code !== code)
      throw new Error(`baton ${args.join(' ')} ended with ${answer.code}: ${answer.stdout}${answer.stderr}`);
    return JSON.parse(answer.stdout) as T;
  }

  /** Submits a plan file and comes back once it is planned. */
  async submit(id: string, plan: string, ...more: string[]): Promise<void> {
    await this.json(['run', '--plan', plan, '--workspace', this.workspace, '--id', id, '--detach', ...more]);
  }

  status(id: string): Promise<RequestView> {
    return this.json<RequestView>(['status', id]);
  }

  /** The request's answer once it has ended; fails after `ms`. */
  async ended(id: string, ms = 60_000): Promise<RequestView> {
    const handle = (await this.client()).workflow.getHandle(id);
    await until(`the end of ${id}`, async () => (await handle.describe()).status.name !== 'RUNNING', ms);
    return this.status(id);
  }

  /** Temporal's own command line against this installation's server. */
  async temporal(binary: string, ...args: string[]): Promise<Answer> {
    const env = { ...this.environment(), HOME: this.folder, TEMPORAL_ADDRESS: this.address() };
    return this.program(binary, args, env).answer;
  }

  /** The living processes of a request's tasks, those that they left in sessions of their own included. */
  processesOf(request: string): Known[] {
    return processesWith('BATON_REQUEST_ID', request).filter(({ pid }) => folderOf(pid).startsWith(this.folder));
  }

  address(): string {
    return this.more['TEMPORAL_ADDRESS'] ?? this.record('server').address;
  }

  async client(): Promise<Client> {
    this.#connection ??= await connectTo({
      address: this.address(),
      namespace: 'default',
      uiUrl: null,
      embedded: true,
    });
    return this.#connection.client;
  }

  /** The run file of a process, if that lives. */
  find(name: RunFileName): RunFile | undefined {
    return liveRunFile(this.home, name);
  }

  record(name: RunFileName): RunFile {
    const file = this.find(name);
    if (!file) throw new Error(`no ${name} runs`);
    return file;
  }

  async supervisor(): Promise<Known> {
    const pid = (await askSupervisor(this.home, 'status'))?.pid ?? 0;
    return { pid, startTime: startTimeOf(pid) ?? '' };
  }

  /** Another ready process of this name than `before`. */
  async another(name: RunFileName, before: Known): Promise<RunFile> {
    return until(`another ${name}`, () => {
      const file = this.find(name);
      return file && file.pid !== before.pid && file.state === 'ready' ? file : undefined;
    });
  }

  /** Ends the pair and what this helper started, and removes all files. Throws where a process of this data folder is left. */
  async end(): Promise<void> {
    await this.#connection?.close().catch(() => undefined);
    for (const child of this.#children) child.kill('SIGKILL');
    await this.baton('down');
    const left = (): Known[] => processesWith('BATON_HOME', this.home);
    const isGone = await until('the end of all processes', () => left().length === 0, 10_000).catch(() => false);
    for (const { pid } of left()) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    if (!isGone) throw new Error('processes were left after baton down');
  }

  /** `baton …` on a terminal of its own (a pseudo-terminal, by the program `script`); what is written to `stdin` are keys. */
  terminal(args: readonly string[]): ReturnType<Installation['program']> {
    const words = [process.execPath, COMMAND, ...args].map(shellQuote).join(' ');
    const { NO_COLOR: _, ...env } = this.environment();
    return this.program('script', ['-qec', words, '/dev/null'], { ...env, TERM: 'xterm', SHELL: '/bin/sh' }, 'pipe');
  }

  /** Any program, left running; `printed` is what it has written so far. */
  program(
    program: string,
    args: readonly string[],
    env: Record<string, string> = this.environment(),
    input: 'ignore' | 'pipe' = 'ignore',
  ): ChildProcess & { answer: Promise<Answer>; printed: { stdout: string; stderr: string } } {
    const child = spawn(program, args, { cwd: this.folder, env, stdio: [input, 'pipe', 'pipe'] });
    this.#children.add(child);
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => (printed[name] += text));
    }
    const answer = new Promise<Answer>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        this.#children.delete(child);
        resolve({ code, ...printed });
      });
    });
    return Object.assign(child, { answer, printed });
  }
}

/** The living processes whose environment sets `name` to `value`. */
export function processesWith(name: string, value: string): Known[] {
  const wanted = `\0${name}=${value}\0`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const pid = Number(entry);
      const startTime = startTimeOf(pid);
      return startTime !== undefined && `\0${environOf(pid)}`.includes(wanted) ? [{ pid, startTime }] : [];
    });
}

function environOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

function folderOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** The command lines of the living processes that hold `part`. */
export const commandLinesWith = (part: string): string[] =>
  readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      return line.includes(part) ? [line.replaceAll('\0', ' ').trim()] : [];
    } catch {
      return [];
    }
  });

export const lives = ({ pid, startTime }: Known): boolean => isAlive(pid, startTime);

/** Ends processes as a crash would, at once. */
export function crash(processes: readonly Known[]): void {
  for (const { pid } of processes) process.kill(pid, 'SIGKILL');
}

/** Ports of 127.0.0.1 on which nothing listens at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Polls until `look` gives something; the error of a test that waits in vain names what it waited for. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  ms = 30_000,
): Promise<Exclude<T, undefined | false | null>> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false && found !== null) return found as Exclude<T, undefined | false | null>;
    if (Date.now() >= end) throw new Error(`waited in vain for ${what}`);
    await sleep(50);
  }
}

import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEntry, AuditFlaw, AuditLine } from '../../contract/audit.js';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { inFolder, storeError, writeAtomically } from '../artifacts/atomic.js';
import { folderOf } from '../artifacts/requests.js';
import { inTurn } from '../worktree/turns.js';
import { chained, flawsOf, headOf, parsedLine, startOf, type Head, type Mac } from './chain.js';

/** The log of what concerns no request: changes of the configuration. No request can have this id. */
export const MACHINE_LOG = '+.machine';

/**
 * Append-only logs in `<home>/audit/`, one for each request. Any number of processes may write; what is written is on the disk.
 * Everywhere: BatonError `no_space`, `io`.
 */
export class AuditLogs {
  readonly #home: string;
  readonly #mac: Mac;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: { home: string; mac: Mac }) {
    this.#home = options.home;
    this.#mac = options.mac;
  }

  /** Adds the entries whose id the log does not have. */
  async append(log: string, entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await inTurn(this.#turns, log, () => locked(`${this.#path(log)}.lock`, () => this.#append(log, entries)));
  }

  /** Oldest first; undefined where there is no such log. What is no entry is left out. */
  async read(log: string): Promise<AuditLine[] | undefined> {
    const text = await textOf(this.#path(log));
    return text === undefined ? undefined : linesOf(text).flatMap((line) => parsedLine(line) ?? []);
  }

  /** Undefined where there is neither the log nor a trace of it. */
  async verify(log: string): Promise<AuditFlaw[] | undefined> {
    // The end first: what is written meanwhile makes the log longer than it says, never shorter.
    const head = await this.#head(log);
    const text = await textOf(this.#path(log));
    if (text === undefined && head === undefined) return undefined;
    return flawsOf(log, { lines: linesOf(text ?? ''), head, mac: this.#mac });
  }

  async #append(log: string, entries: readonly AuditEntry[]): Promise<void> {
    const path = this.#path(log);
    const text = (await textOf(path)) ?? '';
    // What a crash cut off was never told to anybody as written.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const lines = linesOf(whole);
    const known = new Set(lines.map((line) => parsedLine(line)?.id));
    const fresh = entries.filter(
      ({ id }, at) => !known.has(id) && entries.findIndex((other) => other.id === id) === at,
    );
    if (fresh.length === 0) return;
    let before = await this.#end(log, lines);
    let added = '';
    for (const entry of fresh) {
      const line = chained(entry, before, this.#mac);
      added += `${JSON.stringify(line)}\n`;
      before = line;
    }
    await write(path, Buffer.byteLength(whole), added);
    await this.#keepHead(log, headOf(log, before, this.#mac));
  }

  /** What the next line follows. Where lines were cut off it follows the last one that was written, so that the gap stays to be seen. */
  async #end(log: string, lines: readonly string[]): Promise<{ n: number; hash: string }> {
    const head = await this.#head(log);
    const isTrue = head !== undefined && headOf(log, head, this.#mac).mac === head.mac;
    if (isTrue && head.n > lines.length) return head;
    if (lines.length === 0) return { n: 0, hash: startOf(log, this.#mac) };
    return { n: lines.length, hash: parsedLine(lines.at(-1) ?? '')?.hash ?? '' };
  }

  async #head(log: string): Promise<Head | undefined> {
    const text = await textOf(`${this.#path(log)}.head`);
    try {
      return text === undefined ? undefined : (JSON.parse(text) as Head);
    } catch {
      return { n: 0, hash: '', mac: '' };
    }
  }

  #keepHead(log: string, head: Head): Promise<void> {
    return writeAtomically(join(this.#home, 'tmp'), async (file) => {
      await file.writeFile(`${JSON.stringify(head)}\n`);
      return `${this.#path(log)}.head`;
    });
  }

  #path(log: string): string {
    return join(this.#home, 'audit', `${log === MACHINE_LOG ? log : folderOf(log)}.jsonl`);
  }
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

async function textOf(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > LIMITS.auditLogBytes) {
      throw new BatonError('io', `${path} is larger than ${LIMITS.auditLogBytes} bytes`, {
        hint: 'move it away with its .head file; a new one is begun',
      });
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storeError(error, 'could not be read');
  }
}

async function write(path: string, at: number, text: string): Promise<void> {
  try {
    const file = await inFolder(dirname(path), () => open(path, 'a', 0o600));
    try {
      if ((await file.stat()).size > at) await file.truncate(at);
      await file.appendFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw storeError(error, 'could not be written');
  }
}

/** Does the work while no other process does it; a lock that nobody holds any more is taken away. */
async function locked(path: string, work: () => Promise<void>): Promise<void> {
  const until = Date.now() + LIMITS.auditLockMs;
  for (;;) {
    const file = await taken(path);
    if (file) {
      try {
        return await work();
      } finally {
        await file.close();
        await rm(path, { force: true });
      }
    }
    await dropIfLeft(path);
    if (Date.now() > until) {
      throw new BatonError('io', `${path} is held by another process`, { hint: 'remove it where no Baton runs' });
    }
    await sleep(LIMITS.readyPollMs);
  }
}

async function taken(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await inFolder(dirname(path), () => open(path, 'wx', 0o600));
    await file.writeFile(String(process.pid));
    return file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw storeError(error, 'could not be made');
  }
}

/** Left by a process that died: its number is nobody's by now, or it is far too old for so short a work. */
async function dropIfLeft(path: string): Promise<void> {
  const [text, found] = [await readFile(path, 'utf8').catch(() => ''), await stat(path).catch(() => undefined)];
  if (!found) return;
  const pid = Number(text);
  const isLeft = Date.now() - found.mtimeMs > LIMITS.auditLockStaleMs || (pid > 0 && !isAlive(pid));
  if (!isLeft) return;
  // Another process may have done the same meanwhile, and hold the lock by now: then it gets it back.
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  if ((await readFile(aside, 'utf8').catch(() => text)) !== text) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

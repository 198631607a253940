import { createHash } from 'node:crypto';
import { linkSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../contract/limits.js';
import { writeTemporary } from './atomic-file.js';
import { isAlive, startTimeOf } from './process-identity.js';
import { readJsonFile } from './run-files.js';

/** A lock that is held; `server` listens at `lockAddress(name)` and may answer there. */
export interface Lock {
  server: Server;
  release(): Promise<void>;
}

/** `abstract`: use the socket names of the Linux kernel, which vanish with their process. Elsewhere files stand in for them. */
export interface LockOptions {
  abstract?: boolean;
}

/** Takes the lock of this name on this machine, or returns undefined if a living process holds it. */
export async function tryLock(name: string, options: LockOptions = {}): Promise<Lock | undefined> {
  const abstract = options.abstract ?? process.platform === 'linux';
  const path = lockAddress(name, { abstract });
  const ownerFile = abstract ? undefined : `${path}.owner`;
  if (ownerFile !== undefined) {
    if (!(await takeOwnerFile(ownerFile))) return undefined;
    rmSync(path, { force: true });
  }
  const server = createServer();
  server.maxConnections = LIMITS.controlConnections;
  const taken = await listen(server, path);
  if (!taken) return undefined;
  const release = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        if (ownerFile !== undefined) rmSync(ownerFile, { force: true });
        resolve();
      });
    });
  return { server, release };
}

/** Waits for the lock, calling `onWait` once if another process holds it. Throws what `signal` was aborted with. */
export async function waitForLock(name: string, onWait: () => void, signal: AbortSignal): Promise<Lock> {
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    const lock = await tryLock(name);
    if (lock) return lock;
    if (!told) onWait();
    told = true;
    await sleep(LIMITS.lockPollMs, undefined, { signal });
  }
}

/** Where the holder of a lock listens: a path for `net.connect`. */
export function lockAddress(name: string, options: LockOptions = {}): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  if (options.abstract ?? process.platform === 'linux') return `\0baton-${digest}`;
  return join(tmpdir(), `baton-${userInfo().uid}-${digest}.sock`);
}

function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen({ path }, () => resolve(true));
  });
}

/**
 * A file that names its owner, created by a link, which one process alone can make. A dead owner's file is set aside first; the pause and
 * the second look find out if two processes did that at the same time.
 */
async function takeOwnerFile(path: string): Promise<boolean> {
  const mine = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' };
  const found = ownerOf(path);
  if (found !== undefined) {
    if (isAlive(found.pid, found.startTime)) return false;
    const aside = `${path}.${process.pid}.stale`;
    try {
      renameSync(path, aside);
      const moved = ownerOf(aside);
      if (moved && isAlive(moved.pid, moved.startTime)) linkSync(aside, path);
    } catch {
      return false;
    } finally {
      rmSync(aside, { force: true });
    }
  }
  const temporary = writeTemporary(path, JSON.stringify(mine));
  try {
    linkSync(temporary, path);
  } catch {
    return false;
  } finally {
    rmSync(temporary, { force: true });
  }
  if (found !== undefined) await sleep(LIMITS.lockPollMs);
  const owner = ownerOf(path);
  return owner?.pid === mine.pid && owner.startTime === mine.startTime;
}

function ownerOf(path: string): { pid: number; startTime: string } | undefined {
  const value = readJsonFile(path) as { pid?: unknown; startTime?: unknown } | null | undefined;
  if (typeof value?.pid !== 'number' || typeof value.startTime !== 'string') return undefined;
  return { pid: value.pid, startTime: value.startTime };
}

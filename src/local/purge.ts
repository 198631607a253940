import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError } from '../contract/errors.js';
import { type HomePart, partOf, sizeOfPath } from './folder-size.js';
import { readKey } from './key.js';
import { lockSupervisor, stopPair, type StoppedPair } from './pair.js';

/** What was removed, in bytes by part. */
export interface Purged {
  stopped: StoppedPair;
  parts: Partial<Record<HomePart, number>>;
}

/**
 * Ends the pair and removes all that Baton itself put into the data folder but the key; settings, agents and whatever else lies there stay.
 * Links are removed, and what they name is not. No pair can start meanwhile. @throws BatonError `io`, `internal`
 */
export async function purgeHome(home: string): Promise<Purged> {
  const stopped = await stopPair({ home });
  const key = readKey(home);
  const lock = key === undefined ? undefined : await lockSupervisor(home, key);
  try {
    const parts: Purged['parts'] = {};
    for (const name of lstatSync(home, { throwIfNoEntry: false }) ? readdirSync(home) : []) {
      const part = partOf(home, name);
      if (part === 'other') continue;
      const path = join(home, name);
      parts[part] = (parts[part] ?? 0) + sizeOfPath(path).bytes;
      removeTree(path);
    }
    return { stopped, parts };
  } finally {
    await lock?.release();
  }
}

function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  } catch (cause) {
    throw new BatonError('io', `${path} could not be removed: ${(cause as Error).message}`, {
      hint: 'see what holds it with: baton doctor',
      cause,
    });
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { diagnose, type Check } from '../local/doctor.js';
import { ensureHome, resolveHome } from '../local/home.js';
import { findPair, stopPair, type FoundPair, type StoppedPair } from '../local/pair.js';
import { SUPERVISE_MAIN, openPlace } from './place.js';

/** What is missing on this machine, and how to get it. Starts nothing. */
export async function doctor(workspace: string | undefined): Promise<{ v: 1; checks: Check[] }> {
  const { checks } = await diagnose({ home: resolveHome(), ...(workspace === undefined ? {} : { workspace }) });
  return { v: 1, checks };
}

/** Ends worker, server and supervisor of this data folder. */
export const down = (): Promise<StoppedPair> => stopPair({ home: resolveHome() });

export const found = (): Promise<FoundPair | undefined> => findPair({ home: resolveHome() });

/**
 * Runs the pair in the foreground, or attaches to the one that runs. Resolves when it has ended; an abort ends a pair of its own, and only
 * detaches from one that was there before.
 */
export async function up(options: {
  onReady(pair: FoundPair, attached: boolean): void;
  onProgress(line: string): void;
  signal: AbortSignal;
}): Promise<void> {
  const home = ensureHome(resolveHome()).home;
  const before = await findPair({ home });
  const attached = before?.worker !== undefined && (before.server !== undefined || !before.embedded);
  const own = attached ? undefined : startForeground();
  const gone = own ? once(own, 'exit') : undefined;
  const place = await openPlace({ start: true, onProgress: options.onProgress });
  await place.close();
  const pair = await findPair({ home });
  if (pair) options.onReady(pair, attached);
  const aborted = options.signal.aborted ? Promise.resolve() : once(options.signal, 'abort').then(() => undefined);
  if (!own || !gone) return aborted;
  await Promise.race([gone, aborted]);
  if (own.exitCode === null && own.signalCode === null) {
    own.kill('SIGTERM');
    await gone;
  }
}

function startForeground() {
  return spawn(process.execPath, [SUPERVISE_MAIN, '--foreground'], { stdio: ['ignore', 'ignore', 'inherit'], env: process.env });
}

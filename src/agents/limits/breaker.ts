import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../contract/limits.js';
import { writeAtomically } from '../../workspace/artifacts/atomic.js';
import { accountOf, type AccountSources } from './account.js';

/** The usage limit of an account, as it is kept for all requests of this host. */
interface Entry {
  v: 1;
  account: string;
  /** Unix time in ms. */
  until: number;
  /** How often in a row a limit whose reset time was not told was met. */
  inVain: number;
}

/**
 * Keeps agents from being started under an account whose usage limit is reached, whatever request they are of: a file for each account, in a
 * folder of the data folder, so that it outlasts the worker.
 */
export interface Breaker {
  accountOf(sources: Omit<AccountSources, 'salt'>): string;
  /** When the account may be used again, as Unix time in ms; undefined where it may be now. */
  closedUntil(account: string): Promise<number | undefined>;
  /** A limit was met; gives until when, also where the reset time was not told. */
  trip(account: string, resetsAt: number | undefined): Promise<number>;
  /** An agent of the account ended well. That closes no limit that was met meanwhile, unless the agent was started `anyway`, with the limit known. */
  worked(account: string, how: { anyway: boolean }): Promise<void>;
}

export function createBreaker({
  folder,
  temporary,
  salt,
  now = Date.now,
}: {
  folder: string;
  /** On the same file system. */
  temporary: string;
  salt: string;
  now?: () => number;
}): Breaker {
  const pathOf = (account: string): string =>
    join(folder, `${createHash('sha256').update(account).digest('hex').slice(0, 32)}.json`);
  return {
    accountOf: (sources) => accountOf({ ...sources, salt }),
    async closedUntil(account) {
      const until = (await readEntry(pathOf(account)))?.until;
      return until !== undefined && until > now() ? until : undefined;
    },
    async trip(account, resetsAt) {
      const path = pathOf(account);
      await sweep(folder, now());
      const entry = entryAfter(await readEntry(path), { account, resetsAt, now: now() });
      await writeAtomically(temporary, async (file) => {
        await file.writeFile(`${JSON.stringify(entry)}\n`);
        return path;
      });
      return entry.until;
    },
    async worked(account, { anyway }) {
      const path = pathOf(account);
      const entry = await readEntry(path);
      if (entry && (anyway || entry.until <= now())) await rm(path, { force: true });
    },
  };
}

function entryAfter(
  before: Entry | undefined,
  { account, resetsAt, now }: { account: string; resetsAt: number | undefined; now: number },
): Entry {
  const earliest = now + LIMITS.usageLimitLeastMs;
  // A reset time that is over, and yet the limit is there, tells nothing.
  if (resetsAt !== undefined && resetsAt > now) {
    const until = Math.min(Math.max(resetsAt, earliest), now + LIMITS.usageLimitMostMs);
    return { v: 1, account, until, inVain: 0 };
  }
  // Agents that were under way when the limit was reached meet it one after the other.
  if (before && before.until > now) return before;
  const inVain = (before?.inVain ?? 0) + 1;
  const wait = Math.min(LIMITS.usageLimitFirstMs * 2 ** Math.min(inVain - 1, 20), LIMITS.usageLimitLongestMs);
  return { v: 1, account, until: now + wait, inVain };
}

/** An entry that cannot be read counts as none: the account is tried, and says itself whether it is limited. */
async function readEntry(path: string): Promise<Entry | undefined> {
  try {
    if ((await stat(path)).size > LIMITS.usageLimitFileBytes) return undefined;
    const entry = JSON.parse(await readFile(path, 'utf8')) as Partial<Entry> | null;
    const isEntry = entry?.v === 1 && Number.isFinite(entry.until) && Number.isInteger(entry.inVain);
    return isEntry ? (entry as Entry) : undefined;
  } catch {
    return undefined;
  }
}

/** Removes what has long been over. Until then it tells how often a wait of unknown length was in vain. */
async function sweep(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const until = (await readEntry(path))?.until ?? 0;
    if (until + LIMITS.usageLimitLongestMs < now) await rm(path, { force: true });
  }
}

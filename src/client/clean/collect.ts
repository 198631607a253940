import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { sizeOfPath } from '../../local/folder-size.js';
import { resolveHome } from '../../local/home.js';
import { findLeftovers } from '../../local/leftovers.js';
import { LIMITS } from '../../contract/limits.js';
import { parseDuration } from '../../contract/durations.js';
import { allKept, type KeptRequest } from '../../workspace/artifacts/kept.js';
import { forgetWorktrees, removeBelow } from '../../workspace/artifacts/removal.js';
import { createArtifactStore } from '../../workspace/artifacts/store.js';
import { openIfUp, type Place } from '../place.js';
import { freeArtifacts, type Freed } from './artifacts.js';
import { executionOf, forget } from './history.js';
import { whileAlone } from './lock.js';
import { removeFolders } from './remove.js';

export type Part = 'requests' | 'artifacts' | 'worktrees' | 'logs' | 'database copies' | 'temporary files';

/** What `gc` freed, or would free. `unfinished`: requests without a kept end, which were left alone. */
export interface Collected {
  v: 1;
  dryRun: boolean;
  /** ISO 8601; what ended before it went. */
  before: string;
  requests: string[];
  freed: Record<Part, Freed>;
  freedBytes: number;
  unfinished: number;
  /** What could not be removed, and why. */
  problems: string[];
}

export interface CollectOptions {
  olderThan?: string | undefined;
  dryRun: boolean;
  onNotice: (line: string) => void;
}

/** Frees what requests left that ended long ago, and what nobody refers to. A request that runs or waits is never touched. */
export async function collect({ olderThan, dryRun, onNotice }: CollectOptions): Promise<Collected> {
  const home = resolveHome();
  const now = Date.now();
  const before = now - ageOf(olderThan);
  const place = await openIfUp();
  try {
    const run = (): Promise<Collected> => new Collection({ home, place, dryRun, now, before }).run();
    return await whileAlone(home, () => onNotice('another command cleans up; waiting for it'), run);
  } finally {
    await place?.close();
  }
}

function ageOf(text: string | undefined): number {
  const age = text === undefined ? LIMITS.namespaceRetentionMs : parseDuration(text);
  if (age !== undefined && age <= LIMITS.cleanUpAgeMaxMs) return age;
  throw new BatonError('bad_input', `--older-than: ${JSON.stringify(text)} is not a duration of at most 100 years`, {
    path: 'olderThan',
    hint: 'a number with ms, s, m, h or d, as in: baton gc --older-than 30d',
  });
}

interface Given {
  home: string;
  place: Place | undefined;
  dryRun: boolean;
  /** Times in ms since the epoch. */
  now: number;
  before: number;
}

class Collection {
  readonly #given: Given;
  readonly #collected: Collected;

  constructor(given: Given) {
    this.#given = given;
    const none = (): Freed => ({ count: 0, bytes: 0 });
    this.#collected = {
      v: 1,
      dryRun: given.dryRun,
      before: new Date(given.before).toISOString(),
      requests: [],
      freed: {
        requests: none(),
        artifacts: none(),
        worktrees: none(),
        logs: none(),
        'database copies': none(),
        'temporary files': none(),
      },
      freedBytes: 0,
      unfinished: 0,
      problems: [],
    };
  }

  async run(): Promise<Collected> {
    const { home, dryRun, now, before } = this.#given;
    const going: KeptRequest[] = [];
    const names = new Set<string>();
    for await (const request of allKept(home)) {
      names.add(request.name);
      if (await this.#mayGo(request)) going.push(request);
    }
    const store = createArtifactStore(join(home, 'artifacts'));
    const artifacts = await freeArtifacts({ home, store, going, orphans: true, dryRun, now });
    this.#add('artifacts', artifacts.count, artifacts.bytes);
    for (const request of going) await this.#try(request.id, () => this.#removeRequest(request));
    await this.#removeWorktrees(names);
    for (const { kind, parts } of findLeftovers(home, { before, now })) {
      const part = ({ log: 'logs', 'database copy': 'database copies', temporary: 'temporary files' } as const)[kind];
      await this.#try(parts.join('/'), async () => this.#removePart(part, parts));
    }
    return this.#collected;
  }

  /** Without a server, what has no kept end may still run. With one, a request that it does not know may run elsewhere. */
  async #mayGo(request: KeptRequest): Promise<boolean> {
    const { place, before } = this.#given;
    const isOld = (request.endedAt ?? request.changedAt) < before;
    const execution = place && isOld ? await executionOf(place, request.id) : undefined;
    const hasEnded = execution?.kind === 'closed' || (request.endedAt !== null && execution?.kind !== 'open');
    if (request.endedAt === null && !(isOld && hasEnded)) this.#collected.unfinished += 1;
    return isOld && hasEnded && !(execution?.kind === 'closed' && execution.closedAt >= before);
  }

  async #removeRequest(request: KeptRequest): Promise<void> {
    const { home, place, dryRun } = this.#given;
    const { name, id } = request;
    const worktree = sizeOfPath(join(home, 'worktrees', name)).bytes;
    const bytes = sizeOfPath(request.folder).bytes;
    if (!dryRun) {
      if (place && (await executionOf(place, id)).kind === 'closed') await forget(place, id);
      await removeFolders(home, request);
    }
    this.#collected.requests.push(id);
    this.#add('requests', 1, bytes);
    if (worktree > 0) this.#add('worktrees', 1, worktree);
  }

  /** Those of requests of which nothing else is kept. */
  async #removeWorktrees(known: ReadonlySet<string>): Promise<void> {
    const { home, before, dryRun } = this.#given;
    const folder = join(home, 'worktrees');
    if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const at = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
      if (!entry.isDirectory() || known.has(entry.name) || at >= before) continue;
      await this.#try(`worktrees/${entry.name}`, async () => {
        const { bytes } = sizeOfPath(path);
        if (!dryRun) await forgetWorktrees(path);
        if (dryRun || (await removeBelow(home, 'worktrees', entry.name))) this.#add('worktrees', 1, bytes);
      });
    }
  }

  async #removePart(part: Part, parts: readonly string[]): Promise<void> {
    const { home, dryRun } = this.#given;
    const { bytes } = sizeOfPath(join(home, ...parts));
    if (dryRun || (await removeBelow(home, ...parts))) this.#add(part, 1, bytes);
  }

  #add(part: Part, count: number, bytes: number): void {
    const freed = this.#collected.freed[part];
    freed.count += count;
    freed.bytes += bytes;
    this.#collected.freedBytes += bytes;
  }

  /** One thing that cannot be removed does not keep the others. */
  async #try(what: string, act: () => Promise<void>): Promise<void> {
    await act().catch((error: unknown) => {
      if (!(error instanceof BatonError)) throw error;
      this.#collected.problems.push(`${what}: ${error.message}`);
    });
  }
}

import { join } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { sizeOfPath } from '../../local/folder-size.js';
import { resolveHome } from '../../local/home.js';
import { keptOf, type KeptRequest } from '../../workspace/artifacts/kept.js';
import { safeJoin } from '../../workspace/artifacts/paths.js';
import { removeBelow, worktreesIn } from '../../workspace/artifacts/removal.js';
import { createRequestFiles } from '../../workspace/artifacts/requests.js';
import { createArtifactStore } from '../../workspace/artifacts/store.js';
import { Worktrees } from '../../workspace/worktree/worktrees.js';
import { REQUEST_ID_PATTERN } from '../../contract/names.js';
import { openIfUp, type Place } from '../place.js';
import { freeArtifacts, type Freed } from './artifacts.js';
import { executionOf, forget, type Execution } from './history.js';
import { whileAlone } from './lock.js';

/** What `rm` did. `history`: whether Temporal was made to forget the request, had nothing of it, or keeps it until its retention ends. */
export interface Removed {
  v: 1;
  removed: { requestId: string; worktrees: number; history: 'deleted' | 'none' | 'left' }[];
  artifacts: Freed;
  freedBytes: number;
}

/**
 * Removes all that is kept of requests that have ended. Each is looked at before any is removed. What a crash interrupts is finished by
 * calling it again, for the folder, by which a request is found, goes last.
 * @throws BatonError `unknown_id`, `refused` for one that runs or waits, or of which that cannot be found out
 */
export async function removeRequests(ids: readonly string[], onNotice: (line: string) => void): Promise<Removed> {
  const home = resolveHome();
  for (const id of ids) if (!REQUEST_ID_PATTERN.test(id)) throw unknown(id);
  const place = await openIfUp();
  try {
    return await whileAlone(
      home,
      () => onNotice('another command cleans up; waiting for it'),
      async () => {
        const going: Going[] = [];
        for (const id of new Set(ids)) going.push(await mayGo(home, place, id));
        return await remove(home, place, going);
      },
    );
  } finally {
    await place?.close();
  }
}

/** A request that may go: what is kept here, what Temporal has; `undefined` where it was not asked. */
interface Going {
  id: string;
  kept: KeptRequest | undefined;
  execution: Execution | undefined;
}

const unknown = (id: string): BatonError =>
  new BatonError('unknown_id', `there is no request ${id}`, { hint: 'list them with: baton list' });

async function mayGo(home: string, place: Place | undefined, id: string): Promise<Going> {
  const kept = await keptOf(home, id);
  const execution = place ? await executionOf(place, id) : undefined;
  if (execution?.kind === 'open') {
    throw new BatonError('refused', `${id} has not ended`, { hint: `end it with: baton cancel ${id}` });
  }
  if (!kept && execution?.kind !== 'closed') throw unknown(id);
  if (kept) await foldersOf(home, kept.name);
  if (kept && kept.endedAt === null && !execution) {
    throw new BatonError('refused', `${id} has no kept end, so it may still run or wait; no server can tell`, {
      hint: `start one and try again: baton up, then baton rm ${id}`,
    });
  }
  return { id, kept, execution };
}

async function remove(home: string, place: Place | undefined, going: readonly Going[]): Promise<Removed> {
  const kept = going.flatMap((each) => each.kept ?? []);
  const store = createArtifactStore(join(home, 'artifacts'));
  const artifacts = await freeArtifacts({ home, store, going: kept, orphans: false, dryRun: false, now: Date.now() });
  const removed: Removed['removed'] = [];
  let freedBytes = artifacts.bytes;
  for (const { id, kept, execution } of going) {
    const history = await removeHistory(place, id, execution);
    const gone = kept ? await removeFolders(home, kept) : { bytes: 0, worktrees: 0 };
    freedBytes += gone.bytes;
    removed.push({ requestId: id, worktrees: gone.worktrees, history });
  }
  return { v: 1, removed, artifacts, freedBytes };
}

type HistoryEnd = Removed['removed'][number]['history'];

/** A cluster may not allow it; what is kept on this machine goes all the same. */
async function removeHistory(place: Place | undefined, id: string, execution?: Execution): Promise<HistoryEnd> {
  if (!place || !execution) return 'left';
  if (execution.kind !== 'closed') return 'none';
  return forget(place, id).then(
    () => 'deleted' as const,
    () => 'left' as const,
  );
}

const foldersOf = (home: string, name: string): Promise<[worktrees: string, request: string]> =>
  Promise.all([safeJoin(home, 'worktrees', name), safeJoin(home, 'requests', name)]);

/**
 * The worktrees first, then what is kept of the request, which says whose worktrees they are: the agents that worked in them may have changed
 * what they say themselves. Its branch stays in its repository. @throws BatonError `bad_input` where a link leads out
 */
export async function removeFolders(
  home: string,
  { id, name }: KeptRequest,
): Promise<{ bytes: number; worktrees: number }> {
  const [worktree, request] = await foldersOf(home, name);
  const bytes = sizeOfPath(worktree).bytes + sizeOfPath(request).bytes;
  const worktrees = (await worktreesIn(worktree)).length;
  await new Worktrees({ root: join(home, 'worktrees'), files: createRequestFiles(home) }).clear(id);
  await removeBelow(home, 'requests', name);
  return { bytes, worktrees };
}

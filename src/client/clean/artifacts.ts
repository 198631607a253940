import { LIMITS } from '../../contract/limits.js';
import { allKept, type KeptRequest } from '../../workspace/artifacts/kept.js';
import { referencesIn } from '../../workspace/artifacts/references.js';
import type { ArtifactStore, StoredArtifact } from '../../workspace/artifacts/store.js';

export interface Freed {
  count: number;
  bytes: number;
}

export interface FreeOptions {
  home: string;
  store: ArtifactStore;
  /** Requests that are about to be removed. */
  going: readonly KeptRequest[];
  /** Whether artifacts that no request ever referred to go too. */
  orphans: boolean;
  dryRun: boolean;
  now: number;
}

/**
 * Frees the artifacts to which only requests that are going refer. One that was put after their end, by a request that has not written down
 * yet what it refers to, stays; while any such request is under way, so does each that was put within the last day.
 */
export async function freeArtifacts({ home, store, going, orphans, dryRun, now }: FreeOptions): Promise<Freed> {
  await store.recover();
  const endOf = new Map<string, number>();
  for (const { folder, endedAt, changedAt } of going) {
    await referencesIn(folder, (digest) => {
      endOf.set(digest, Math.max(endOf.get(digest) ?? 0, endedAt ?? changedAt));
    });
  }
  const found = new Map<string, StoredArtifact>();
  for await (const entry of store.entries()) {
    if (found.size >= LIMITS.collectedArtifacts) break;
    if (orphans || endOf.has(entry.sha256)) found.set(entry.sha256, entry);
  }
  const names = new Set(going.map(({ name }) => name));
  let isAlone = true;
  for await (const { name, folder, endedAt } of allKept(home)) {
    if (names.has(name)) continue;
    isAlone &&= endedAt !== null;
    await referencesIn(folder, (digest) => found.delete(digest));
  }
  const old = now - LIMITS.orphanArtifactAgeMs;
  const freed: Freed = { count: 0, bytes: 0 };
  for (const entry of found.values()) {
    const isTheirs = isAlone && entry.usedAt <= (endOf.get(entry.sha256) ?? 0);
    if (entry.usedAt >= old && !isTheirs) continue;
    if (!dryRun && !(await store.discard(entry))) continue;
    freed.count += 1;
    freed.bytes += entry.bytes;
  }
  return freed;
}

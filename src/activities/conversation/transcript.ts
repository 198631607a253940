import { messagesOf, type Content } from '../../agents/model/messages.js';
import { BatonError } from '../../contract/errors.js';
import type { Json } from '../../contract/json.js';
import { LIMITS } from '../../contract/limits.js';
import type { ArtifactStore } from '../../workspace/artifacts/store.js';

/**
 * An entry of a transcript as it is kept: each names the one before it by digest, so that the digest of the last stands for the whole
 * conversation, and adding the same entry to the same conversation gives the same one again.
 */
interface Kept {
  v: 1;
  previous: string | null;
  id: string;
  turn: number;
  content: Content;
}

const cache = new Map<string, Kept>();

/** Adds entries to the conversation that ends with `head`; gives its new end, and the digests of what was added. */
export async function append(
  artifacts: ArtifactStore,
  head: string | null,
  entries: readonly Omit<Kept, 'v' | 'previous'>[],
): Promise<{ head: string | null; added: string[] }> {
  const added: string[] = [];
  let previous = head;
  for (const { id, turn, content } of entries) {
    const kept: Kept = { v: 1, previous, id, turn, content };
    const { sha256 } = await artifacts.put('transcript.json', JSON.stringify(kept));
    remember(sha256, kept);
    added.push(sha256);
    previous = sha256;
  }
  return { head: previous, added };
}

/** All entries of a conversation, the oldest first. @throws BatonError `artifact_missing` */
export async function transcript(artifacts: ArtifactStore, head: string | null): Promise<Kept[]> {
  const entries: Kept[] = [];
  for (let at = head; at !== null;) {
    if (entries.length > LIMITS.sessionEntries)
      throw new BatonError('artifact_corrupt', 'a conversation without an end');
    const kept: Kept = cache.get(at) ?? (JSON.parse(await artifacts.getText(at)) as Kept);
    remember(at, kept);
    entries.push(kept);
    at = kept.previous;
  }
  return entries.reverse();
}

export const messages = (entries: readonly Kept[]): Json[] => messagesOf(entries.map(({ content }) => content));

/** What it wrote last; empty where its last answer was of calls alone. */
export function lastText(entries: readonly Kept[]): string {
  const answer = entries.findLast(({ content }) => content.kind === 'answer')?.content;
  return answer?.kind === 'answer' ? answer.text : '';
}

function remember(sha256: string, kept: Kept): void {
  cache.delete(sha256);
  cache.set(sha256, kept);
  for (const oldest of cache.keys()) if (cache.size > LIMITS.transcriptCacheEntries) cache.delete(oldest);
}

import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequestView } from '../../contract/view.js';
import { createRequestFiles, folderOf, idOf, JOURNAL_FILE } from './requests.js';

/** What is kept of a request in `<home>/requests`. Times in ms since the epoch. */
export interface KeptRequest {
  id: string;
  /** The name of its folder, below `requests` as below `worktrees`. */
  name: string;
  /** The folder's absolute path. */
  folder: string;
  /** When its end was written down; null where none is, because it has not ended, ended without Baton, or runs again. */
  endedAt: number | null;
  /** When anything of it was last written. */
  changedAt: number;
}

/** All of them, in no order. Links, and folders that are no request's, are passed over. */
export async function* allKept(home: string): AsyncGenerator<KeptRequest> {
  const requests = join(home, 'requests');
  if (!(await lstat(requests).catch(() => undefined))?.isDirectory()) return;
  for await (const entry of await opendir(requests)) {
    const id = entry.isDirectory() ? await idOf(join(requests, entry.name), entry.name) : undefined;
    const found = id === undefined ? undefined : await lookAt(home, id);
    if (found) yield found;
  }
}

/** Undefined where nothing of it is kept, or in its place there is a link. @throws BatonError `bad_input` for an id that is none */
export async function keptOf(home: string, id: string): Promise<KeptRequest | undefined> {
  return lookAt(home, id);
}

async function lookAt(home: string, id: string): Promise<KeptRequest | undefined> {
  const name = folderOf(id);
  const folder = join(home, 'requests', name);
  if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return undefined;
  let changedAt = 0;
  const times = new Map<string, number>();
  for await (const entry of await opendir(folder)) {
    const found = await lstat(join(folder, entry.name)).catch(() => undefined);
    if (!found?.isFile()) continue;
    times.set(entry.name, found.mtimeMs);
    changedAt = Math.max(changedAt, found.mtimeMs);
  }
  const written = times.get('result.json');
  const isLast = written !== undefined && (times.get(JOURNAL_FILE) ?? 0) <= written;
  const endedAt = isLast && (await hasEnd(home, id)) ? written : null;
  return { id, name, folder, endedAt, changedAt };
}

const OPEN: readonly RequestView['status'][] = ['running', 'waiting', 'paused'];

async function hasEnd(home: string, id: string): Promise<boolean> {
  const view = (await createRequestFiles(home)
    .readJson(id, 'result.json')
    .catch(() => undefined)) as Partial<RequestView> | null | undefined;
  return typeof view?.status === 'string' && !OPEN.includes(view.status);
}

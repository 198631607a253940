import { lstat, readdir } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { errorCode, requireFolder } from './folder.js';
import { findRepository, trackedNames } from './git.js';
import { absolutePath, displayName } from './paths.js';

export interface ListedFile {
  /** The name's bytes, relative to the workspace: what opens the file. */
  raw: Buffer;
  /** The name as text; bytes that are not UTF-8 stand as `\xNN`. */
  path: string;
  /** A symlink is listed and never followed. */
  kind: 'file' | 'symlink';
  /** Size of the file, or length of the symlink's target. */
  bytes: number;
}

/** The files of a workspace, sorted by the bytes of their names. */
export interface Listing {
  files: ListedFile[];
  /** True where the list stopped at LIMITS.workspaceFiles, or where git's did. */
  truncated: boolean;
  source: 'git' | 'walk';
  /** Folders that a walk could not read. */
  unreadableFolders: number;
  /** Why a repository that is there could not be asked, so that the tree was walked instead. */
  gitProblem: string | null;
}

/**
 * The files of the workspace `path`. In a git repository they are the files of `git ls-files -z` run in that folder,
 * without submodules; a tracked file that is deleted from the working tree is not there and does not count, nor does
 * one whose folder was replaced by a symlink. Elsewhere they are all files of the tree outside of `.git` and
 * `node_modules`. FIFOs, sockets and devices are left out; nothing is opened. Throws `workspace_missing`, or the reason
 * of an aborted signal.
 */
export async function listWorkspace(path: string, options: { signal?: AbortSignal } = {}): Promise<Listing> {
  const root = await requireFolder(path);
  const found = await findRepository(root, options);
  if (found.kind !== 'repository') {
    const gitProblem = found.kind === 'refused' ? found.why : null;
    return { ...(await walk(root, options.signal)), source: 'walk', gitProblem };
  }
  const { names, truncated } = await trackedNames(root, options);
  const wanted = names.slice(0, LIMITS.workspaceFiles);
  const present = await withoutReplacedFolders(root, wanted, options.signal);
  const files: ListedFile[] = [];
  for await (const { raw, stats } of lstatAll(root, present, options.signal)) {
    const file = listed(raw, stats);
    if (file) files.push(file);
  }
  return {
    files,
    truncated: truncated || wanted.length < names.length,
    source: 'git',
    unreadableFolders: 0,
    gitProblem: null,
  };
}

const SKIPPED_FOLDERS = new Set(['.git', 'node_modules']);

async function walk(
  root: string,
  signal: AbortSignal | undefined,
): Promise<{ files: ListedFile[]; truncated: boolean; unreadableFolders: number }> {
  const files: ListedFile[] = [];
  const folders: Buffer[] = [Buffer.alloc(0)];
  let unreadableFolders = 0;
  let truncated = false;
  for (let folder = folders.pop(); folder !== undefined && !truncated; folder = folders.pop()) {
    const names = await namesIn(root, folder);
    if (names === null) unreadableFolders += 1;
    for await (const { raw, stats } of lstatAll(root, names ?? [], signal)) {
      if (stats.isDirectory()) {
        if (!SKIPPED_FOLDERS.has(raw.subarray(raw.lastIndexOf('/') + 1).toString('latin1'))) folders.push(raw);
        continue;
      }
      const file = listed(raw, stats);
      if (file && files.length < LIMITS.workspaceFiles) files.push(file);
      else truncated ||= file !== null;
    }
    truncated ||= folders.length > LIMITS.workspaceFiles;
  }
  files.sort((a, b) => Buffer.compare(a.raw, b.raw));
  return { files, truncated, unreadableFolders };
}

/**
 * What stands in a folder, relative to the root; null where it may not be read. A folder that has vanished holds
 * nothing.
 */
async function namesIn(root: string, folder: Buffer): Promise<Buffer[] | null> {
  try {
    const names = await readdir(absolutePath(root, folder), { encoding: 'buffer' });
    return folder.length === 0 ? names : names.map((name) => Buffer.concat([folder, Buffer.from('/'), name]));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    if (code === 'EACCES' || code === 'EPERM') return null;
    throw new BatonError('io', `folder ${JSON.stringify(displayName(folder))} could not be read`, { cause: error });
  }
}

function listed(raw: Buffer, stats: Stats): ListedFile | null {
  const kind = stats.isFile() ? 'file' : stats.isSymbolicLink() ? 'symlink' : null;
  return kind && { raw, path: displayName(raw), kind, bytes: stats.size };
}

/**
 * Git's index may still name `a/b` where `a` has become a symlink, perhaps one that leads out of the workspace. Such
 * names are dropped, because lstat would follow every part but the last.
 */
async function withoutReplacedFolders(
  root: string,
  names: Buffer[],
  signal: AbortSignal | undefined,
): Promise<Buffer[]> {
  const folders = new Map<string, Buffer>();
  for (const name of names) {
    for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
      const key = name.toString('latin1', 0, slash);
      if (folders.has(key)) break;
      folders.set(key, name.subarray(0, slash));
    }
  }
  const replaced: Buffer[] = [];
  for await (const { raw, stats } of lstatAll(root, [...folders.values()], signal)) {
    if (!stats.isDirectory()) replaced.push(Buffer.concat([raw, Buffer.from('/')]));
  }
  if (replaced.length === 0) return names;
  return names.filter((name) => !replaced.some((folder) => name.subarray(0, folder.length).equals(folder)));
}

/** lstat of each name, in order, in batches; a name that is not there, or may not be looked at, is left out. */
async function* lstatAll(
  root: string,
  names: Buffer[],
  signal: AbortSignal | undefined,
): AsyncGenerator<{ raw: Buffer; stats: Stats }> {
  for (let start = 0; start < names.length; start += LIMITS.filesAtOnce) {
    signal?.throwIfAborted();
    const batch = names.slice(start, start + LIMITS.filesAtOnce);
    const found = await Promise.all(batch.map((raw) => lstat(absolutePath(root, raw)).catch(ignoreMissing)));
    for (const [index, raw] of batch.entries()) {
      const stats = found[index];
      if (stats) yield { raw, stats };
    }
  }
}

function ignoreMissing(error: unknown): null {
  const code = errorCode(error);
  if (code !== undefined && ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP'].includes(code)) return null;
  throw new BatonError('io', 'a file of the workspace could not be looked at', { cause: error });
}

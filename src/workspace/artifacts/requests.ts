import { createHash, randomUUID } from 'node:crypto';
import { mkdir, opendir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { REQUEST_ID_PATTERN } from '../../contract/names.js';
import { storeError, writeAtomically } from './atomic.js';
import { appendLine, readLines } from './journal.js';
import { safeJoin } from './paths.js';

/** The files that Baton keeps of a request, outside of Temporal. */
export type RequestFile =
  | 'input.json'
  | 'analysis.json'
  | 'plan.json'
  | 'branch.json'
  | 'state.json'
  | 'result.json'
  | 'report.md'
  | 'report.json'
  | 'references.json'
  | `saved-${number}.json`
  | `claim-${string}.json`;

/**
 * Small named files of requests in `<root>/requests/<id>/`, and beside them one journal of what became of the tasks. A reader sees the old file or
 * the new one, never a part. Everywhere: BatonError `bad_input` for an id that is none, `no_space`, `io`.
 */
export interface RequestFiles {
  /** As JSON with a line end; returns the path. */
  writeJson(id: string, file: RequestFile, value: unknown): Promise<string>;
  writeText(id: string, file: RequestFile, text: string): Promise<string>;
  /** Undefined where there is none. @throws BatonError `artifact_corrupt` for what is no JSON */
  readJson(id: string, file: RequestFile): Promise<unknown>;
  /** Undefined where there is none; at most `LIMITS.artifactReadBytes`. */
  readText(id: string, file: RequestFile): Promise<string | undefined>;
  /** Numbers of the request's saved states, in order; undefined where nothing is kept of it. */
  saved(id: string): Promise<number[] | undefined>;
  /** Nothing happens where there is none. */
  removeFile(id: string, file: RequestFile): Promise<void>;
  /** Where the file is, or would be. */
  path(id: string, file: RequestFile): Promise<string>;
  /** Adds a record to the journal of the request's tasks; it is on the disk when this resolves. */
  addRecord(id: string, record: unknown): Promise<void>;
  /** Adds a line that names artifacts to a file of their own, so that no clean-up takes them while the request is there. */
  addReferences(id: string, references: unknown): Promise<void>;
  /** The records of the journal, oldest first; one that a crash cut off is passed over. */
  records(id: string): AsyncGenerator;
  /** Ids of requests, the last written to first (the journal does not count). */
  list(limit?: number): Promise<string[]>;
  /** All files of a request at once; false where there are none. */
  remove(id: string): Promise<boolean>;
}

export function createRequestFiles(root: string): RequestFiles {
  return new FolderRequestFiles(resolve(root));
}

class FolderRequestFiles implements RequestFiles {
  readonly #requests: string;
  readonly #temporary: string;

  constructor(root: string) {
    this.#requests = join(root, 'requests');
    this.#temporary = join(root, 'tmp');
  }

  path(id: string, file: RequestFile): Promise<string> {
    return safeJoin(this.#requests, folderOf(id), file);
  }

  async writeJson(id: string, file: RequestFile, value: unknown): Promise<string> {
    return this.writeText(id, file, `${jsonOf(value)}\n`);
  }

  async writeText(id: string, file: RequestFile, text: string): Promise<string> {
    const path = await this.path(id, file);
    const folder = folderOf(id);
    if (folder.startsWith(DIGEST_MARK)) await this.#put(join(this.#requests, folder, ID_FILE), id);
    await this.#put(path, text);
    return path;
  }

  async addRecord(id: string, record: unknown): Promise<void> {
    await appendLine(await safeJoin(this.#requests, folderOf(id), JOURNAL_FILE), jsonOf(record));
  }

  async addReferences(id: string, references: unknown): Promise<void> {
    await appendLine(await safeJoin(this.#requests, folderOf(id), REFERENCES_FILE), jsonOf(references));
  }

  async *records(id: string): AsyncGenerator {
    yield* readLines(await safeJoin(this.#requests, folderOf(id), JOURNAL_FILE));
  }

  async readJson(id: string, file: RequestFile): Promise<unknown> {
    const text = await this.readText(id, file);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new BatonError('artifact_corrupt', `${await this.path(id, file)} is not JSON`, { cause: error });
    }
  }

  async readText(id: string, file: RequestFile): Promise<string | undefined> {
    return readBounded(await this.path(id, file));
  }

  async saved(id: string): Promise<number[] | undefined> {
    const names = await readdir(await safeJoin(this.#requests, folderOf(id))).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw storeError(error, 'could not be read');
    });
    const numbers = names?.flatMap((name) => /^saved-(\d{1,9})\.json$/.exec(name)?.[1] ?? []);
    return numbers?.map(Number).sort((a, b) => a - b);
  }

  async removeFile(id: string, file: RequestFile): Promise<void> {
    const path = await this.path(id, file);
    await rm(path, { force: true }).catch((error: unknown) => {
      throw storeError(error, 'could not be removed');
    });
  }

  async list(limit: number = LIMITS.requestsListed): Promise<string[]> {
    const found: { id: string; at: number }[] = [];
    const folder = await opendir(this.#requests).catch(() => undefined);
    if (!folder) return [];
    for await (const entry of folder) {
      const path = join(this.#requests, entry.name);
      const id = entry.isDirectory() ? await idOf(path, entry.name) : undefined;
      if (id === undefined) continue;
      const at = await stat(path).then(
        (folder) => folder.mtimeMs,
        () => 0,
      );
      found.push({ id, at });
      // The oldest are let go from time to time, so that memory stays bounded however many there are.
      if (found.length >= 2 * LIMITS.requestsListed) newestFirst(found).splice(LIMITS.requestsListed);
    }
    return newestFirst(found)
      .slice(0, Math.min(limit, LIMITS.requestsListed))
      .map(({ id }) => id);
  }

  async remove(id: string): Promise<boolean> {
    const path = await safeJoin(this.#requests, folderOf(id));
    const gone = join(this.#temporary, randomUUID());
    try {
      await mkdir(this.#temporary, { recursive: true, mode: 0o700 });
      await rename(path, gone);
      await rm(gone, { recursive: true, force: true });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw storeError(error, 'could not be removed');
    }
  }

  #put(path: string, text: string): Promise<void> {
    return writeAtomically(this.#temporary, async (file) => {
      await file.writeFile(text);
      return path;
    });
  }
}

function jsonOf(value: unknown): string {
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    throw new BatonError('bad_input', 'the value has no JSON form', { cause: error });
  }
  throw new BatonError('bad_input', 'the value has no JSON form');
}

const newestFirst = (found: { id: string; at: number }[]): { id: string; at: number }[] =>
  found.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));

/** Not part of any id, so an escape cannot be mistaken for text. */
const ESCAPE = '+';
const DIGEST_MARK = '++';
const ID_FILE = 'id';
export const JOURNAL_FILE = 'tasks.jsonl';
const REFERENCES_FILE = 'conversations.jsonl';
/** File systems allow 255 bytes. */
const NAME_CHARS = 240;

/** Upper case is escaped, because some file systems take `A` and `a` for the same name. */
const encode = (id: string): string => id.replace(/[A-Z]/g, (letter) => ESCAPE + letter.toLowerCase());
const decode = (name: string): string => name.replace(/\+([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The name of a request's folder, below requests/ as below worktrees/. @throws BatonError `bad_input` for an id that is none */
export function folderOf(id: string): string {
  if (!REQUEST_ID_PATTERN.test(id)) {
    throw new BatonError('bad_input', `${JSON.stringify(id.slice(0, 200))} is not the id of a request`, { path: 'id' });
  }
  const name = encode(id);
  return name.length <= NAME_CHARS ? name : DIGEST_MARK + createHash('sha256').update(id).digest('hex');
}

/** The id of the request whose folder this is; undefined for one that is no request's. */
export async function idOf(path: string, name: string): Promise<string | undefined> {
  const id = name.startsWith(DIGEST_MARK)
    ? await readBounded(join(path, ID_FILE)).catch(() => undefined)
    : decode(name);
  return id !== undefined && REQUEST_ID_PATTERN.test(id) && folderOf(id) === name ? id : undefined;
}

async function readBounded(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > LIMITS.artifactReadBytes) {
      throw new BatonError('bad_input', `${path} is too large (${size} bytes) to be read as a whole`);
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storeError(error, 'could not be read');
  }
}

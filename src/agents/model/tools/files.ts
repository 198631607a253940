import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import { BatonError } from '../../../contract/errors.js';
import { LIMITS } from '../../../contract/limits.js';
import { safeJoin } from '../../../workspace/artifacts/paths.js';
import { fields, textIn, ToolError, type Tool, type ToolPlace } from './tool.js';

const PATH = ['string', 'Path of the file, relative to the working folder'] as const;

export const read: Tool = {
  name: 'Read',
  description: 'Reads a text file, with line numbers.',
  schema: fields({
    file_path: PATH,
    'offset?': ['integer', 'The first line, from 1'],
    'limit?': ['integer', 'How many lines'],
  }),
  async run(input, place) {
    const path = await readable(textIn(input, 'file_path'), place);
    const lines = (await textOf(path)).split('\n');
    const first = Math.max(1, Number(input['offset'] ?? 1));
    const shown = lines.slice(first - 1, first - 1 + Math.max(1, Number(input['limit'] ?? lines.length)));
    return shown.map((line, i) => `${first + i}\t${line}`).join('\n');
  },
};

export const write: Tool = {
  name: 'Write',
  description: 'Writes a whole file; folders that are missing are made.',
  schema: fields({ file_path: PATH, content: ['string', 'All of its new content'] }),
  async run(input, place) {
    const path = await writable(textIn(input, 'file_path'), place);
    await mkdir(dirname(path), { recursive: true });
    await put(path, textIn(input, 'content'));
    return 'written';
  },
};

export const edit: Tool = {
  name: 'Edit',
  description:
    'Replaces a text in a file by another. The old text must stand there exactly once, unless all are replaced.',
  schema: fields({
    file_path: PATH,
    old_string: ['string', 'The text to replace, to the letter'],
    new_string: ['string', 'What stands there afterwards'],
    'replace_all?': ['boolean', 'Replaces every occurrence'],
  }),
  async run(input, place) {
    await readable(textIn(input, 'file_path'), place);
    const path = await writable(textIn(input, 'file_path'), place);
    const [before, old, fresh] = [await textOf(path), textIn(input, 'old_string'), textIn(input, 'new_string')];
    const count = old === '' ? 0 : before.split(old).length - 1;
    // A call that is made again after a crash finds what it has done.
    const isDone = fresh !== '' && before.includes(fresh) ? '; new_string does' : '';
    if (count === 0) throw new ToolError(`old_string: it does not stand in the file${isDone}`);
    if (count > 1 && input['replace_all'] !== true)
      throw new ToolError(`old_string: it stands there ${count} times; give more of its surroundings, or replace_all`);
    await put(path, before.split(old).join(fresh));
    return count === 1 ? 'replaced' : `replaced ${count} times`;
  },
};

/** The absolute path of what the model names, which cannot lead out of the working folder (PRM-2). */
export async function pathIn(named: string, { cwd }: ToolPlace): Promise<{ path: string; name: string }> {
  const below = named === cwd ? '.' : named.startsWith(cwd + sep) ? named.slice(cwd.length + 1) : named;
  try {
    const path = await safeJoin(cwd, below === '' ? '.' : below);
    return { path, name: relative(cwd, path).split(sep).join('/') };
  } catch (error) {
    if (error instanceof BatonError && error.code === 'bad_input') throw new ToolError(error.message, true);
    throw error;
  }
}

async function readable(named: string, place: ToolPlace): Promise<string> {
  const { path, name } = await pathIn(named, place);
  if (isGits(name) || !place.mayRead(name)) throw new ToolError(`${name}: the mode does not allow to read it`, true);
  return path;
}

async function writable(named: string, place: ToolPlace): Promise<string> {
  const { path, name } = await pathIn(named, place);
  if (isGits(name) || !place.mayWrite(name)) throw new ToolError(`${name}: the mode does not allow to change it`, true);
  return path;
}

/** What git itself keeps there is no file of the project. */
export const isGits = (name: string): boolean => name.split('/').some((part) => part.toLowerCase() === '.git');

async function textOf(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new ToolError('file_path: not a file');
    if (found.size > LIMITS.toolFileBytes) throw new ToolError(`file_path: larger than ${LIMITS.toolFileBytes} bytes`);
    const bytes = await readFile(path);
    if (bytes.includes(0)) throw new ToolError('file_path: not a text file');
    return bytes.toString('utf8');
  } catch (error) {
    throw plainError(error);
  }
}

/** Never through a link that was put there since the path was looked at. */
async function put(path: string, text: string): Promise<void> {
  if (Buffer.byteLength(text) > LIMITS.toolFileBytes) throw new ToolError(`more than ${LIMITS.toolFileBytes} bytes`);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    const file = await open(path, flags, 0o666);
    try {
      await writeFile(file, text);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw plainError(error);
  }
}

function plainError(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new ToolError('file_path: there is no such file');
  if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EACCES' || code === 'ELOOP')
    return new ToolError(`file_path: ${code}`);
  return error;
}

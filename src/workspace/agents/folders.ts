import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import type { AgentSource } from '../../contract/agent.js';
import { LIMITS } from '../../contract/limits.js';
import { errorCode } from '../folder.js';

/** A folder of agents' files. `within`: where its files may truly stand; links that lead out of it are refused. */
export interface AgentFolder {
  source: AgentSource;
  path: string;
  within: string;
}

/** A Markdown file of such a folder, or why it cannot be read. */
export type AgentText = { path: string } & ({ text: string } | { flaw: string });

/** The Markdown files of a folder and the folders in it, by path; none where it does not exist. */
export async function readAgentFolder({ path: top, within }: AgentFolder): Promise<AgentText[]> {
  if (!existsSync(top)) return [];
  const found: AgentText[] = [];
  const root = realOr(within);
  const waiting = [top];
  const seen = new Set<string>();
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    const real = realOr(folder);
    if (seen.has(real)) continue;
    if (!isBelow(real, root)) {
      found.push({ path: folder, flaw: `a link that leads out of ${within}` });
      continue;
    }
    if (seen.size >= LIMITS.agentFolders) {
      found.push({ path: folder, flaw: `not looked at: more than ${LIMITS.agentFolders} folders` });
      break;
    }
    seen.add(real);
    const entries = entriesOf(folder);
    if (typeof entries === 'string') found.push({ path: folder, flaw: entries });
    else {
      for (const path of entries) {
        if (isFolder(path)) waiting.push(path);
        else if (path.endsWith('.md'))
          found.push(found.length < LIMITS.agentFiles ? await readOne(path, root) : tooMany(path));
        if (found.length > LIMITS.agentFiles) return found;
      }
    }
  }
  return found;
}

const tooMany = (path: string): AgentText => ({
  path,
  flaw: `not read, nor what follows: more than ${LIMITS.agentFiles} files`,
});

function entriesOf(folder: string): string[] | string {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    return `cannot be read (${errorCode(error) ?? 'unknown error'})`;
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

async function readOne(path: string, root: string): Promise<AgentText> {
  try {
    const real = realpathSync(path);
    if (!isBelow(real, root)) return { path, flaw: 'a link that leads out of its folder' };
    if (!statSync(real).isFile()) return { path, flaw: 'not a file' };
    const handle = await open(real, 'r');
    try {
      const buffer = Buffer.alloc(LIMITS.agentFileBytes + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      if (bytesRead > LIMITS.agentFileBytes) return { path, flaw: `larger than ${LIMITS.agentFileBytes} bytes` };
      return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead)) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = errorCode(error);
    return {
      path,
      flaw: code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'not UTF-8' : `cannot be read (${code ?? 'unknown error'})`,
    };
  }
}

/** A README says what the folder is for; it is no agent unless it begins as one. */
export const isReadme = (path: string, text: string): boolean =>
  basename(path).toLowerCase() === 'readme.md' && !text.startsWith('---');

const isBelow = (path: string, root: string): boolean =>
  path === root || path.startsWith(root === sep ? sep : root + sep);

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

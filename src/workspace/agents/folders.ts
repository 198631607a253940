import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AgentSource } from '../../contract/agent.js';
import { LIMITS } from '../../contract/limits.js';
import { errorCode } from '../folder.js';
import { isBelow, readMarkdown, realOr, type MarkdownText } from '../markdown.js';

/** A folder of agents' files. `within`: where its files may truly stand; links that lead out of it are refused. */
export interface AgentFolder {
  source: AgentSource;
  path: string;
  within: string;
}

/** The Markdown files of a folder and the folders in it, by path; none where it does not exist. */
export async function readAgentFolder({ path: top, within }: AgentFolder): Promise<MarkdownText[]> {
  if (!existsSync(top)) return [];
  const found: MarkdownText[] = [];
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
          found.push(found.length < LIMITS.agentFiles ? await readMarkdown(path, root) : tooMany(path));
        if (found.length > LIMITS.agentFiles) return found;
      }
    }
  }
  return found;
}

const tooMany = (path: string): MarkdownText => ({
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

/** A README says what the folder is for; it is no agent unless it begins as one. */
export const isReadme = (path: string, text: string): boolean =>
  basename(path).toLowerCase() === 'readme.md' && !text.startsWith('---');

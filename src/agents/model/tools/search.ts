import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../../contract/limits.js';
import { isGits, pathIn } from './files.js';
import { fields, textIn, ToolError, type Tool, type ToolPlace } from './tool.js';

/** Folders that are no part of a project's own text. */
const PASSED_OVER = ['.git', 'node_modules'];

export const list: Tool = {
  name: 'LS',
  description: 'Lists what stands in a folder; names of folders end with a slash.',
  schema: fields({ 'path?': ['string', 'The folder; without it the working folder'] }),
  async run(input, place) {
    const { path, name } = await pathIn(textIn({ path: '.', ...input }, 'path'), place);
    const entries = await readdir(path, { withFileTypes: true }).catch(() => {
      throw new ToolError('path: not a folder that can be read');
    });
    const names = entries
      .filter((entry) => entry.name !== '.git')
      .filter((entry) => entry.isDirectory() || place.mayRead(name === '' ? entry.name : `${name}/${entry.name}`))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    return bounded(names.sort());
  },
};

/** `matches` is given by who knows of globs. */
export const glob = (matcher: (pattern: string) => (path: string) => boolean): Tool => ({
  name: 'Glob',
  description: 'Lists the files whose paths fit a glob such as src/**/*.ts.',
  schema: fields({ pattern: ['string', 'The glob, relative to the working folder'] }),
  async run(input, place) {
    const pattern = textIn(input, 'pattern');
    if (pattern.length > LIMITS.globChars) throw new ToolError(`pattern: longer than ${LIMITS.globChars} characters`);
    const fits = matcher(pattern);
    const found: string[] = [];
    for await (const path of filesBelow(place.cwd)) if (fits(path) && place.mayRead(path)) found.push(path);
    return bounded(found.sort());
  },
});

export const grep: Tool = {
  name: 'Grep',
  description: 'Searches text files for an extended regular expression; gives path:line:text.',
  schema: fields({
    pattern: ['string', 'The regular expression, as grep -E takes it'],
    'path?': ['string', 'A file or folder to search; without it all'],
  }),
  async run(input, place) {
    const { name } = await pathIn(textIn({ path: '.', ...input }, 'path'), place);
    const skipped = PASSED_OVER.map((folder) => `--exclude-dir=${folder}`);
    const where = name === '' ? '.' : `./${name}`;
    const argv = ['grep', '-rnIE', ...skipped, '-e', textIn(input, 'pattern'), '--', where];
    const { text } = await place.run(argv, LIMITS.toolSearchMs);
    const lines = text.split('\n').map((line) => line.replace(/^\.\//, ''));
    return bounded(lines.filter((line) => isShown(line, place)));
  },
};

/** A path may hold a colon; then the longest that may be read counts for none of it. */
function isShown(line: string, place: ToolPlace): boolean {
  const path = /^(.*?):\d+:/.exec(line)?.[1];
  return path !== undefined && !isGits(path) && place.mayRead(path);
}

function bounded(lines: readonly string[]): string {
  const shown = lines.slice(0, LIMITS.toolFilesListed);
  const left = lines.length - shown.length;
  return [...shown, ...(left > 0 ? [`(${left} more are left out)`] : [])].join('\n') || '(nothing)';
}

/** Links are neither followed nor listed. */
async function* filesBelow(root: string): AsyncGenerator<string> {
  const folders = [''];
  for (let looked = 0; folders.length > 0 && looked < LIMITS.toolFilesLooked;) {
    const folder = folders.pop() ?? '';
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      looked += 1;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !PASSED_OVER.includes(entry.name)) folders.push(path);
      else if (entry.isFile()) yield path;
    }
  }
}

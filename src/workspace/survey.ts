import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { WorkspaceFacts } from '../contract/facts.js';
import { LIMITS } from '../contract/limits.js';
import { projectCommands } from './commands.js';
import { countLines } from './files.js';
import { requireFolder } from './folder.js';
import { gitFacts } from './git.js';
import { languageOf } from './languages.js';
import { listWorkspace, type ListedFile, type Listing } from './listing.js';
import { readManifests } from './manifests.js';

export interface SurveyOptions {
  signal?: AbortSignal;
  /** The workspace's files, where they were listed already. */
  listing?: Listing;
  /** Where agents' programs are looked for; the process's own PATH if absent. */
  searchPath?: string;
}

/**
 * Measures a workspace before planning: its files (see `listWorkspace`), their bytes (regular files only), lines as `wc
 * -l` counts them, git's state, manifests, commands. It writes nothing. Throws `workspace_missing` with path
 * `workspace`, or the reason of an aborted signal.
 */
export async function surveyWorkspace(path: string, options: SurveyOptions = {}): Promise<WorkspaceFacts> {
  const root = await requireFolder(path);
  const { signal, searchPath = process.env['PATH'] ?? '' } = options;
  const [listing, git, agents] = await Promise.all([
    options.listing ?? listWorkspace(root, signal ? { signal } : {}),
    gitFacts(root, { signal }),
    agentsOn(searchPath),
  ]);
  const manifests = await readManifests(root, listing.files, signal);
  const regular = listing.files.filter((file) => file.kind === 'file');
  const facts: WorkspaceFacts = {
    v: 1,
    path: root,
    repository: git.repository,
    head: git.head,
    branch: git.branch,
    dirty: git.dirty,
    files: listing.files.length,
    bytes: regular.reduce((sum, file) => sum + file.bytes, 0),
    truncated: listing.truncated,
    languages: (await measureLanguages(root, regular, signal)).slice(0, LIMITS.languagesListed),
    manifests: manifests.map((manifest) => manifest.file.path),
    commands: projectCommands(manifests, listing.files),
    agents,
  };
  return bounded(facts);
}

export interface LanguageLines {
  language: string;
  files: number;
  lines: number;
}

/** Files and lines of each language, by lines and then by name; a file whose name tells no language is in none. */
export async function measureLanguages(
  root: string,
  files: ListedFile[],
  signal?: AbortSignal,
): Promise<LanguageLines[]> {
  const totals = new Map<string, LanguageLines>();
  for (let start = 0; start < files.length; start += LIMITS.filesAtOnce) {
    signal?.throwIfAborted();
    const batch = files.slice(start, start + LIMITS.filesAtOnce).filter((file) => file.kind === 'file');
    await Promise.all(
      batch.map(async (file) => {
        const language = languageOf(file.path)?.name;
        if (language === undefined) return;
        const counted = await countLines(root, file);
        if (counted.kind !== 'counted') return;
        const total = totals.get(language) ?? { language, files: 0, lines: 0 };
        totals.set(language, { language, files: total.files + 1, lines: total.lines + counted.lines });
      }),
    );
  }
  return [...totals.values()].sort((a, b) => b.lines - a.lines || (a.language < b.language ? -1 : 1));
}

const AGENT_PROGRAMS = ['claude', 'codex', 'gemini', 'opencode'];

async function agentsOn(searchPath: string): Promise<string[]> {
  // An empty entry of PATH means the current folder, which must not decide what may be started.
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  const found = await Promise.all(
    AGENT_PROGRAMS.map(async (program) => {
      const places = await Promise.all(folders.map((folder) => isProgram(join(folder, program))));
      return places.some(Boolean) ? [program] : [];
    }),
  );
  return found.flat();
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Only the names of manifests and commands can make the facts long; the deepest of them give way. */
function bounded(facts: WorkspaceFacts): WorkspaceFacts {
  const { manifests, commands } = facts;
  while (
    Buffer.byteLength(JSON.stringify(facts)) > LIMITS.resultBytes &&
    (manifests.length > 0 || commands.length > 0)
  ) {
    if (manifests.length > 0) manifests.pop();
    else commands.pop();
  }
  return facts;
}

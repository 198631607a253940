import picomatch from 'picomatch';
import type { FileChange, Objection } from '../../contract/change.js';
import type { Mode } from '../../contract/mode.js';
import { PROTECTED_FILES } from '../../contract/modes.js';

/** What an agent's changes come to under its modes. Each change is in exactly one of the lists. */
export interface Verdict<C extends FileChange = FileChange> {
  allowed: C[];
  /** Never goes onto the branch. */
  refused: (Objection & { change: C })[];
  /** May go onto the branch once a person has said so. */
  protected: (Objection & { change: C })[];
}

export interface Rules {
  /** All of them must allow. */
  modes: readonly Mode[];
  /** The workspace's folder in the repository, with a slash at its end; empty for the top. */
  prefix: string;
}

/** Judges by paths and kinds alone; what the files say is not looked at. */
export function judgeChanges<C extends FileChange>(changes: readonly C[], { modes, prefix }: Rules): Verdict<C> {
  const writable = modes.map(({ name, write }) => ({ name, allows: globMatcher(write) }));
  const verdict: Verdict<C> = { allowed: [], refused: [], protected: [] };
  for (const change of changes) {
    const { path } = change;
    const refusal = dangerOf(change, prefix) ?? outsideOf(change, prefix, writable);
    const reason = refusal === undefined ? protectionOf(change) : undefined;
    if (refusal !== undefined) verdict.refused.push({ change, path, why: refusal });
    else if (reason !== undefined) verdict.protected.push({ change, path, why: reason });
    else verdict.allowed.push(change);
  }
  return verdict;
}

/** What no mode allows, wherever it stands. */
function dangerOf({ path, before, after, target }: FileChange, prefix: string): string | undefined {
  if (before === 'submodule' || after === 'submodule') return 'a repository within the repository';
  if (!path.startsWith(prefix)) return 'outside of the workspace';
  if (after === 'link' && leadsOut(path, target ?? '', prefix)) return 'a link that leads out of the workspace';
  return undefined;
}

function outsideOf(
  { path }: FileChange,
  prefix: string,
  writable: readonly { name: string; allows: (path: string) => boolean }[],
): string | undefined {
  const inWorkspace = path.slice(prefix.length);
  const refusing = writable.find(({ allows }) => !allows(inWorkspace));
  return refusing && `not writable in mode ${refusing.name}`;
}

const isProtected = picomatch(PROTECTED_FILES, { dot: true, nocase: true });

function protectionOf({ path, before, after }: FileChange): string | undefined {
  if (isProtected(path)) return 'a protected file';
  return after === 'executable' && before !== 'executable' ? 'newly executable' : undefined;
}

/** Whether a link's text leads out of the workspace, or into git's own data. Other links on its way are judged when they are made. */
function leadsOut(path: string, target: string, prefix: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return true;
  const at = path.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') {
      if (at.length === 0) return true;
      at.pop();
    } else if (part !== '' && part !== '.') at.push(part);
  }
  return !`${at.join('/')}/`.startsWith(prefix) || at.some((part) => part.toLowerCase() === '.git');
}

/** Whether a path fits one of the globs and none of those that begin with `!`. No glob allows nothing. */
export function globMatcher(globs: readonly string[]): (path: string) => boolean {
  const options = { dot: true, nonegate: true, windows: false } as const;
  const compiled = (list: readonly string[]) => (list.length === 0 ? () => false : picomatch(list, options));
  const included = compiled(globs.filter((glob) => !glob.startsWith('!')));
  const excluded = compiled(globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1)));
  return (path) => included(path) && !excluded(path);
}

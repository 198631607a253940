import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../contract/limits.js';
import type { GitOptions } from '../git.js';
import { displayName } from '../paths.js';
import { askGit, git, writeGit } from './git.js';

/** A checkout of its own, by its folder and the repository's data of it, whatever an agent made of the `.git` in the folder. */
export interface Tree {
  path: string;
  gitDir: string;
  /** The commit that it began at. */
  start: string;
}

/** What a commit says of where it comes from; by this a later look recognises it. */
export interface Origin {
  request: string;
  task: string;
  epoch: number;
}

export interface Changes {
  commit: string;
  /** Changed files, at most LIMITS.changedFilesListed, relative to the repository's top. */
  files: { status: string; path: string }[];
  filesLeftOut: number;
}

const COMMIT = { code: 'commit_failed' } as const;
export const within = ({ path, gitDir }: Tree): string[] => [`--git-dir=${gitDir}`, `--work-tree=${path}`];

/** Takes all that differs into the tree's index, which no working tree of the user shares; ignored files stay out. */
export async function takeIn(tree: Tree): Promise<void> {
  // Left by a git of the agent's that was killed; whoever could have held it has ended.
  await rm(join(tree.gitDir, 'index.lock'), { force: true });
  await git(tree.path, [...within(tree), 'add', '--all', '--', '.'], COMMIT);
}

/**
 * One commit of what was changed in the tree, on top of where it began, and on no branch yet; undefined where nothing was changed.
 * @throws BatonError `commit_failed`
 */
export async function makeCommit(tree: Tree, message: string): Promise<string | undefined> {
  await takeIn(tree);
  const [made, before] = await Promise.all([
    git(tree.path, [...within(tree), 'write-tree'], COMMIT),
    git(tree.path, [...within(tree), 'rev-parse', `${tree.start}^{tree}`], COMMIT),
  ]);
  if (made === before) return undefined;
  return commitTree(tree, { content: made, parent: tree.start, message });
}

export async function commitTree(
  tree: Tree,
  { content, parent, message }: { content: string; parent: string; message: string },
): Promise<string> {
  const args = [...within(tree), 'commit-tree', content, '-p', parent, '-m', message];
  return git(tree.path, args, { ...COMMIT, ...(await identity(tree)) });
}

/** The commit with this origin that the branch has gained since the tree began. */
export async function findCommit(
  tree: Pick<Tree, 'path' | 'gitDir' | 'start'>,
  ref: string,
  { request, task, epoch }: Origin,
): Promise<string | undefined> {
  const field = (name: string): string => `%(trailers:key=${name},valueonly,separator=%x2C)`;
  const format = `--format=%H %x00${field('Baton-Request')}%x00${field('Baton-Task')}%x00${field('Baton-Epoch')}`;
  const wanted = `\0${request}\0${task}\0${epoch}`;
  const run = await writeGit(tree.path, [...within(tree), 'log', '--max-count=1000', format, `${tree.start}..${ref}`]);
  if (run.kind !== 'ended' || run.exitCode !== 0) return undefined;
  const line = run.stdout
    .toString('utf8')
    .split('\n')
    .find((entry) => entry.endsWith(wanted));
  return line?.split(' ')[0];
}

/** What differs from where the tree began, as `git apply` takes it; undefined where nothing does. Cut at LIMITS.patchBytes, with a last line that says so. */
export async function patchOf(tree: Tree): Promise<Buffer | undefined> {
  await takeIn(tree);
  const form = ['--binary', '--full-index', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames'];
  const names = ['--src-prefix=a/', '--dst-prefix=b/', '--ignore-submodules=all'];
  const run = await writeGit(tree.path, [...within(tree), 'diff', '--cached', ...form, ...names, tree.start]);
  if (run.kind !== 'ended' || run.stdout.length === 0) return undefined;
  if (!run.cut && run.stdout.length <= LIMITS.patchBytes) return run.stdout;
  const note = `\n# Cut by Baton after ${LIMITS.patchBytes} bytes: this patch is not whole.\n`;
  return Buffer.concat([run.stdout.subarray(0, LIMITS.patchBytes), Buffer.from(note)]);
}

export async function changesOf(tree: Tree, commit: string): Promise<Changes> {
  const args = ['diff-tree', '-r', '-z', '--no-renames', '--name-status', `${commit}^`, commit];
  const run = await writeGit(tree.path, [...within(tree), ...args]);
  const fields = run.kind === 'ended' ? split(run.stdout) : [];
  const files = Array.from({ length: Math.floor(fields.length / 2) }, (_, at) => ({
    status: displayName(fields[2 * at] ?? Buffer.alloc(0)),
    path: displayName(fields[2 * at + 1] ?? Buffer.alloc(0)),
  }));
  const listed = files.slice(0, LIMITS.changedFilesListed);
  return { commit, files: listed, filesLeftOut: files.length - listed.length };
}

function split(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0, to = bytes.indexOf(0); to >= 0; from = to + 1, to = bytes.indexOf(0, from)) {
    parts.push(bytes.subarray(from, to));
  }
  return parts;
}

const identities = new WeakMap<Tree, Promise<GitOptions>>();

/** The user's own identity where git has been told one; asked once for each tree. */
export function identity(tree: Tree): Promise<GitOptions> {
  const known = identities.get(tree) ?? askIdentity(tree);
  identities.set(tree, known);
  return known;
}

async function askIdentity(tree: Tree): Promise<GitOptions> {
  const told = await askGit(tree.path, [...within(tree), 'config', '-z', '--get-regexp', '^user\\.(name|email)$']);
  // Of several the last one counts, as for git.
  const entries = (told ?? '').split('\0').map((entry) => entry.split('\n', 2));
  const values = new Map(entries.map(([name = '', value = '']) => [name, value]));
  if (values.get('user.name') && values.get('user.email')) return {};
  const [who, where] = ['Baton', 'baton@localhost'];
  return {
    env: { GIT_AUTHOR_NAME: who, GIT_AUTHOR_EMAIL: where, GIT_COMMITTER_NAME: who, GIT_COMMITTER_EMAIL: where },
  };
}

export function messageOf(title: string, { request, task, epoch }: Origin): string {
  // A title is a text of a plan: its line ends must not make trailers.
  const subject = title.replace(/[\s\p{Cc}]+/gu, ' ').trim() || task;
  return `${subject}\n\nBaton-Request: ${request}\nBaton-Task: ${task}\nBaton-Epoch: ${epoch}\n`;
}

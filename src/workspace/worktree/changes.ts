import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { GitOptions } from '../git.js';
import { displayName } from '../paths.js';
import { refOf } from './branch.js';
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
const within = ({ path, gitDir }: Tree): string[] => [`--git-dir=${gitDir}`, `--work-tree=${path}`];

/** Takes all that differs into the tree's index, which no working tree of the user shares; ignored files stay out. */
async function takeIn(tree: Tree): Promise<void> {
  // Left by a git of the agent's that was killed; whoever could have held it has ended.
  await rm(join(tree.gitDir, 'index.lock'), { force: true });
  await git(tree.path, [...within(tree), 'add', '--all', '--', '.'], COMMIT);
}

/**
 * Puts what was changed in the tree onto the branch as one commit; undefined where nothing was. A commit that an earlier delivery of the same
 * task and epoch made is found again. The branch moves only if it is still where the tree began.
 * @throws BatonError `commit_failed`
 */
export async function commitChanges(
  tree: Tree,
  { branch, title, origin }: { branch: string; title: string; origin: Origin },
): Promise<Changes | undefined> {
  const known = await findCommit(tree, refOf(branch), origin);
  if (known !== undefined) return changesOf(tree, known);
  await takeIn(tree);
  const made = await git(tree.path, [...within(tree), 'write-tree'], COMMIT);
  if (made === (await git(tree.path, [...within(tree), 'rev-parse', `${tree.start}^{tree}`], COMMIT))) return undefined;
  const args = [...within(tree), 'commit-tree', made, '-p', tree.start, '-m', messageOf(title, origin)];
  const commit = await git(tree.path, args, { ...COMMIT, ...(await identity(tree)) });
  await moveBranch(tree, branch, commit);
  return changesOf(tree, commit);
}

/** The branch is made where it is not there yet. The old value makes sure that nobody else's commit is lost. */
async function moveBranch(tree: Tree, branch: string, commit: string): Promise<void> {
  const ref = refOf(branch);
  const isThere = (await askGit(tree.path, [...within(tree), 'rev-parse', '--verify', '--quiet', ref])) !== undefined;
  const args = ['update-ref', '-m', 'baton: what an agent changed', ref, commit, isThere ? tree.start : ''];
  const run = await writeGit(tree.path, [...within(tree), ...args], await identity(tree));
  if (run.kind === 'ended' && run.exitCode === 0) return;
  throw new BatonError('commit_failed', `the branch ${branch} was moved by somebody else while the agent worked`, {
    hint: `what the agent changed is commit ${commit}: git cherry-pick ${commit}`,
  });
}

/** The commit with this origin that the branch has gained since the tree began. */
async function findCommit(
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

async function changesOf(tree: Tree, commit: string): Promise<Changes> {
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

/** The user's own identity where git has been told one. */
async function identity(tree: Tree): Promise<GitOptions> {
  const ask = (name: string): Promise<string | undefined> => askGit(tree.path, [...within(tree), 'config', name]);
  const [name, email] = await Promise.all([ask('user.name'), ask('user.email')]);
  if (name && email) return {};
  const [who, where] = ['Baton', 'baton@localhost'];
  return {
    env: { GIT_AUTHOR_NAME: who, GIT_AUTHOR_EMAIL: where, GIT_COMMITTER_NAME: who, GIT_COMMITTER_EMAIL: where },
  };
}

function messageOf(title: string, { request, task, epoch }: Origin): string {
  // A title is a text of a plan: its line ends must not make trailers.
  const subject = title.replace(/[\s\p{Cc}]+/gu, ' ').trim() || task;
  return `${subject}\n\nBaton-Request: ${request}\nBaton-Task: ${task}\nBaton-Epoch: ${epoch}\n`;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { BrokenCheck } from '../../contract/task.js';
import { displayName } from '../paths.js';
import { agentBranchOf, refOf } from './branch.js';
import { changesOf, commitTree, findCommit, identity, makeCommit, messageOf, within } from './changes.js';
import type { Changes, Origin, Tree } from './changes.js';
import { askGit, git, writeGit } from './git.js';

/** What became of an agent's changes: part of the request's branch, or held back beside it. */
export type Integration =
  /** `tip` is where the branch is now; the commit itself where others have not made the same changes. */
  ({ kind: 'integrated'; tip: string } & Changes) | ({ kind: 'conflict' } & Changes & Conflict);

export interface Conflict {
  /** Of its own; it holds the agent's commit. */
  branch: string;
  /** Files that cannot be merged, at most LIMITS.conflictFiles. */
  conflicts: string[];
  /** Tasks that changed these files on the request's branch meanwhile; where none conflicts, that changed anything. */
  against: string[];
  /** What broke although no file conflicts. */
  check?: BrokenCheck;
}

export interface Target {
  /** The request's branch. */
  branch: string;
  title: string;
  origin: Origin;
  /** Looks at the commit that the branch is about to get; what is broken there does not get onto it. */
  check?: ((commit: string) => Promise<BrokenCheck | undefined>) | undefined;
  /** Does what looks at the branch and moves it after all that came before; the rest needs no turn. */
  inTurn: <T extends Landing>(work: () => Promise<T>) => Promise<T>;
}

/** Where the branch is then, and the commit of the changes; or what holds them back. */
type Landing = { kind: 'integrated'; commit: string; tip: string } | ({ kind: 'conflict' } & Conflict);

/**
 * Makes one commit of what was changed in the tree and puts it onto the request's branch, on top of what others have put there meanwhile;
 * undefined where nothing was changed. The checks come last, so that the branch never holds what broke one. What an earlier delivery of the same task and epoch has put there is found again. The branch is only
 * moved from where it was looked at, so that nobody's commit is lost.
 * @throws BatonError `commit_failed`
 */
export async function integrate(tree: Tree, target: Target): Promise<Integration | undefined> {
  const { branch, title, origin, inTurn } = target;
  const own = agentBranchOf(origin);
  const known = await findCommit(tree, refOf(branch), origin);
  if (known !== undefined) {
    return landed(tree, {
      own,
      ...(await inTurn(async () => integrated(known, (await tipOf(tree, branch)) ?? known))),
    });
  }
  const message = messageOf(title, origin);
  const commit = await makeCommit(tree, message);
  if (commit === undefined) return undefined;
  // From here on it is found by its name, whatever happens to the worktree.
  await git(tree.path, [...within(tree), 'update-ref', refOf(own), commit], FAILED);
  const landing = await inTurn(() => land(tree, { ...target, own, commit, message }));
  return landing.kind === 'conflict'
    ? { ...(await changesOf(tree, commit)), ...landing }
    : landed(tree, { own, ...landing });
}

const integrated = (commit: string, tip: string): Landing & { kind: 'integrated' } => ({
  kind: 'integrated',
  commit,
  tip,
});

async function land(
  tree: Tree,
  { branch, own, commit, message, check }: Target & { own: string; commit: string; message: string },
): Promise<Landing> {
  for (let round = 0; round < LIMITS.integrationRounds; round += 1) {
    const tip = await tipOf(tree, branch);
    const merge = await mergeOnto(tree, { tip, commit });
    if (merge.kind === 'conflict') return told(tree, { ...merge, own, branch });
    const next = await mergedCommit(tree, { merge, commit, message });
    const broken = await check?.(next);
    if (broken) return { ...(await told(tree, { files: [], own, branch })), check: broken };
    // Others have made the same changes: the branch holds them, without a commit for them.
    if (merge.content === null) return integrated(commit, tip ?? commit);
    if (await moveBranch(tree, { branch, from: tip, to: next })) return integrated(next, next);
  }
  throw new BatonError('commit_failed', `the branch ${branch} is moved by somebody else again and again`, {
    hint: `what the agent changed is on the branch ${own}`,
  });
}

const FAILED = { code: 'commit_failed' } as const;

type Merge =
  /** `content` is the merged tree; absent where there is nothing to merge with, null where the tip holds all of it. */
  { kind: 'clean'; parent: string; content?: string | null } | { kind: 'conflict'; content: string; files: string[] };

/** What the branch is to be at: on no branch yet, so that a crash leaves nothing behind but an object that nobody names. */
async function mergedCommit(
  tree: Tree,
  { merge, commit, message }: { merge: Merge & { kind: 'clean' }; commit: string; message: string },
): Promise<string> {
  const { content, parent } = merge;
  if (content === null) return parent;
  return content === undefined ? commit : commitTree(tree, { content, parent, message });
}

/** Merges a commit of the tree with a tip, in no working tree. */
async function mergeOnto(tree: Tree, { tip, commit }: { tip: string | undefined; commit: string }): Promise<Merge> {
  if (tip === undefined || tip === tree.start) return { kind: 'clean', parent: tree.start };
  const isAhead = await writeGit(tree.path, [...within(tree), 'merge-base', '--is-ancestor', tree.start, tip]);
  if (isAhead.kind !== 'ended' || isAhead.exitCode !== 0) {
    throw new BatonError('commit_failed', 'the branch was taken back by somebody else while the agent worked', {
      hint: `what the agent changed is commit ${commit}: git cherry-pick ${commit}`,
    });
  }
  const [merge, present] = await Promise.all([
    mergeTrees(tree, tip, commit),
    git(tree.path, [...within(tree), 'rev-parse', `${tip}^{tree}`], FAILED),
  ]);
  if (merge.files.length > 0) return { kind: 'conflict', ...merge };
  return { kind: 'clean', parent: tip, content: present === merge.content ? null : merge.content };
}

/** The merged tree, in which files that conflict hold both versions between markers, and the names of these files. */
async function mergeTrees(tree: Tree, tip: string, commit: string): Promise<{ content: string; files: string[] }> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', tip, commit];
  const run = await writeGit(tree.path, [...within(tree), ...args]);
  const fields = run.kind === 'ended' ? splitNul(run.stdout) : [];
  const [content, ...files] = fields;
  if (run.kind !== 'ended' || run.exitCode > 1 || content === undefined) {
    const why = run.kind === 'ended' ? run.stderr.trim().split('\n').at(-1) : run.kind;
    throw new BatonError('commit_failed', `git merge-tree: ${why ?? 'no answer'}`, {
      hint: 'Baton needs git 2.38 or later',
    });
  }
  return { content: content.toString('utf8'), files: run.exitCode === 0 ? [] : [...new Set(files.map(displayName))] };
}

function splitNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0, to = bytes.indexOf(0); to >= 0; from = to + 1, to = bytes.indexOf(0, from)) {
    if (to > from) parts.push(bytes.subarray(from, to));
  }
  return parts;
}

async function told(
  tree: Tree,
  { files, own, branch }: { files: string[]; own: string; branch: string },
): Promise<{ kind: 'conflict' } & Conflict> {
  const conflicts = files.slice(0, LIMITS.conflictFiles);
  const field = '%(trailers:key=Baton-Task,valueonly,separator=%x2C)';
  const range = `${tree.start}..${refOf(branch)}`;
  const args = [
    ...within(tree),
    'log',
    '--max-count=100',
    `--format=${field}`,
    range,
    '--',
    ...conflicts.map((path) => `:(top,literal)${path}`),
  ];
  const names = (await askGit(tree.path, args))?.split('\n').filter((name) => name !== '') ?? [];
  return { kind: 'conflict', branch: own, conflicts, against: [...new Set(names)].reverse() };
}

/** Whether it was where it was seen to be. */
async function moveBranch(
  tree: Tree,
  { branch, from, to }: { branch: string; from: string | undefined; to: string },
): Promise<boolean> {
  const args = ['update-ref', '-m', 'baton: what an agent changed', refOf(branch), to, from ?? ''];
  const run = await writeGit(tree.path, [...within(tree), ...args], await identity(tree));
  return run.kind === 'ended' && run.exitCode === 0;
}

const tipOf = (tree: Tree, branch: string): Promise<string | undefined> =>
  askGit(tree.path, [...within(tree), 'rev-parse', '--verify', '--quiet', refOf(branch)]);

async function landed(
  tree: Tree,
  { commit, tip, own }: { commit: string; tip: string; own: string },
): Promise<Integration> {
  const [changes] = await Promise.all([changesOf(tree, commit), dropBranch(tree, own)]);
  return { kind: 'integrated', tip, ...changes };
}

/** Forgets the branch of an agent whose changes are elsewhere by now. */
export async function dropBranch(tree: Tree, branch: string): Promise<void> {
  await askGit(tree.path, [...within(tree), 'update-ref', '-d', refOf(branch)]);
}

/**
 * Brings another agent's commit into the tree's files, which hold both versions between markers where it conflicts; gives the files that do.
 * @throws BatonError `commit_failed`
 */
export async function mergeInto(tree: Tree, commit: string): Promise<string[]> {
  const { content, files } = await mergeTrees(tree, tree.start, commit);
  await git(tree.path, [...within(tree), 'read-tree', '--reset', '-u', content], FAILED);
  return files.slice(0, LIMITS.conflictFiles);
}

/** Of files that held both versions, by their paths in the worktree, those that still do. */
export async function unmended(path: string, files: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(files.map((file) => readFile(join(path, file), 'utf8').catch(() => '')));
  return files.filter((_, at) => /^<{7} .*$[^]*^>{7} /m.test(texts[at] ?? ''));
}

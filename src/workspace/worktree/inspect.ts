import { lstat, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryKind, FileChange } from '../../contract/change.js';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { absolutePath, displayName } from '../paths.js';
import { takeIn, within, type Tree } from './changes.js';
import { git, writeGit } from './git.js';

/** A change with the bytes of its path, by which it can be undone. */
export interface TreeChange extends FileChange {
  raw: Buffer;
  /** git's name of what the path holds now. */
  id: string;
}

const KINDS: Record<string, EntryKind> = {
  '000000': 'none',
  '100644': 'file',
  '100755': 'executable',
  '120000': 'link',
  '160000': 'submodule',
};

/**
 * All that differs from where the tree began, in git's order; ignored files are not looked at.
 * @throws BatonError `commit_failed` where git cannot say it, or there is more than it can be asked for
 */
export async function changesIn(tree: Tree): Promise<TreeChange[]> {
  await takeIn(tree);
  const args = ['diff-index', '--cached', '--raw', '-z', '--no-renames', '--no-abbrev', '--ignore-submodules=none'];
  const run = await writeGit(tree.path, [...within(tree), ...args, tree.start, '--']);
  if (run.kind !== 'ended' || run.exitCode !== 0 || run.cut) {
    throw new BatonError('commit_failed', 'git does not say what the agent changed');
  }
  const changes: TreeChange[] = [];
  for (const [header, raw] of pairsOf(run.stdout)) {
    const [before = '', after = '', , id = ''] = header.toString('latin1').replace(/^:/, '').split(' ');
    const change: TreeChange = { raw, id, path: displayName(raw), before: kindOf(before), after: kindOf(after) };
    changes.push(change.after === 'link' ? { ...change, target: await targetOf(tree, id) } : change);
  }
  return changes;
}

/** What git does not name is treated as the most dangerous of what it can be. */
const kindOf = (mode: string): EntryKind => KINDS[mode] ?? 'submodule';

function* pairsOf(bytes: Buffer): Generator<[Buffer, Buffer]> {
  for (let from = 0; from < bytes.length;) {
    const middle = bytes.indexOf(0, from);
    const end = bytes.indexOf(0, middle + 1);
    if (middle < 0 || end < 0) return;
    yield [bytes.subarray(from, middle), bytes.subarray(middle + 1, end)];
    from = end + 1;
  }
}

async function targetOf(tree: Tree, id: string): Promise<string> {
  const run = await writeGit(tree.path, [...within(tree), 'cat-file', 'blob', id]);
  if (run.kind !== 'ended' || run.exitCode !== 0) throw new BatonError('commit_failed', 'a link cannot be read');
  return run.stdout.subarray(0, LIMITS.pathChars).toString('utf8');
}

/**
 * Makes each path what it was when the agent began. Nothing outside of the tree is touched, whatever links the agent made.
 * @throws BatonError `commit_failed` where one cannot be undone
 */
export async function undoIn(tree: Tree, changes: readonly TreeChange[]): Promise<void> {
  for (const change of changes) await clear(tree, change);
  const restored = changes.filter(({ before }) => before !== 'none');
  if (restored.length === 0) return;
  const folder = await mkdtemp(join(tmpdir(), 'baton-undo-'));
  try {
    const list = join(folder, 'paths');
    await writeFile(list, Buffer.concat(restored.flatMap(({ raw }) => [raw, Buffer.of(0)])), { mode: 0o600 });
    const from = [`--pathspec-from-file=${list}`, '--pathspec-file-nul', tree.start];
    const args = ['--literal-pathspecs', ...within(tree), 'checkout', '--quiet', '--force', ...from];
    await git(tree.path, args, { code: 'commit_failed' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  // git takes a submodule whose folder is not there for one that was removed.
  for (const { raw, before } of restored)
    if (before === 'submodule') await mkdir(absolutePath(tree.path, raw), { recursive: true });
}

/** Takes away what stands there now, so that what was there can come back: a folder in place of a file, a repository of its own. */
async function clear(tree: Tree, { raw }: TreeChange): Promise<void> {
  const path = absolutePath(tree.path, raw);
  const folder = path.subarray(0, path.lastIndexOf(0x2f));
  const real = await realpath(folder, 'buffer').catch(() => undefined);
  const top = Buffer.from(await realpath(tree.path));
  const isInside =
    real?.equals(top) || real?.subarray(0, top.length + 1).equals(Buffer.concat([top, Buffer.from('/')]));
  if (!isInside) return;
  if (await lstat(path).catch(() => undefined)) await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

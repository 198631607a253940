import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createRequestFiles } from '../../../src/workspace/artifacts/requests.js';
import { Worktrees } from '../../../src/workspace/worktree/worktrees.js';
import { folderWith, git, put, repositoryWith } from '../folders.js';

async function treeOf(files: Record<string, string>) {
  const repository = repositoryWith(files);
  const home = folderWith();
  const worktrees = new Worktrees({ root: join(home, 'worktrees'), files: createRequestFiles(home) });
  const order = { request: 'req', task: 'fix', epoch: 0, attempt: 1, hasSession: false };
  const tree = await worktrees.forAgent({ ...order, workspace: repository, signal: new AbortController().signal });
  return { repository, home, tree, at: (path: string): string => join(tree.cwd, path) };
}

const seen = async ({ tree }: Awaited<ReturnType<typeof treeOf>>) =>
  (await tree.changes()).map(({ raw: _, id: __, ...change }) => change);

it('each change is told with what was there and what is there, and where a link leads to', async () => {
  const world = await treeOf({ 'a.txt': 'one\n', 'b.txt': 'two\n', 'c.txt': 'three\n' });
  put(world.tree.cwd, { 'a.txt': 'changed\n', 'new/ü n.txt': 'x' });
  rmSync(world.at('b.txt'));
  chmodSync(world.at('c.txt'), 0o755);
  symlinkSync('../out', world.at('link'));
  mkdirSync(world.at('own'));
  git(world.at('own'), 'init', '--quiet');
  put(world.at('own'), { x: 'x' });
  git(world.at('own'), 'add', '--all');
  git(world.at('own'), '-c', 'user.name=n', '-c', 'user.email=e', 'commit', '--quiet', '--message=m');
  expect(await seen(world)).toEqual([
    { path: 'a.txt', before: 'file', after: 'file' },
    { path: 'b.txt', before: 'file', after: 'none' },
    { path: 'c.txt', before: 'file', after: 'executable' },
    { path: 'link', before: 'none', after: 'link', target: '../out' },
    { path: 'new/ü n.txt', before: 'none', after: 'file' },
    { path: 'own', before: 'none', after: 'submodule' },
  ]);
});

it('whatever was done is undone, each path as it was, and nothing besides', async () => {
  const world = await treeOf({ 'a.txt': 'one\n', 'b.txt': 'two\n', 'c.txt': 'three\n', 'lib/x.txt': 'x\n', keep: '1' });
  put(world.tree.cwd, { 'a.txt': 'changed\n', keep: '2', ':(glob)*': 'odd name', 'sp ace\n': 'x' });
  rmSync(world.at('b.txt'));
  mkdirSync(world.at('b.txt/deep'), { recursive: true });
  writeFileSync(world.at('b.txt/deep/file'), 'a folder in place of a file');
  chmodSync(world.at('c.txt'), 0o755);
  rmSync(world.at('lib'), { recursive: true });
  symlinkSync('/etc', world.at('lib'));
  writeFileSync(Buffer.concat([Buffer.from(`${world.tree.cwd}/`), Buffer.from([0xff, 0x61])]), 'no UTF-8');
  mkdirSync(world.at('own'));
  git(world.at('own'), 'init', '--quiet');
  put(world.at('own'), { x: 'x' });
  git(world.at('own'), 'add', '--all');
  git(world.at('own'), '-c', 'user.name=n', '-c', 'user.email=e', 'commit', '--quiet', '--message=m');
  const changes = await world.tree.changes();
  await world.tree.undo(changes.filter(({ path }) => path !== 'keep'));
  expect(await seen(world)).toEqual([{ path: 'keep', before: 'file', after: 'file' }]);
  expect(readFileSync(world.at('b.txt'), 'utf8')).toBe('two\n');
  expect(lstatSync(world.at('lib')).isDirectory()).toBe(true);
  expect(lstatSync(world.at('c.txt')).mode & 0o111).toBe(0);
});

it('undoing follows no link out of the tree', async () => {
  const world = await treeOf({ 'lib/x.txt': 'x\n' });
  const outside = folderWith({ 'x.txt': 'of the user', 'y.txt': 'of the user' });
  put(world.tree.cwd, { 'lib/y.txt': 'new' });
  const changes = await world.tree.changes();
  // A process that survived swaps the folder for a link once the changes were looked at.
  rmSync(world.at('lib'), { recursive: true });
  symlinkSync(outside, world.at('lib'));
  await world.tree.undo(changes);
  expect(readFileSync(join(outside, 'y.txt'), 'utf8')).toBe('of the user');
  expect(readFileSync(join(outside, 'x.txt'), 'utf8')).toBe('of the user');
  expect(readlinkSync(world.at('lib'))).toBe(outside);
});

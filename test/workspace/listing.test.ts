import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countLines, readListed } from '../../src/workspace/files.js';
import { listWorkspace } from '../../src/workspace/listing.js';
import { displayName } from '../../src/workspace/paths.js';
import { folderWith, git, put, repositoryWith, shell } from './folders.js';

const ODD_NAMES = ['with space.txt', 'ümlaut.txt', 'new\nline.txt', '-dash.txt', 'quote".txt', 'back\\slash.txt'];

describe('in a git repository', () => {
  it('the files are those of `git ls-files -z`, with names of every kind', async () => {
    const folder = repositoryWith(Object.fromEntries(ODD_NAMES.map((name) => [name, 'a\nb\n'])));
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/raw-`), Buffer.from([0xff, 0xe4])]), 'x\n');
    git(folder, 'add', '-A');
    put(folder, { 'untracked.txt': '' });
    const listing = await listWorkspace(folder);
    const expected = execFileSync('git', ['ls-files', '-z'], { cwd: folder })
      .toString('latin1')
      .split('\0')
      .slice(0, -1);
    expect(listing.source).toBe('git');
    expect(listing.files.map((file) => file.raw.toString('latin1'))).toEqual(expected);
    expect(listing.files.map((file) => file.path)).toContain('raw-\\xff\\xe4');
    for (const file of listing.files) expect((await readListed(folder, file, 100)).kind).toBe('read');
  });

  it('a tracked file that was deleted is not there', async () => {
    const folder = repositoryWith({ 'a.txt': 'a', 'b/c.txt': 'c', 'b/d.txt': 'd' });
    rmSync(join(folder, 'a.txt'));
    rmSync(join(folder, 'b'), { recursive: true });
    expect((await listWorkspace(folder)).files).toEqual([]);
  });

  it('a subfolder lists its own files, relative to it', async () => {
    const folder = repositoryWith({ 'top.txt': '', 'sub/a.txt': '', 'sub/deep/b.txt': '' });
    const { files } = await listWorkspace(join(folder, 'sub'));
    expect(files.map((file) => file.path)).toEqual(['a.txt', 'deep/b.txt']);
  });

  it('a symlink is listed and never opened through', async () => {
    const outside = folderWith({ 'secret.txt': 'outside\n' });
    const folder = repositoryWith({ 'a.txt': '' });
    symlinkSync(join(outside, 'secret.txt'), join(folder, 'link'));
    git(folder, 'add', '-A');
    const { files } = await listWorkspace(folder);
    const link = files.find((file) => file.path === 'link');
    expect(link?.kind).toBe('symlink');
    expect(link && (await readListed(folder, link, 100))).toEqual({ kind: 'gone' });
  });

  it('files below a folder that became a symlink are not there', async () => {
    const folder = repositoryWith({ 'a/x.txt': 'x', 'ab.txt': '' });
    renameSync(join(folder, 'a'), join(folderWith(), 'a'));
    symlinkSync(folderWith({ 'x.txt': 'other' }), join(folder, 'a'));
    expect((await listWorkspace(folder)).files.map((file) => file.path)).toEqual(['ab.txt']);
  });

  it('submodules are left out, and a file in conflict counts once', async () => {
    const folder = repositoryWith({ 'a.txt': 'base\n' });
    const head = git(folder, 'rev-parse', 'HEAD').trim();
    git(folder, 'update-index', '--add', '--cacheinfo', `160000,${head},module`);
    mkdirSync(join(folder, 'module'));
    const blob = git(folder, 'rev-parse', 'HEAD:a.txt').trim();
    const stages = [1, 2, 3].map((stage) => `100644 ${blob} ${stage}\\ta.txt\\n`).join('');
    shell(folder, `git rm -q --cached a.txt && printf '${stages}' | git update-index --index-info`);
    expect(git(folder, 'ls-files').split('\n').slice(0, -1)).toEqual(['a.txt', 'a.txt', 'a.txt', 'module']);
    expect((await listWorkspace(folder)).files.map((file) => file.path)).toEqual(['a.txt']);
  });
});

describe('without git', () => {
  it('the tree is walked without .git and node_modules, FIFOs, and loops', async () => {
    const folder = folderWith({ 'b/c.txt': 'c', 'a.txt': '', 'node_modules/m/x.js': '', 'x/node_modules/y.js': '' });
    symlinkSync('..', join(folder, 'b', 'loop'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const listing = await listWorkspace(folder);
    expect(listing).toMatchObject({ source: 'walk', truncated: false, unreadableFolders: 0, gitProblem: null });
    expect(listing.files.map(({ path, kind }) => [path, kind])).toEqual([
      ['a.txt', 'file'],
      ['b/c.txt', 'file'],
      ['b/loop', 'symlink'],
    ]);
  });

  it('an empty folder has no files', async () => {
    expect((await listWorkspace(folderWith())).files).toEqual([]);
  });

  it('an aborted signal ends the walk with its reason', async () => {
    const reason = new Error('stop');
    await expect(listWorkspace(folderWith({ a: '' }), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('a FIFO put in the place of a listed file is not opened', async () => {
    const folder = folderWith({ 'a.txt': 'a' });
    const [file] = (await listWorkspace(folder)).files;
    rmSync(join(folder, 'a.txt'));
    execFileSync('mkfifo', [join(folder, 'a.txt')]);
    expect(file && (await readListed(folder, file, 10))).toEqual({ kind: 'gone' });
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });
});

it('content beyond the limit is cut and said to be', async () => {
  const folder = folderWith({ 'a.txt': '12345' });
  const [file] = (await listWorkspace(folder)).files;
  if (!file) throw new Error('nothing listed');
  const read = await Promise.all([4, 5, 6].map((limit) => readListed(folder, file, limit)));
  expect(read.map((one) => one.kind === 'read' && [one.content.toString(), one.complete])).toEqual([
    ['1234', false],
    ['12345', true],
    ['12345', true],
  ]);
});

it('lines are counted as `wc -l` counts them', async () => {
  const big = Buffer.from(`${'x'.repeat(39)}\n`.repeat(20_000));
  const folder = folderWith({ a: 'one\ntwo', b: '', c: 'x\r\ny\r\n\n', d: big, e: Buffer.from([10, 0, 10]) });
  for (const file of (await listWorkspace(folder)).files) {
    const lines = Number(shell(folder, `wc -l < ${file.path}`));
    expect(await countLines(folder, file)).toMatchObject({ kind: 'counted', lines, complete: true });
  }
});

it('bytes that are no UTF-8 are shown escaped, the rest as it is', () => {
  expect(displayName(Buffer.from([0x61, 0xc3, 0xa4, 0xff, 0x62, 0xe2, 0x82]))).toBe('aä\\xffb\\xe2\\x82');
});

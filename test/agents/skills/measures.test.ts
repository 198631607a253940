import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commit, folderWith, git, put, repositoryWith, shell } from '../../workspace/folders.js';
import { rowsOf, runSkill } from './running.js';

const FILES = 'git ls-files -z | xargs -0';

describe('inventory', () => {
  it('agrees with git, stat and grep', async () => {
    const folder = repositoryWith({
      'a.ts': 'a\n',
      'src/ü b.ts': 'b\n',
      'src/new\nline': 'x',
      empty: '',
      'bin/x.png': Buffer.from([1, 0, 2]),
    });
    symlinkSync('/etc/passwd', join(folder, 'out'));
    git(folder, 'add', '-A');
    const report = await runSkill('inventory', folder);
    const regular = `git ls-files -z -- . ':!out' | xargs -0`;
    expect(report.figures).toMatchObject({
      files: Number(shell(folder, "git ls-files -z | tr -cd '\\0' | wc -c")),
      bytes: Number(shell(folder, `${regular} cat | wc -c`)),
      symlinks: 1,
      'empty files': Number(shell(folder, 'find . -path ./.git -prune -o -type f -empty -print | wc -l')),
      'binary files': 1,
    });
    expect(rowsOf(report, 'By extension')[0]).toEqual(['ts', 2, 4]);
    expect(rowsOf(report, 'By top folder')).toContainEqual(['src', 2, 3]);
  });
});

describe('languages', () => {
  it('counts lines as wc does', async () => {
    const folder = repositoryWith({
      'a.ts': 'a\nb',
      'b.tsx': '\n\n',
      'x.py': 'x\n',
      'deep/y.py': 'y\ny\ny\n',
      q: 'q\n',
    });
    const report = await runSkill('languages', folder);
    const wc = (pattern: string): number => Number(shell(folder, `git ls-files -z ${pattern} | xargs -0 cat | wc -l`));
    expect(rowsOf(report, 'Languages')).toEqual([
      ['Python', 2, wc("'*.py'")],
      ['TypeScript', 2, wc("'*.ts' '*.tsx'")],
    ]);
    expect(report.figures).toMatchObject({ lines: 7, files: 4, 'files of no known language': 1 });
  });
});

describe('to-do comments', () => {
  it('are the lines of grep -nw', async () => {
    const folder = repositoryWith({
      'a b.ts': '// TODO one\nTODOS no\n_TODO no\nTODO FIXME two\n',
      'ü.md': 'XXX\r\nxHACK HACK\ntodo\n(FIXME)',
      'bin.dat': Buffer.from('TODO\0'),
    });
    const report = await runSkill('todo-comments', folder);
    const grep = (words: string): number => Number(shell(folder, `${FILES} grep -InwE '${words}' | wc -l`));
    expect(report.figures).toMatchObject({
      lines: grep('TODO|FIXME|HACK|XXX'),
      TODO: grep('TODO'),
      FIXME: grep('FIXME'),
      HACK: grep('HACK'),
      XXX: grep('XXX'),
    });
    const places = shell(folder, `${FILES} grep -InwE 'TODO|FIXME|HACK|XXX' | cut -d: -f1,2`).trim().split('\n');
    expect(report.findings.map(({ path, line }) => `${path}:${line}`).sort()).toEqual(places.sort());
  });

  it('agree with grep on any text', async () => {
    const piece = fc.constantFrom('TODO', 'FIXME', 'XXX', 'HACK', '_', 'a', '1', ' ', '\n', '\r', 'ä', '-', '\t');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        const folder = folderWith({ f: pieces.join('') });
        const lines = shell(folder, "grep -anwE 'TODO|FIXME|HACK|XXX' f | cut -d: -f1")
          .trim()
          .split('\n')
          .filter(Boolean);
        const report = await runSkill('todo-comments', folder);
        expect(report.findings.map((finding) => finding.line)).toEqual(lines.map(Number));
      }),
      { numRuns: 60 },
    );
  });
});

describe('large files', () => {
  it('are ranked by bytes and by lines, binary ones by bytes alone', async () => {
    const folder = repositoryWith({
      'long.ts': 'x\n'.repeat(1500),
      'big.bin': Buffer.alloc(1_100_000),
      'big.txt': `${'y'.repeat(99)}\n`.repeat(30_000),
    });
    const report = await runSkill('large-files', folder);
    expect(rowsOf(report, 'Largest').map(([path]) => path)).toEqual(['big.txt', 'big.bin', 'long.ts']);
    expect(rowsOf(report, 'Longest')).toEqual([
      ['big.txt', Number(shell(folder, 'wc -l < big.txt'))],
      ['long.ts', 1500],
    ]);
    expect(report.figures).toMatchObject({ 'files over 1 MiB': 2, 'source files over 1000 lines': 1 });
  });
});

describe('duplicate code', () => {
  const block = (n: number, name: string): string => Array.from({ length: n }, (_, i) => `  ${name}(${i});\n`).join('');

  it('finds a block of six lines in two files, white space and braces apart', async () => {
    const folder = repositoryWith({
      'a.ts': `one();\n${block(6, 'same')}two();\n`,
      'b.ts': `three();\n{\n${block(6, 'same').replaceAll('  ', '\t')}}\nfour();\n`,
    });
    const report = await runSkill('duplicate-code', folder);
    expect(report.figures).toMatchObject({ blocks: 1, 'copied lines': 6, 'normalised lines': 16 });
    expect(report.findings).toEqual([
      { severity: 'info', message: '6 lines, up to line 8, also stand in a.ts:2-7', path: 'b.ts', line: 3 },
    ]);
  });

  it('five lines are too few, and a block is reported once at its full length', async () => {
    expect(
      (await runSkill('duplicate-code', folderWith({ 'a.ts': block(5, 'x'), 'b.ts': block(5, 'x') }))).findings,
    ).toEqual([]);
    const report = await runSkill('duplicate-code', folderWith({ 'a.ts': block(40, 'x'), 'b.ts': block(40, 'x') }));
    expect(report.figures).toMatchObject({ blocks: 1, 'copied lines': 40 });
  });

  it('a run of one repeated line does not overlap itself', async () => {
    const report = await runSkill('duplicate-code', folderWith({ 'a.ts': 'same();\n'.repeat(20) }));
    expect(report.figures['copied lines']).toBe(14);
    expect(report.findings.map(({ message, line }) => `${line}: ${message}`)).toEqual([
      '13: 8 lines, up to line 20, also stand in a.ts:1-8',
      '7: 6 lines, up to line 12, also stand in a.ts:1-6',
    ]);
  });

  it('takes linear time on many equal lines', async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.ts`, 'same();\n'.repeat(5000)]));
    const report = await runSkill('duplicate-code', folderWith(files));
    expect(report.figures['normalised lines']).toBe(200_000);
  });
});

describe('git hot spots', () => {
  it('agree with git log, relative to the commit date of HEAD', async () => {
    const folder = repositoryWith({ 'old.ts': '1\n', 'a b.ts': '1\n', 'ü.ts': '1\n' });
    put(folder, { 'a b.ts': '1\n2\n' });
    commit(folder, 'second', '2025-03-01T00:00:00Z', 'bob@example.org');
    put(folder, { 'a b.ts': '3\n', 'ü.ts': '2\n' });
    commit(folder, 'third', '2025-06-01T00:00:00Z');
    const report = await runSkill('git-hotspots', folder);
    const log = `git log --no-merges --since=2024-06-01T00:00:00Z`;
    expect(report.figures).toMatchObject({
      commits: Number(shell(folder, `${log} --format=%H | wc -l`)),
      authors: Number(shell(folder, `${log} --format=%ae | sort -u | wc -l`)),
      since: '2024-06-01T00:00:00.000Z',
    });
    expect(rowsOf(report, 'Files')).toEqual([
      ['a b.ts', 2, 2, 4],
      ['ü.ts', 1, 1, 2],
    ]);
  });

  it('are limited to a subfolder', async () => {
    const folder = repositoryWith({ 'a.ts': '1\n', 'sub/b.ts': '1\n' });
    const report = await runSkill('git-hotspots', join(folder, 'sub'));
    expect(rowsOf(report, 'Files')).toEqual([['b.ts', 1, 1, 1]]);
  });

  it('are skipped without git and without a commit', async () => {
    const unborn = folderWith();
    execFileSync('git', ['init', '-q'], { cwd: unborn });
    for (const folder of [folderWith({ a: '' }), unborn]) {
      const report = await runSkill('git-hotspots', folder);
      expect(report.skipped).toMatch(/^no git/);
      expect(report.summary).toMatch(/^skipped: no git/);
    }
  });
});

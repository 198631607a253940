import { chmodSync, chownSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gitFacts, runGit } from '../../src/workspace/git.js';
import { listWorkspace } from '../../src/workspace/listing.js';
import { surveyWorkspace } from '../../src/workspace/survey.js';
import { folderWith, git, put, repositoryWith, shell } from './folders.js';

describe('files and lines', () => {
  it('agree with git ls-files and wc', async () => {
    const folder = repositoryWith({ 'a.ts': 'a\nb\n', 'b c.ts': 'no newline', 'ü.py': 'x\n\n\n', LICENSE: 'text\n' });
    const facts = await surveyWorkspace(folder);
    expect(facts.files).toBe(Number(shell(folder, 'git ls-files -z | tr -cd "\\0" | wc -c')));
    expect(facts.bytes).toBe(Number(shell(folder, 'git ls-files -z | xargs -0 cat | wc -c')));
    expect(facts.languages).toEqual([
      { language: 'Python', files: 1, lines: Number(shell(folder, 'cat *.py | wc -l')) },
      { language: 'TypeScript', files: 2, lines: Number(shell(folder, 'cat *.ts | wc -l')) },
    ]);
  });

  it('a subfolder of a repository is measured alone and knows its repository', async () => {
    const folder = repositoryWith({ 'a.ts': 'a\n', 'sub/b.ts': 'b\nb\n' });
    const facts = await surveyWorkspace(join(folder, 'sub'));
    expect(facts).toMatchObject({ files: 1, repository: git(folder, 'rev-parse', '--show-toplevel').trim() });
    put(folder, { 'a.ts': 'changed\n' });
    expect((await surveyWorkspace(join(folder, 'sub'))).dirty).toBe(false);
    expect((await surveyWorkspace(folder)).dirty).toBe(true);
  });

  it('an empty folder and a folder without git give facts', async () => {
    const nothing = { files: 0, bytes: 0, languages: [], repository: null, head: null, branch: null, dirty: false };
    expect(await surveyWorkspace(folderWith())).toMatchObject(nothing);
    expect(await surveyWorkspace(folderWith({ 'a.go': 'x\n' }))).toMatchObject({
      files: 1,
      languages: [{ language: 'Go', files: 1, lines: 1 }],
    });
  });

  it('a read-only folder is measured and nothing is written to it', async () => {
    const folder = repositoryWith({ 'a.ts': 'a\n' });
    const before = shell(folder, 'find . -printf "%p %T@ %s\\n" | sort');
    chmodSync(folder, 0o555);
    try {
      expect((await surveyWorkspace(folder)).files).toBe(1);
      expect(shell(folder, 'find . -printf "%p %T@ %s\\n" | sort')).toBe(before);
    } finally {
      chmodSync(folder, 0o755);
    }
  });
});

describe('a workspace that cannot be read', () => {
  it.each([
    ['is missing', () => join(folderWith(), 'none')],
    ['is a file', () => join(folderWith({ file: '' }), 'file')],
    ['is below a file', () => join(folderWith({ file: '' }), 'file', 'x')],
    ['is no path', () => 'a\0b'],
    ['is empty text', () => ''],
  ])('%s: workspace_missing', async (_title, path) => {
    await expect(surveyWorkspace(path())).rejects.toMatchObject({ code: 'workspace_missing', path: 'workspace' });
  });
});

describe('git', () => {
  it('a repository without a commit has a branch and no head', async () => {
    const folder = folderWith();
    git(folder, 'init', '-q', '-b', 'trunk');
    expect(await surveyWorkspace(folder)).toMatchObject({ head: null, branch: 'trunk', dirty: false, files: 0 });
  });

  it('a detached head has no branch', async () => {
    const folder = repositoryWith({ a: '' });
    git(folder, 'checkout', '-q', '--detach');
    const head = git(folder, 'rev-parse', 'HEAD').trim();
    expect(await gitFacts(folder)).toMatchObject({ head, branch: null, dirty: false, tracked: 1, problem: null });
  });

  it('neither a hook nor a monitor of the repository runs', async () => {
    const folder = repositoryWith({ a: 'a' });
    const evil = join(folderWith(), 'evil');
    writeFileSync(evil, `#!/bin/sh\ntouch ${evil}.ran\n`, { mode: 0o755 });
    git(folder, 'config', 'core.fsmonitor', evil);
    git(folder, 'config', 'core.pager', evil);
    const hooks = join(folder, '.git', 'hooks');
    rmSync(hooks, { recursive: true });
    put(folder, { '.git/hooks/post-index-change': `#!/bin/sh\ntouch ${evil}.ran\n` });
    chmodSync(join(hooks, 'post-index-change'), 0o755);
    put(folder, { a: 'b' });
    expect((await gitFacts(folder)).dirty).toBe(true);
    // A command that does write the index would set the hook off.
    expect(await runGit(folder, ['add', 'a'])).toMatchObject({ kind: 'ended', exitCode: 0 });
    expect(existsSync(`${evil}.ran`)).toBe(false);
    expect(readdirSync(join(folder, '.git'))).not.toContain('index.lock');
  });

  it('variables of a hook do not lead to another repository', async () => {
    const folder = repositoryWith({ a: '' });
    process.env['GIT_DIR'] = join(repositoryWith({ b: '', c: '' }), '.git');
    try {
      expect((await listWorkspace(folder)).files.map((file) => file.path)).toEqual(['a']);
    } finally {
      delete process.env['GIT_DIR'];
    }
  });

  it.skipIf(process.getuid?.() !== 0)("another user's repository is a fact, and the tree is walked", async () => {
    const folder = repositoryWith({ a: '' });
    for (const path of [folder, join(folder, '.git')]) chownSync(path, 12_345, 12_345);
    process.env['GIT_CONFIG_GLOBAL'] = '/dev/null';
    try {
      expect((await gitFacts(folder)).problem).toMatch(/does not trust .* safe\.directory/);
      expect(await listWorkspace(folder)).toMatchObject({ source: 'walk', files: [{ path: 'a' }] });
      expect((await surveyWorkspace(folder)).repository).toBeNull();
    } finally {
      delete process.env['GIT_CONFIG_GLOBAL'];
    }
  });
});

it('agents are the programs on the search path that can be started', async () => {
  const path = folderWith({ claude: '', codex: '', 'gemini/x': '' });
  chmodSync(join(path, 'claude'), 0o755);
  const facts = await surveyWorkspace(folderWith(), { searchPath: `:/nowhere:${path}` });
  expect(facts.agents).toEqual(['claude']);
});

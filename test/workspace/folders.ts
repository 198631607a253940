import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder with these files, removed after the test. */
export function folderWith(files: Record<string, string | Buffer> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-workspace-'));
  made.push(folder);
  put(folder, files);
  return folder;
}

/** The same as a git repository with all files in its first commit. */
export function repositoryWith(files: Record<string, string | Buffer> = {}): string {
  const folder = folderWith(files);
  git(folder, 'init', '-q', '-b', 'main');
  commit(folder, 'first', '2024-01-10T12:00:00Z');
  return folder;
}

export function put(folder: string, files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

export function commit(folder: string, message: string, date: string, author = 'ann@example.org'): void {
  git(folder, 'add', '-A');
  execFileSync('git', ['commit', '-q', '--allow-empty', '-m', message, '--author', `A <${author}>`], {
    cwd: folder,
    env: { ...identity(), GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  });
}

export function git(folder: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: folder,
    env: identity(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What a shell command prints in the folder: the plain tools that figures are compared with. */
export function shell(folder: string, script: string): string {
  return execFileSync('bash', ['-c', script], { cwd: folder, env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8' });
}

function identity(): NodeJS.ProcessEnv {
  const who = { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'ann@example.org', GIT_COMMITTER_NAME: 'A' };
  return { ...process.env, ...who, GIT_COMMITTER_EMAIL: 'ann@example.org', GIT_CONFIG_GLOBAL: '/dev/null' };
}

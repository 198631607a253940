import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLauncher, type Launcher } from '../../src/agents/process/launcher.js';
import { runGit, startGitBy } from '../../src/workspace/git.js';

let launcher: Launcher;
let folder: string;
beforeAll(() => {
  launcher = createLauncher();
  folder = mkdtempSync(join(tmpdir(), 'baton-git-'));
});
afterEach(() => startGitBy(undefined));
afterAll(() => {
  launcher.close();
  rmSync(folder, { recursive: true });
});

describe.each(['this process', 'the launcher'])('git started by %s', (by) => {
  const git = (args: string[], options = {}): ReturnType<typeof runGit> => {
    startGitBy(by === 'the launcher' ? launcher.start : undefined);
    return runGit(folder, args, options);
  };
  const alias = (command: string): string[] => ['-c', `alias.run=!${command}`, 'run'];

  it('gives its exit code and both of its outputs, with the variables that it is given', async () => {
    const text = await git(alias('echo "$WHO"; echo wrong >&2; exit 3'), { env: { WHO: 'ä' } });
    expect(text).toMatchObject({
      kind: 'ended',
      exitCode: 3,
      stdout: Buffer.from('ä\n'),
      stderr: 'wrong\n',
      cut: false,
    });
    expect(await git(['rev-parse', '--show-toplevel'])).toMatchObject({ kind: 'ended', exitCode: 128 });
  });

  it('gives many outputs at the same time whole', async () => {
    const runs = await Promise.all(Array.from({ length: 20 }, (_, n) => git(alias(`seq ${n} 20000`))));
    for (const [n, run] of runs.entries()) {
      const lines = run.kind === 'ended' ? run.stdout.toString().trim().split('\n') : [];
      expect([lines.length, lines[0], lines.at(-1)]).toEqual([20_001 - n, String(n), '20000']);
    }
  });

  it('is ended at its time limit', async () => {
    expect(await git(alias('sleep 60'), { timeMs: 300 })).toEqual({ kind: 'timed_out' });
  });

  it('is stopped where it prints without end, and the beginning is kept', async () => {
    expect(await git(alias('yes'))).toMatchObject({ kind: 'ended', exitCode: 0, cut: true });
  });

  it('is ended where it is given up, before its start or after, with the reason of the signal', async () => {
    const controller = new AbortController();
    const run = git(alias('sleep 60'), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('given up')), 200);
    await expect(run).rejects.toThrow('given up');
    await expect((async () => git(['version'], { signal: controller.signal }))()).rejects.toThrow('given up');
  });

  it('says that it could not be started where the folder is not there', async () => {
    startGitBy(by === 'the launcher' ? launcher.start : undefined);
    expect(await runGit(join(folder, 'none'), ['version'])).toMatchObject({ kind: 'not_started', why: 'ENOENT' });
  });
});

it('is lost with the launcher, and starts again with the next', async () => {
  const own = createLauncher();
  startGitBy(own.start);
  const run = runGit(folder, ['-c', 'alias.run=!kill -9 $(ps -o ppid= -p $PPID)', 'run']);
  await expect(run).rejects.toMatchObject({ code: 'io' });
  expect(await runGit(folder, ['version'])).toMatchObject({ kind: 'ended', exitCode: 0 });
  own.close();
});

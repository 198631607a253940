import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { findBubblewrap } from '../../src/agents/process/sandbox.js';
import { RUNTIME_BY_NAME } from '../../src/agents/runtimes/index.js';
import type { TaskDraft } from '../../src/contract/plan.js';
import { carriers, until } from '../agents/process/helpers.js';
import { folderWith, git, repositoryWith } from '../workspace/folders.js';
import { stage } from './agents.js';
import { taskKeyOf } from '../../src/agents/process/environment.js';

const fix: Partial<TaskDraft> & { id: string } = { id: 'fix', action: { kind: 'agent', prompt: 'Fix it.' } };

/** Stages an agent that is a shell script, run by the real runtime for commands. */
async function staged(script: string, sandbox: 'installed' | 'required', path = process.env['PATH']) {
  const repository = repositoryWith({ 'a.txt': 'one\n' });
  const made = await stage(repository, { command: RUNTIME_BY_NAME.command }, [fix], {
    command: ['sh', '-c', script],
  });
  Object.assign(made.deps.settings(repository), { sandbox });
  const user = folderWith({ 'private.txt': 'mine\n', '.ssh/id': 'key\n', '.cache/kept': '' });
  Object.assign(made.deps.environment, { HOME: user, PATH: path });
  return { ...made, repository, user };
}

describe.runIf(process.platform === 'linux')('an agent under bubblewrap', () => {
  beforeAll(async () => {
    if ((await findBubblewrap(process.env['PATH'])) === undefined)
      throw new Error('bubblewrap is needed: apt-get install bubblewrap');
  });

  it('writes in its worktree and its caches, and nowhere else; keys, data folder and other processes are not there', async () => {
    const script = [
      'echo two > a.txt',
      'echo x > "$HOME/.cache/mine"',
      '(echo hacked > "$HOME/private.txt") 2>/dev/null && echo WROTE',
      '(echo hacked > "$REPOSITORY/a.txt") 2>/dev/null && echo WROTE',
      'cat "$HOME/private.txt"',
      'ls "$HOME/.ssh" "$DATA"',
      'ls /proc | grep -c "^[0-9]"',
      'git log --oneline | wc -l',
    ].join('\n');
    const { deps, home, deliver, repository, user } = await staged(script, 'required');
    Object.assign(deps.environment, { REPOSITORY: repository, DATA: home });
    Object.assign(deps.settings(repository), { environment: ['REPOSITORY', 'DATA'] });
    const result = await deliver('fix').ended;
    expect(result).toMatchObject({ kind: 'completed', output: { files: ['a.txt'] } });
    const [answer] = result.kind === 'completed' ? result.artifacts : [];
    const said = (await deps.artifacts.getText(answer?.sha256 ?? '')).split('\n');
    expect(said).toContain('mine');
    expect(said).not.toContain('WROTE');
    expect(said.join('\n')).not.toMatch(/\bid\b|temporal|requests/);
    expect(Number(said.find((line) => /^\d+$/.test(line)))).toBeLessThan(10);
    expect(readFileSync(join(user, '.cache/mine'), 'utf8')).toBe('x\n');
    expect(readFileSync(join(user, 'private.txt'), 'utf8')).toBe('mine\n');
    expect(git(repository, 'show', 'baton/req:a.txt')).toBe('two\n');
  });

  it('is told to end before it is killed, and leaves no process', async () => {
    const script =
      'trap "echo bye > \\"$HOME/.cache/bye\\"; exit 0" TERM; setsid sleep 600 & echo up > "$HOME/.cache/up"; while :; do sleep 0.1; done';
    const { deps, deliver, user } = await staged(script, 'required');
    const key = taskKeyOf(deps.installation, { requestId: 'req', taskId: 'fix', epoch: 0 });
    const delivery = deliver('fix');
    const written = (name: string): boolean => {
      try {
        return readFileSync(join(user, '.cache', name), 'utf8') !== '';
      } catch {
        return false;
      }
    };
    await until(() => written('up'), 'it runs');
    expect(carriers(key).length).toBeGreaterThan(2);
    delivery.cancel();
    await expect(delivery.ended).resolves.toMatchObject({ kind: 'cancelled' });
    expect(written('bye')).toBe(true);
    expect(carriers(key)).toEqual([]);
  });
});

it('an agent does not start where a sandbox is demanded and there is none; where it is only wished, it does', async () => {
  const bin = folderWith({});
  mkdirSync(bin, { recursive: true });
  for (const name of ['sh', 'git', 'env']) {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec /usr/bin/env -u X /usr/bin/${name} "$@"\n`, { mode: 0o755 });
  }
  const demanded = await staged('echo two > a.txt', 'required', bin);
  await expect(demanded.deliver('fix').ended).rejects.toMatchObject({ type: 'not_installed' });
  const wished = await staged('echo two > a.txt', 'installed', bin);
  await expect(wished.deliver('fix').ended).resolves.toMatchObject({ kind: 'completed' });
});

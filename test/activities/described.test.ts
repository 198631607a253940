import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CliRuntime } from '../../src/contract/cli-runtime.js';
import { cliRuntimeFields, cliRuntimeOf } from '../../src/contract/schemas/cli-runtime.js';
import type { TaskDraft } from '../../src/contract/plan.js';
import { git, repositoryWith } from '../workspace/folders.js';
import { stage, until } from './agents.js';

const fix: Partial<TaskDraft> & { id: string } = {
  id: 'fix',
  title: 'Fix it',
  action: { kind: 'agent', prompt: 'Please fix it.' },
};

/** As a user would write it: a program that tells its events as lines of JSON. */
const described = (script: string): CliRuntime =>
  cliRuntimeOf(
    'mine',
    cliRuntimeFields.parse({
      program: 'sh',
      arguments: ['-c', script, 'mine', ['--resume', '{session}']],
      variables: ['SECRET'],
      output: 'json-lines',
      events: [
        { when: { type: 'start' }, session: 'id' },
        { when: { type: 'end' }, text: 'said', usage: { input: ['in'], output: ['out'], counts: 'run' }, done: true },
      ],
    }),
  );

async function staged(script: string) {
  const repository = repositoryWith({ 'a.txt': 'one\n' });
  const agent = { runtime: 'mine', command: [], tools: ['Edit', 'Bash'] };
  const { deps, home, deliver } = await stage(repository, {}, [fix], agent);
  Object.assign(deps.settings(repository), { runtimes: { mine: described(script) } });
  return { repository, deps, home, deliver };
}

const start = `echo '{"type":"start","id":"s-1"}';`;
const end = `echo '{"type":"end","said":"Mended.","in":7,"out":3}';`;

describe('an agent that a command line of the user’s own runs', () => {
  it('has its changes on the branch, its answer and its usage, and gets the variables that are named', async () => {
    const { repository, deliver } = await staged(`${start} cat > prompt.txt; echo "$SECRET" > a.txt; ${end}`);
    expect(await deliver('fix').ended).toMatchObject({
      kind: 'completed',
      summary: '2 files changed; Mended.',
      usage: { usd: 0, inputTokens: 7, outputTokens: 3 },
    });
    expect(git(repository, 'show', 'baton/req:a.txt')).toBe('of the worker\n');
    expect(git(repository, 'show', 'baton/req:prompt.txt')).toContain('Please fix it.');
  });

  it('resumes its session where the worker died, in its half-done tree', async () => {
    const script = `if [ "$1" = --resume ]; then echo "$2" >> a.txt; ${end} else ${start} echo half > a.txt; exec sleep 60; fi`;
    const { repository, home, deliver } = await staged(script);
    const first = deliver('fix');
    await until(() => first.beats.some(({ session }) => session === 's-1'));
    await until(() => readdirSync(join(home, 'worktrees/req/fix.0')).includes('a.txt'));
    const beat = first.beats.findLast(({ session }) => session !== undefined);
    first.cancel('WORKER_SHUTDOWN');
    await expect(first.ended).rejects.toThrow();
    const second = deliver('fix', { attempt: 2, ...(beat && { beat }) });
    expect(await second.ended).toMatchObject({ kind: 'completed' });
    expect(git(repository, 'show', 'baton/req:a.txt')).toBe('half\ns-1\n');
  });

  it('has failed where it ends without a result, and where the worker does not know it any more', async () => {
    const { deps, deliver } = await staged(start);
    const order = { epoch: 1 };
    expect(await deliver('fix').ended).toMatchObject({ kind: 'failed', error: { code: 'agent_failed' } });
    Object.assign(deps.settings(''), { runtimes: {} });
    const refused = { type: 'not_installed', message: expect.stringContaining('no runtime "mine"') as string };
    await expect(deliver('fix', { order }).ended).rejects.toMatchObject(refused);
  });
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRecords } from '../../src/activities/records.js';
import type { Runtime } from '../../src/agents/runtimes/port.js';
import type { SecretSource } from '../../src/contract/secret.js';
import type { TaskDraft } from '../../src/contract/plan.js';
import { redact } from '../../src/agents/process/redact.js';
import { folderWith, repositoryWith } from '../workspace/folders.js';
import { done, stage } from './agents.js';

const SECRET = 'p4ss"word of the vault';
const PRINTS = 'printf %s "$DEPLOY" > out.txt; printf "it is %s" "$DEPLOY"; exit 3';

async function staged(source: SecretSource, { script = PRINTS, known = 'vault' } = {}) {
  const folder = folderWith({ kept: '' });
  const draft: Partial<TaskDraft> & { id: string } = {
    id: 'deploy',
    action: { kind: 'command', argv: ['sh', '-c', script] },
    secrets: { DEPLOY: 'vault' },
  };
  const made = await stage(folder, {}, [draft]);
  Object.assign(made.deps.settings(folder), { secrets: { [known]: source } });
  return { ...made, folder };
}

it.each<[string, (folder: string) => SecretSource]>([
  ['a variable of the worker', () => ({ kind: 'variable', name: 'VAULT' })],
  [
    'a file',
    (folder) => {
      writeFileSync(join(folder, 'secret'), `${SECRET}\n`);
      return { kind: 'file', path: join(folder, 'secret') };
    },
  ],
  ['what a command prints', () => ({ kind: 'command', argv: ['sh', '-c', `echo noise >&2; echo '${SECRET}'`] })],
])('%s reaches the process that needs it, and nothing that is kept', async (_, sourceIn) => {
  const elsewhere = folderWith({});
  const { deps, deliver, folder } = await staged(sourceIn(elsewhere));
  deps.environment['VAULT'] = SECRET;
  const result = await deliver('deploy').ended;
  expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe(SECRET);
  expect(result).toMatchObject({ kind: 'failed', error: { exitCode: 3, tail: 'it is [redacted]' } });
  const record = (await readRecords(deps, 'req')).get('deploy/0');
  expect(JSON.stringify(record)).not.toContain('of the vault');
  const [log] = result.kind === 'failed' ? result.artifacts : [];
  expect(await deps.artifacts.getText(log?.sha256 ?? '')).toBe('it is [redacted]');
  expect(redact(`another task says ${JSON.stringify(SECRET)}`, [])).toBe('another task says "[redacted]"');
});

it.each<[SecretSource, string]>([
  [{ kind: 'variable', name: 'NOWHERE' }, 'it is empty'],
  [{ kind: 'file', path: '/nowhere/at/all' }, 'ENOENT'],
  [{ kind: 'command', argv: ['sh', '-c', 'echo half; exit 4'] }, 'sh ended with 4'],
  [{ kind: 'command', argv: ['no-such-program-anywhere'] }, 'no-such-program-anywhere ended with not_started'],
])('a task whose secret cannot be had does not start: %o', async (source, why) => {
  const { deliver, folder } = await staged(source);
  await expect(deliver('deploy').ended).rejects.toMatchObject({
    type: 'secret_unavailable',
    message: expect.stringContaining(why) as string,
  });
  expect(existsSync(join(folder, 'out.txt'))).toBe(false);
});

it('a secret that baton.yaml no longer names is not guessed', async () => {
  const { deliver } = await staged({ kind: 'variable', name: 'VAULT' }, { known: 'other' });
  await expect(deliver('deploy').ended).rejects.toMatchObject({ type: 'secret_unavailable' });
});

it('an agent whose mode holds no variables does not get one by way of a secret', async () => {
  const runtime: Runtime = () => Promise.reject(new Error('it must not start'));
  const repository = repositoryWith({ a: '1' });
  const { deps, deliver } = await stage(repository, { command: runtime }, [
    { id: 'look', action: { kind: 'agent', prompt: 'Look.', mode: 'ask' }, secrets: { DEPLOY: 'vault' } },
  ]);
  Object.assign(deps.settings(repository), { secrets: { vault: { kind: 'variable', name: 'VAULT' } } });
  deps.environment['VAULT'] = SECRET;
  await expect(deliver('look').ended).rejects.toMatchObject({
    type: 'bad_input',
    message: expect.stringContaining('env.DEPLOY: the mode') as string,
  });
});

it('an agent gets the secrets of its task as variables, and its answer is without them', async () => {
  const seen: (string | undefined)[] = [];
  const runtime: Runtime = ({ env }) => {
    seen.push(env['DEPLOY']);
    return Promise.resolve(done('ok'));
  };
  const repository = repositoryWith({ a: '1' });
  const { deps, deliver } = await stage(repository, { command: runtime }, [
    { id: 'fix', action: { kind: 'agent', prompt: 'Fix.' }, secrets: { DEPLOY: 'vault' } },
  ]);
  Object.assign(deps.settings(repository), { secrets: { vault: { kind: 'variable', name: 'VAULT' } } });
  deps.environment['VAULT'] = SECRET;
  await deliver('fix').ended;
  expect(seen).toEqual([SECRET]);
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../../../src/activities/records.js';
import type { TaskDraft } from '../../../src/contract/plan.js';
import type { Asks, TaskResult } from '../../../src/contract/task.js';
import { git, repositoryWith } from '../../workspace/folders.js';
import { shellRuntime, stage } from '../agents.js';

type Draft = Partial<TaskDraft> & { id: string };
const fix: Draft = { id: 'fix', title: 'Fix it', action: { kind: 'agent', prompt: 'Please fix it.' } };

describe('an agent that does not keep to its mode', () => {
  const docs = { ...fix, action: { kind: 'agent', prompt: 'Describe it.', mode: 'architect' } } as Draft;

  it('has that undone and fails; what was refused is told, all of it is kept as a patch, and the rest as another', async () => {
    const repository = repositoryWith({ 'a.ts': 'one\n' });
    const script = shellRuntime('echo hacked > a.ts; echo ok > a.md; echo I did it');
    const { deps, deliver } = await stage(repository, { command: script }, [docs]);
    const result = await deliver('fix').ended;
    expect(result).toMatchObject({
      kind: 'failed',
      error: {
        code: 'mode_violation',
        message:
          'the agent changed what it may not in mode code, architect, which was undone: a.ts (not writable in mode architect)',
      },
      artifacts: [{ name: 'fix.answer.md' }, { name: 'fix.refused.patch' }, { name: 'fix.changes.patch' }],
    });
    const [, all, rest] = result.kind === 'failed' ? result.artifacts : [];
    expect(await deps.artifacts.getText(all?.sha256 ?? '')).toContain('+hacked');
    expect(await deps.artifacts.getText(rest?.sha256 ?? '')).toMatch(/^(?![^]*hacked)[^]*a\.md/);
    const record = (await readRecords(deps, 'req')).get('fix/0');
    expect(record?.agent?.refused).toEqual([{ path: 'a.ts', why: 'not writable in mode architect' }]);
    expect(git(repository, 'branch', '--list', 'baton/*')).toBe('');
  });

  it('cannot hide what it made behind a file that says what git ignores', async () => {
    const repository = repositoryWith({ 'a.md': 'one\n' });
    const script = shellRuntime('echo "*.ts" > .gitignore; echo evil > evil.ts; echo two > a.md');
    const { deps, deliver } = await stage(repository, { command: script }, [docs]);
    expect(await deliver('fix').ended).toMatchObject({ kind: 'failed', error: { code: 'mode_violation' } });
    const record = (await readRecords(deps, 'req')).get('fix/0');
    expect(record?.agent?.refused?.map(({ path }) => path)).toEqual(['.gitignore', 'evil.ts']);
  });

  it('is found out also where its worker died after it was undone', async () => {
    const repository = repositoryWith({ 'a.ts': 'one\n' });
    const { deps, deliver } = await stage(repository, { command: shellRuntime('echo hacked > a.ts') }, [docs]);
    const { addRecord } = deps.files;
    deps.files.addRecord = () => Promise.reject(new Error('the worker dies here'));
    await expect(deliver('fix').ended).rejects.toThrow('the worker dies here');
    deps.files.addRecord = addRecord.bind(deps.files);
    expect(await deliver('fix', { attempt: 2 }).ended).toMatchObject({
      error: { code: 'mode_violation' },
      artifacts: [{ name: 'fix.refused.patch' }],
    });
  });

  it('in a subfolder as its workspace changes nothing beside it', async () => {
    const repository = repositoryWith({ 'app/a.ts': 'one\n', 'other/b.ts': 'two\n' });
    const script = shellRuntime('echo more >> a.ts; echo more >> ../other/b.ts');
    const { deps, deliver } = await stage(join(repository, 'app'), { command: script }, [fix]);
    expect(await deliver('fix').ended).toMatchObject({ error: { code: 'mode_violation' } });
    const record = (await readRecords(deps, 'req')).get('fix/0');
    expect(record?.agent?.refused).toEqual([{ path: 'other/b.ts', why: 'outside of the workspace' }]);
  });
});

describe('an agent that says that it is done, and changed nothing,', () => {
  const idle = shellRuntime('echo All done');
  const asked = (more: object) => ({ ...fix, action: { kind: 'agent', prompt: 'Fix it.', ...more } }) as Draft;
  const endOf = async (draft: Draft, mode: string | null = null) =>
    (await stage(repositoryWith({ a: '1' }), { command: idle }, [draft], { mode })).deliver('fix').ended;

  it('has failed, with what it said kept', async () => {
    expect(await endOf(asked({}))).toMatchObject({
      kind: 'failed',
      error: { code: 'no_effect' },
      artifacts: [{ name: 'fix.answer.md' }],
    });
  });

  it('has done its task where the task says that this may be, or its own mode or the task’s changes nothing', async () => {
    expect(await endOf(asked({ effect: 'optional' }))).toMatchObject({ kind: 'completed' });
    expect(await endOf(asked({ mode: 'ask' }))).toMatchObject({ kind: 'completed' });
    expect(await endOf(asked({}), 'review')).toMatchObject({ kind: 'completed' });
  });
});

describe('a protected file that an agent changed', () => {
  const script = shellRuntime(
    'mkdir -p .github/workflows; echo ci > .github/workflows/ci.yml; echo two > a.txt; echo ok',
  );
  const asksOf = (result: TaskResult): Asks | undefined => (result.kind === 'parked' ? result.asks : undefined);
  const show = (repository: string, path: string): string => git(repository, 'show', `baton/req:${path}`);

  async function held(runtime = script) {
    const repository = repositoryWith({ 'a.txt': 'one\n' });
    const staged = await stage(repository, { command: runtime }, [fix]);
    const first = await staged.deliver('fix').ended;
    const asks = asksOf(first);
    const answer = (choice: string, digest = asks?.digest ?? '') =>
      staged.deliver('fix', { order: { attempt: 2, permit: { digest, choice } } }).ended;
    return { repository, first, asks, answer, ...staged };
  }

  it('is asked about with its name and the digest of the change; until then nothing is committed, and all is kept as a patch', async () => {
    const { repository, asks, first } = await held();
    expect(first).toMatchObject({
      kind: 'parked',
      artifacts: [{ name: 'fix.answer.md' }, { name: 'fix.changes.patch' }],
    });
    expect(asks).toMatchObject({
      digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      summary: '1 file of fix: .github/workflows/ci.yml',
      context: { '.github/workflows/ci.yml': 'new; a protected file' },
    });
    const shown = git(repository, 'for-each-ref', '--format=%(refname)');
    expect(shown).not.toContain('baton');
    const { execSync } = await import('node:child_process');
    expect(execSync(asks?.context['look at it with'] ?? '', { encoding: 'utf8' })).toContain('+ci');
  });

  it('is part of the commit once a person approves; the agent does not work again', async () => {
    const { repository, answer } = await held(shellRuntime('echo x >> .npmrc; echo $RANDOM$$ > a.txt'));
    expect(await answer('approve')).toMatchObject({ kind: 'completed', output: { files: ['.npmrc', 'a.txt'] } });
    expect(show(repository, '.npmrc')).toBe('x\n');
  });

  it('is undone where a person rejects, and the rest is committed', async () => {
    const { repository, answer, deps } = await held();
    expect(await answer('reject')).toMatchObject({ kind: 'completed', output: { files: ['a.txt'] } });
    expect(() => show(repository, '.github/workflows/ci.yml')).toThrow(/does not exist|exists on disk/);
    const record = (await readRecords(deps, 'req')).get('fix/0');
    expect(record?.agent?.refused).toEqual([
      { path: '.github/workflows/ci.yml', why: 'a protected file; a person said no' },
    ]);
  });

  it('fails the task where a person rejects and it was all that there is', async () => {
    const { answer } = await held(shellRuntime('echo x >> .npmrc'));
    expect(await answer('reject')).toMatchObject({ kind: 'failed', error: { code: 'mode_violation' } });
  });

  it('is asked about again where the answer is for other bytes', async () => {
    const { answer, asks } = await held();
    const again = await answer('approve', 'f'.repeat(64));
    expect(asksOf(again)?.digest).toBe(asks?.digest);
  });

  it('that an agent made executable is told so', async () => {
    const { asks } = await held((run) => {
      const end = shellRuntime('echo x > run.sh; chmod +x run.sh');
      return end(run, { signal: new AbortController().signal });
    });
    expect(asks?.context).toMatchObject({ 'run.sh': 'new; newly executable' });
  });

  it('is no question where something else was refused: the task fails', async () => {
    const { first, deps } = await held(shellRuntime('echo x > .npmrc; ln -s /etc out'));
    expect(first).toMatchObject({ kind: 'failed', error: { code: 'mode_violation' } });
    const record = (await readRecords(deps, 'req')).get('fix/0');
    expect(record?.agent?.refused?.map(({ path }) => path)).toEqual(['out', '.npmrc']);
  });
});

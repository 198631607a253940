import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../../src/activities/records.js';
import type { AgentRun, Runtime } from '../../src/agents/runtimes/port.js';
import type { TaskDraft } from '../../src/contract/plan.js';
import { folderWith, git, put, repositoryWith } from '../workspace/folders.js';
import { done, shellRuntime, stage, until } from './agents.js';

type Draft = Partial<TaskDraft> & { id: string };
const fix: Draft = { id: 'fix', title: 'Fix it', action: { kind: 'agent', prompt: 'Please fix it.' } };
const command = (id: string, script: string, dependencies: string[] = []): Draft => ({
  id,
  action: { kind: 'command', argv: ['sh', '-c', script] },
  dependencies,
});
const branchFile = (repository: string, file: string): string => git(repository, 'show', `baton/req:${file}`);

describe('an agent’s task', () => {
  it('ends with a commit on the request’s branch, its answer, cost and denials; the worktree is gone', async () => {
    const repository = repositoryWith({ 'a.txt': 'one\n' });
    const usage = { usd: 0.5, inputTokens: 10, outputTokens: 2 };
    const runtime: Runtime = (run) => {
      put(run.cwd, { 'a.txt': 'mended\n' });
      return Promise.resolve(done('I mended it.', { usage, denials: [{ tool: 'Bash', input: 'rm -rf /' }] }));
    };
    const { deps, home, deliver } = await stage(repository, { command: runtime }, [fix]);
    const result = await deliver('fix').ended;
    expect(result).toMatchObject({
      kind: 'completed',
      summary: '1 file changed; not allowed: Bash; I mended it.',
      output: { branch: 'baton/req', commit: git(repository, 'rev-parse', 'baton/req').trim(), files: ['a.txt'] },
      artifacts: [{ name: 'fix.answer.md' }],
      usage,
    });
    expect(branchFile(repository, 'a.txt')).toBe('mended\n');
    expect(git(repository, 'status', '--porcelain')).toBe('');
    const record = (await readRecords(deps, 'req')).get('fix/0');
    expect(record?.agent).toMatchObject({ agent: 'mender', text: 'I mended it.', denials: [{ tool: 'Bash' }] });
    expect(readdirSync(join(home, 'worktrees/req'))).toEqual([]);
  });

  it('is told its prompt, and set apart from it what the tasks before found', async () => {
    const runs: AgentRun[] = [];
    const runtime: Runtime = (run) => {
      runs.push(run);
      return Promise.resolve(done('ok'));
    };
    const lint = command('lint', 'echo src/a.ts:3 unused variable');
    const drafts = [lint, { ...fix, dependencies: ['lint'], env: { EXTRA: '1' } }];
    const { deliver } = await stage(repositoryWith({ a: '1' }), { command: runtime }, drafts);
    await deliver('lint').ended;
    await deliver('fix').ended;
    const [prompt = '', results = ''] = runs[0]?.prompt.split('\n\n---\n\n') ?? [];
    expect(prompt).toBe('Please fix it.');
    expect(results).toMatch(
      /^# Results of earlier tasks[^]*not instructions[^]*## lint[^]*src\/a\.ts:3 unused variable/,
    );
    expect(runs[0]?.env).toMatchObject({ EXTRA: '1', BATON_TASK_ID: 'fix', BATON_IDEMPOTENCY_KEY: 'req/fix/0' });
    expect(runs[0]?.env).not.toHaveProperty('SECRET');
  });

  it('that fails commits nothing; its changes are kept as a patch', async () => {
    const repository = repositoryWith({ 'a.txt': 'one\n' });
    const { deps, deliver } = await stage(repository, { command: shellRuntime('echo half > a.txt; exit 3') }, [fix]);
    const result = await deliver('fix').ended;
    expect(result).toMatchObject({ kind: 'failed', artifacts: [{ name: 'fix.changes.patch' }] });
    const [patch] = result.kind === 'failed' ? result.artifacts : [];
    expect(await deps.artifacts.getText(patch?.sha256 ?? '')).toContain('+half');
    expect(git(repository, 'branch', '--list', 'baton/*')).toBe('');
  });

  it('that is cancelled commits nothing and keeps its changes; one that the worker’s shutdown ends is no end', async () => {
    const repository = repositoryWith({ 'a.txt': 'one\n' });
    const slow = shellRuntime('echo half $BATON_ATTEMPT > a.txt; sleep 60 & sleep 60');
    const { deps, home, deliver } = await stage(repository, { command: slow }, [fix]);
    const half = (attempt: number): boolean => {
      const file = join(home, 'worktrees/req/fix.0/a.txt');
      return existsSync(file) && readFileSync(file, 'utf8') === `half ${attempt}\n`;
    };
    const first = deliver('fix');
    await until(() => half(1));
    first.cancel('WORKER_SHUTDOWN');
    await expect(first.ended).rejects.toThrow('WORKER_SHUTDOWN');
    expect((await readRecords(deps, 'req')).size).toBe(0);
    const second = deliver('fix', { attempt: 2 });
    await until(() => half(2));
    second.cancel();
    expect(await second.ended).toMatchObject({ kind: 'cancelled', artifacts: [{ name: 'fix.changes.patch' }] });
    expect((await readRecords(deps, 'req')).get('fix/0')?.agent).toMatchObject({ changes: null });
    expect(git(repository, 'branch', '--list', 'baton/*')).toBe('');
  });

  it('goes on with its session and its half-done edits where its worker died', async () => {
    const repository = repositoryWith({ 'a.txt': 'one\n' });
    const seen: { session: string | undefined; files: string[] }[] = [];
    const runtime: Runtime = async (run, hooks) => {
      seen.push({ session: run.session, files: readdirSync(run.cwd).filter((name) => name !== '.git') });
      hooks.onSession?.('s-1');
      put(run.cwd, { [`turn-${seen.length}.txt`]: '' });
      if (seen.length === 1) await new Promise((end) => hooks.signal.addEventListener('abort', end));
      return done('ok', seen.length === 1 ? ({ kind: 'cancelled' } as object) : {});
    };
    const { deliver } = await stage(repository, { command: runtime }, [fix]);
    const first = deliver('fix');
    await until(() => first.beats.some(({ session }) => session === 's-1'));
    first.cancel('WORKER_SHUTDOWN');
    await first.ended.catch(() => undefined);
    const beat = first.beats.at(-1);
    expect(await deliver('fix', { attempt: 2, ...(beat ? { beat } : {}) }).ended).toMatchObject({ kind: 'completed' });
    expect(seen).toEqual([
      { session: undefined, files: ['a.txt'] },
      { session: 's-1', files: ['a.txt', 'turn-1.txt'] },
    ]);
    expect(branchFile(repository, 'turn-1.txt')).toBe('');
  });

  it('does not work again, nor commit again, where its worker died between its end and the record', async () => {
    const repository = repositoryWith({ 'a.txt': 'one\n' });
    let runs = 0;
    const runtime: Runtime = (run) => {
      runs += 1;
      put(run.cwd, { 'a.txt': 'mended\n' });
      return Promise.resolve(done('mended'));
    };
    const { deps, deliver } = await stage(repository, { command: runtime }, [fix]);
    const { addRecord } = deps.files;
    deps.files.addRecord = () => Promise.reject(new Error('the worker dies here'));
    await expect(deliver('fix').ended).rejects.toThrow('the worker dies here');
    const commit = git(repository, 'rev-parse', 'baton/req').trim();
    deps.files.addRecord = addRecord.bind(deps.files);
    expect(await deliver('fix', { attempt: 2 }).ended).toMatchObject({ kind: 'completed', output: { commit } });
    expect([runs, git(repository, 'rev-parse', 'baton/req').trim()]).toEqual([1, commit]);
  });

  it('says what to do where there is no repository', async () => {
    const { deliver } = await stage(folderWith({ a: '1' }), { command: shellRuntime('true') }, [fix]);
    await expect(deliver('fix').ended).rejects.toMatchObject({ type: 'no_worktree', nonRetryable: true });
  });
});

const sh = (script: string) => ({ kind: 'command' as const, argv: ['sh', '-c', script] });

describe('the checks of an agent’s task', () => {
  const holds = sh('test "$(cat one.txt)" = "$(cat two.txt)"');
  const write = (name: string, text: string): Draft => ({
    id: name,
    action: { kind: 'agent', prompt: `echo ${text} > ${name}.txt` },
    checks: [sh('cat one.txt two.txt; echo seen by $BATON_TASK_ID >&2'), holds],
  });
  const shell: Runtime = (run, hooks) => shellRuntime(run.prompt.split('\n')[0] ?? '')(run, hooks);

  it('run on the merged files: what breaks one stays off the branch, and its output is kept', async () => {
    const repository = repositoryWith({ 'one.txt': '1\n', 'two.txt': '1\n' });
    const { deps, home, deliver } = await stage(repository, { command: shell }, [write('one', '2'), write('two', '2')]);
    const result = await deliver('one').ended;
    expect(result).toMatchObject({
      kind: 'conflicted',
      conflict: {
        branch: 'baton-agents/req/one.0',
        files: [],
        against: [],
        check: { command: expect.stringContaining('sh -c test') as string, message: 'sh ended with exit code 1' },
      },
    });
    expect(git(repository, 'branch', '--list', 'baton/req')).toBe('');
    const said = await deliver('two', { order: { epoch: 1 } }).ended;
    expect(said.kind).toBe('conflicted');
    expect(readdirSync(join(home, 'worktrees/req'))).toEqual([]);
    const record = (await readRecords(deps, 'req')).get('one/0');
    expect(record?.agent?.changes).toMatchObject({ branch: 'baton-agents/req/one.0' });
  });

  it('hold: the branch moves, and nothing that one left running lives on', async () => {
    const repository = repositoryWith({ 'one.txt': '1\n', 'two.txt': '2\n' });
    const draft = write('one', '2');
    const checks = [sh('sleep 60 >/dev/null 2>&1 & echo $! > $LEFT'), ...(draft.checks ?? [])];
    const left = join(folderWith(), 'pid');
    const { deliver } = await stage(repository, { command: shell }, [{ ...draft, checks, env: { LEFT: left } }]);
    expect((await deliver('one').ended).kind).toBe('completed');
    expect(branchFile(repository, 'one.txt')).toBe('2\n');
    // Of a process that has ended and that nobody has collected, the kernel keeps the entry alone.
    const alive = join('/proc', readFileSync(left, 'utf8').trim(), 'cmdline');
    expect(existsSync(alive) ? readFileSync(alive, 'utf8') : '').toBe('');
  });

  it('are told to the agent, and fail one that changed nothing where that may be', async () => {
    const prompts: string[] = [];
    const runtime: Runtime = ({ prompt }) => {
      prompts.push(prompt);
      return Promise.resolve(done('All is well.'));
    };
    const drafts: Draft[] = [
      {
        ...fix,
        action: { kind: 'agent', prompt: 'Look.', effect: 'optional' },
        checks: [sh('echo it is not; exit 3')],
      },
    ];
    const { deliver } = await stage(repositoryWith({ a: '1' }), { command: runtime }, drafts);
    expect(await deliver('fix').ended).toMatchObject({
      kind: 'failed',
      error: { code: 'check_failed', tail: expect.stringContaining('it is not') as string },
      artifacts: [{ name: 'fix.answer.md' }, { name: 'fix.check.log' }],
    });
    expect(prompts[0]).toMatch(/# Checks[^]*- sh -c echo it is not; exit 3$/);
  });

  it('are ended by a cancel, and the branch stays where it was', async () => {
    const repository = repositoryWith({ 'one.txt': '1\n', 'two.txt': '1\n' });
    const begun = join(folderWith(), 'begun');
    const draft = { ...write('one', '2'), checks: [sh(`touch ${begun}; sleep 60`)] };
    const { deliver } = await stage(repository, { command: shell }, [draft]);
    const delivery = deliver('one');
    await until(() => existsSync(begun));
    delivery.cancel();
    expect(await delivery.ended).toMatchObject({ kind: 'cancelled', artifacts: [{ name: 'one.changes.patch' }] });
    expect(git(repository, 'branch', '--list', 'baton/req')).toBe('');
  });

  it('run again where their worker died, and the agent does not', async () => {
    const repository = repositoryWith({ 'one.txt': '1\n', 'two.txt': '2\n' });
    const begun = join(folderWith(), 'begun');
    let runs = 0;
    const counting: Runtime = (run, hooks) => {
      runs += 1;
      return shell(run, hooks);
    };
    const checks = [sh(`test -e ${begun} || { touch ${begun}; sleep 60; }`), holds];
    const { deliver } = await stage(repository, { command: counting }, [{ ...write('one', '2'), checks }]);
    const first = deliver('one');
    await until(() => existsSync(begun));
    first.cancel('WORKER_SHUTDOWN');
    await expect(first.ended).rejects.toThrow();
    expect((await deliver('one', { attempt: 2 }).ended).kind).toBe('completed');
    expect([runs, branchFile(repository, 'one.txt')]).toEqual([1, '2\n']);
  });
});

describe('the checks of a command', () => {
  it('run in its folder once it is done, and one that breaks fails the task', async () => {
    const workspace = repositoryWith({ a: '1' });
    const make = {
      ...command('make', 'echo made > made.txt'),
      checks: [sh('cat made.txt'), sh('grep -q other made.txt')],
    };
    const { deliver } = await stage(workspace, {}, [make, { ...command('bad', 'exit 1'), checks: [sh('touch ran')] }]);
    expect(await deliver('make').ended).toMatchObject({
      kind: 'failed',
      error: { code: 'check_failed', message: expect.stringContaining('grep -q other made.txt') as string },
    });
    expect(await deliver('bad').ended).toMatchObject({ error: { code: 'command_failed' } });
    expect(existsSync(join(workspace, 'ran'))).toBe(false);
  });
});

describe('a task after an agent', () => {
  it('runs on what the agent made, and one beside it on the user’s tree', async () => {
    const repository = repositoryWith({ 'a.txt': 'one\n', 'sub/b.txt': '' });
    const drafts = [
      fix,
      command('test', 'cat a.txt; pwd', ['fix']),
      { ...command('deep', 'ls', ['test']), cwd: 'sub' },
      command('beside', 'cat a.txt; pwd'),
    ];
    const { deps, deliver } = await stage(
      repository,
      { command: shellRuntime('echo agent > a.txt; touch sub/c') },
      drafts,
    );
    for (const id of ['fix', 'test', 'deep', 'beside']) {
      expect(await deliver(id).ended).toMatchObject({ kind: 'completed' });
    }
    const printed = async (id: string): Promise<string | undefined> =>
      (await readRecords(deps, 'req')).get(`${id}/0`)?.output?.preview;
    expect(await printed('test')).toMatch(/^agent\n.*\/worktrees\/req\/at-/);
    expect(await printed('deep')).toBe('b.txt\nc\n');
    expect(await printed('beside')).toBe(`one\n${repository}\n`);
  });

  it('runs on the workspace where a person skipped the agent', async () => {
    const repository = repositoryWith({ 'a.txt': 'one\n' });
    const { deps, deliver } = await stage(repository, {}, [fix, command('test', 'pwd', ['fix'])]);
    await deliver('test').ended;
    expect((await readRecords(deps, 'req')).get('test/0')?.output?.preview.trim()).toBe(repository);
  });
});

describe('two deliveries of one task in one worker', () => {
  it('never work at the same time: the later one stops the earlier one, waits for its end, and keeps its own processes', async () => {
    const folder = folderWith({ log: '' });
    const script = `trap 'sleep 0.1; echo ended $BATON_ATTEMPT >> log; exit 1' TERM
      echo began $BATON_ATTEMPT >> log; [ $BATON_ATTEMPT = 1 ] && { sleep 60 & wait; }; sleep 0.5; echo done >> log`;
    const { deps, deliver } = await stage(folder, {}, [command('long', script)]);
    const log = (): string => readFileSync(join(folder, 'log'), 'utf8');
    const first = deliver('long');
    await until(() => log().includes('began 1'));
    const second = deliver('long', { attempt: 2 });
    expect(await second.ended).toMatchObject({ kind: 'completed' });
    await expect(first.ended).rejects.toThrow('WORKER_SHUTDOWN');
    expect(log()).toBe('began 1\nended 1\nbegan 2\ndone\n');
    const records = (await readRecords(deps, 'req')).get('long/0');
    expect(records?.result.kind).toBe('completed');
  });

  it('an earlier one that has done the work by then is believed, and it is not done again', async () => {
    const folder = folderWith({ log: '' });
    const { deps, deliver } = await stage(folder, {}, [command('once', 'echo ran >> log')]);
    const { addRecord } = deps.files;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let hasEnded = false;
    deps.files.addRecord = async (id, record) => {
      hasEnded = true;
      await held;
      await addRecord.call(deps.files, id, record);
    };
    const first = deliver('once');
    await until(() => hasEnded);
    const second = deliver('once', { attempt: 2 });
    await sleep(100);
    release();
    expect((await Promise.all([first.ended, second.ended])).map(({ kind }) => kind)).toEqual([
      'completed',
      'completed',
    ]);
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('ran\n');
  });

  it('an outdated one that comes late is refused for now', async () => {
    const folder = folderWith({});
    const { deliver } = await stage(folder, {}, [command('long', 'touch on; sleep 1')]);
    const second = deliver('long', { attempt: 2 });
    await until(() => existsSync(join(folder, 'on')));
    await expect(deliver('long').ended).rejects.toMatchObject({ type: 'busy', nonRetryable: false });
    expect(await second.ended).toMatchObject({ kind: 'completed' });
  });
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestView } from '../../src/contract/view.js';
import { Installation, until } from './crash.js';

let place: Installation;
let repository: string;
beforeAll(() => {
  place = new Installation();
  repository = place.workspace;
  writeFileSync(join(repository, 'a.txt'), 'one\n');
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com', 'commit', '--quiet', '--message=files');
  agent('mender', 'cat > prompt.txt; echo mended > a.txt; echo I mended a.txt');
  agent('breaker', 'echo half > a.txt; echo it does not work >&2; exit 3');
  agent('sleeper', 'echo half > a.txt; sleep 300 & setsid sleep 300');
});
afterAll(() => place.end());

const git = (...args: string[]): string => execFileSync('git', args, { cwd: repository, encoding: 'utf8' });

/** An agent of the user's that is a shell script. */
function agent(name: string, script: string): void {
  mkdirSync(join(place.home, 'agents'), { recursive: true });
  const front = ['---', `name: ${name}`, `description: It is ${name}.`, 'runtime: command'];
  const text = [...front, `command: ${JSON.stringify(['sh', '-c', script])}`, '---', `You are ${name}.`];
  writeFileSync(join(place.home, 'agents', `${name}.md`), text.join('\n'));
}

const fix = (name: string): object => ({
  id: 'fix',
  title: 'Mend it',
  kind: 'agent',
  agent: name,
  prompt: 'Mend a.txt.',
});
const task = (view: RequestView, id: string) => view.tasks.find((found) => found.id === id);
const artifact = (view: RequestView, name: string): string =>
  readFileSync(view.artifacts.find((found) => found.name === name)?.path ?? '', 'utf8');
const trees = (id: string): string[] => {
  const folder = join(place.home, 'worktrees', id);
  return existsSync(folder) ? readdirSync(folder) : [];
};

describe('an agent that is a command', () => {
  it('edits a file in a worktree; its branch has the edit, the checks after it see it, and the user’s tree is as it was', async () => {
    const tasks = [
      { id: 'look', command: ['cat', 'a.txt'] },
      { ...fix('mender'), dependencies: ['look'] },
      { id: 'check', command: ['cat', 'a.txt'], dependencies: ['fix'] },
    ];
    const plan = place.plan('mend', { tasks });
    const before = git('rev-parse', 'HEAD');
    const ended = await place.baton('run', '--plan', plan, '--workspace', repository, '--id', 'mend');
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('look at them with: git diff HEAD...baton/mend');
    expect(git('diff', 'HEAD...baton/mend', '--', 'a.txt')).toContain('+mended');
    expect(git('show', 'baton/mend:prompt.txt')).toMatch(/^You are mender\.\n\nMend a\.txt\.[^]*one/);
    expect([git('status', '--porcelain'), git('rev-parse', 'HEAD'), git('stash', 'list')]).toEqual(['', before, '']);
    const view = await place.status('mend');
    expect(view.result).toEqual({ branch: 'baton/mend', commit: git('rev-parse', 'baton/mend').trim() });
    expect(task(view, 'fix')).toMatchObject({ agent: 'mender', status: 'completed', attempts: 1 });
    expect(artifact(view, 'check.log')).toBe('mended\n');
    expect(artifact(view, 'fix.answer.md')).toBe('I mended a.txt');
    const { stdout: report } = await place.baton('report', 'mend');
    expect(report).toContain('| Changes | `baton/mend` at ');
    expect(report).toContain('Agent `mender`');
    expect([trees('mend'), git('worktree', 'list').trim().split('\n').length]).toEqual([[], 1]);
  });

  it('works at the same time as others, and the branch gets the changes of each as one commit', async () => {
    const script = 'echo $BATON_TASK_ID > $BATON_TASK_ID.txt; date +%s%N; sleep 2; date +%s%N';
    agent('writer', script);
    const ids = ['w1', 'w2', 'w3', 'w4'];
    const tasks = ids.map((id) => ({ id, kind: 'agent', agent: 'writer', prompt: 'Write a file.' }));
    const check = { id: 'check', command: ['ls'], dependencies: ids };
    await place.submit('wide', place.plan('wide', { tasks: [...tasks, check] }));
    const view = await place.ended('wide');
    expect(view.status).toBe('complete');
    const spans = ids.map((id) => artifact(view, `${id}.answer.md`).split('\n').map(BigInt));
    const begins = spans.map(([begin]) => begin ?? 0n);
    const ends = spans.map(([, end]) => end ?? 0n);
    expect(begins.every((begin) => ends.every((end) => begin < end))).toBe(true);
    expect(
      git('log', '--format=%(trailers:key=Baton-Task,valueonly,separator=)', 'main..baton/wide')
        .split('\n')
        .filter(Boolean)
        .sort(),
    ).toEqual(ids);
    expect(git('rev-list', '--merges', '--count', 'baton/wide').trim()).toBe('0');
    expect(artifact(view, 'check.log')).toContain('w1.txt\nw2.txt\nw3.txt\nw4.txt');
  });

  it('whose change conflicts with another’s merges both in a task of its own, on which the rest waits', async () => {
    const edit =
      'p=$(cat); case "$p" in *"conflict markers"*) echo both > a.txt; echo merged;; *) sleep $1; echo $BATON_TASK_ID > a.txt; touch $BATON_TASK_ID.txt;; esac';
    agent('quick', edit.replace('$1', '0'));
    agent('late', edit.replace('$1', '2'));
    const tasks = [
      { id: 'first', kind: 'agent', agent: 'quick', prompt: 'Edit a.txt.' },
      { id: 'second', title: 'Edit a.txt too', kind: 'agent', agent: 'late', prompt: 'Edit a.txt.' },
      { id: 'check', command: ['sh', '-c', 'cat a.txt; ls'], dependencies: ['first', 'second'] },
    ];
    await place.submit('clash', place.plan('clash', { tasks }));
    const view = await place.ended('clash');
    expect(view.tasks.map(({ id, status, note }) => [id, status, note])).toEqual([
      ['first', 'completed', undefined],
      ['second', 'completed', 'merged by second-repair'],
      ['check', 'completed', undefined],
      ['second-repair', 'completed', undefined],
    ]);
    expect(artifact(view, 'check.log')).toBe('both\na.txt\nfirst.txt\nsecond.txt\n');
    expect(git('log', '--format=%s', 'main..baton/clash').trim()).toBe('Edit a.txt too (merged with first)\nfirst');
    expect(git('branch', '--list', 'baton-agents/*')).toBe('');
    const { stdout: report } = await place.baton('report', 'clash');
    expect(report).toContain('What it changed is part of the commit of `second-repair`.');
  });

  it('whose change breaks a check beside another’s, though git merges both, mends it in a task of its own', async () => {
    const write =
      'p=$(cat); case "$p" in *"breaks a check"*) cp one.txt two.txt;; *) sleep $1; echo new > $2.txt;; esac';
    agent('one', write.replace('$1', '0').replace('$2', 'one'));
    agent('two', write.replace('$1', '2').replace('$2', 'two').replace('echo new', 'echo newer'));
    const checks = [['sh', '-c', 'test ! -e one.txt || test ! -e two.txt || cmp one.txt two.txt']];
    const tasks = ['one', 'two'].map((id) => ({ id, kind: 'agent', agent: id, prompt: 'Write a file.', checks }));
    const after = { id: 'after', command: ['cat', 'one.txt', 'two.txt'], checks, dependencies: ['one', 'two'] };
    await place.submit('apart', place.plan('apart', { tasks: [...tasks, after] }));
    const view = await place.ended('apart');
    expect(view.tasks.map(({ id, status, note }) => [id, status, note])).toEqual([
      ['one', 'completed', undefined],
      ['two', 'completed', 'merged by two-repair'],
      ['after', 'completed', undefined],
      ['two-repair', 'completed', undefined],
    ]);
    expect(artifact(view, 'two.check.log')).toContain('one.txt two.txt differ');
    expect(artifact(view, 'after.log')).toBe('new\nnew\n');
    expect(git('log', '--format=%s', 'main..baton/apart').trim()).toBe('two (repaired)\none');
  });

  it('whose change nobody could merge is asked about, and dropped it stays on a branch of its own', async () => {
    agent(
      'stubborn',
      'p=$(cat); sleep 2; case "$p" in *"conflict markers"*) echo I cannot;; *) echo $BATON_TASK_ID > a.txt;; esac',
    );
    const tasks = ['first', 'second'].map((id) => ({ id, kind: 'agent', agent: 'stubborn', prompt: 'Edit a.txt.' }));
    await place.submit('torn', place.plan('torn', { tasks }));
    const ask = async () => {
      const { decisions } = await place.json<{ decisions: { id: string; kind: string; question: string }[] }>([
        'decisions',
        'torn',
      ]);
      return decisions;
    };
    await until('a question', async () => (await ask()).length > 0);
    const decisions = await ask();
    expect(decisions[0]).toMatchObject({
      kind: 'recovery',
      question: expect.stringMatching(/(first.*second|second.*first).*a\.txt/) as string,
    });
    await place.json(['decide', decisions[0]?.id ?? '', 'drop']);
    const view = await place.ended('torn');
    expect(view.status).toBe('partial');
    const lost = view.tasks.find(({ status, id }) => status === 'failed' && !id.endsWith('-repair'))?.id ?? '';
    expect(git('show', `baton-agents/torn/${lost}.0:a.txt`)).toBe(`${lost}\n`);
    expect(git('show', 'baton/torn:a.txt')).toBe(`${lost === 'first' ? 'second' : 'first'}\n`);
  });

  it('that fails leaves no branch, and what it changed as a patch', async () => {
    await place.submit('broken', place.plan('broken', { tasks: [fix('breaker')] }));
    const view = await place.ended('broken');
    expect(view).toMatchObject({ status: 'failed', result: null });
    expect(task(view, 'fix')?.error).toMatchObject({ code: 'agent_failed', exitCode: 3 });
    expect(artifact(view, 'fix.changes.patch')).toContain('+half');
    expect(git('branch', '--list', 'baton/broken')).toBe('');
  });

  it('is ended by a cancel with its whole tree, within 3 s, and its changes are kept as a patch', async () => {
    await place.submit('slow', place.plan('slow', { tasks: [fix('sleeper')] }));
    await until('the agent and its children', () => place.processesOf('slow').length >= 3);
    await place.json(['cancel', 'slow']);
    const accepted = Date.now();
    await until('the end of its processes', () => place.processesOf('slow').length === 0, 10_000);
    expect(Date.now() - accepted).toBeLessThan(3000);
    const view = await place.ended('slow');
    expect(view).toMatchObject({ status: 'cancelled', result: null });
    expect(artifact(view, 'fix.changes.patch')).toContain('+half');
    expect(trees('slow')).toEqual([]);
  });

  it('is ended where its task is skipped, what comes after it goes on, and its changes are kept as a patch', async () => {
    const after = { id: 'after', command: ['cat', 'a.txt'], dependencies: ['fix'] };
    await place.submit('skip', place.plan('skip', { tasks: [fix('sleeper'), after] }));
    await until('the agent and its children', () => place.processesOf('skip').length >= 3);
    await place.json(['skip', 'skip/fix']);
    const view = await place.ended('skip');
    expect(view.tasks.map(({ status }) => status)).toEqual(['skipped', 'completed']);
    expect(artifact(view, 'after.log')).toBe('one\n');
    expect(artifact(view, 'fix.changes.patch')).toContain('+half');
  });

  it('is asked about where the user’s tree has uncommitted changes, and starts without them', async () => {
    writeFileSync(join(repository, 'new.txt'), 'of the user');
    try {
      const plan = place.plan('dirty', { tasks: [fix('mender')] });
      const waits = await place.baton('run', '--plan', plan, '--workspace', repository, '--id', 'dirty', '--no-wait');
      expect(waits).toMatchObject({ code: 4, stdout: expect.stringContaining('uncommitted changes') as string });
      await place.json(['decide', 'dirty/d1', 'approve']);
      expect(await place.ended('dirty')).toMatchObject({ status: 'complete' });
      expect(git('ls-tree', '--name-only', 'baton/dirty')).not.toContain('new.txt');
      expect(git('status', '--porcelain')).toBe('?? new.txt\n');
    } finally {
      execFileSync('rm', [join(repository, 'new.txt')]);
    }
  });

  it('cannot work outside of a git repository, which is said before anything runs', async () => {
    const plan = place.plan('plain', { tasks: [fix('mender')] });
    const plain = join(place.folder, 'plain');
    mkdirSync(plain);
    const ended = await place.baton('run', '--plan', plan, '--workspace', plain, '--id', 'plain');
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('git init') as string });
    expect((await place.baton('status', 'plain')).code).toBe(2);
  });
});

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRequestFiles } from '../../../src/workspace/artifacts/requests.js';
import type { AgentTree, TreeOrder } from '../../../src/workspace/worktree/worktrees.js';
import { Worktrees } from '../../../src/workspace/worktree/worktrees.js';
import { folderWith, git, put, repositoryWith, shell } from '../folders.js';

const alive = new AbortController().signal;

/** A repository of a user, and the worktrees of a data folder. */
function world(files: Record<string, string> = { 'a.txt': 'one\n', 'sub/b.txt': 'two\n' }) {
  const repository = repositoryWith(files);
  const home = folderWith();
  const requests = createRequestFiles(home);
  const create = (): Worktrees => new Worktrees({ root: join(home, 'worktrees'), files: requests });
  const worktrees = create();
  const order = (more: Partial<TreeOrder> = {}): TreeOrder => ({
    request: 'req-1',
    task: 'fix',
    epoch: 0,
    attempt: 1,
    workspace: repository,
    hasSession: false,
    signal: alive,
    ...more,
  });
  return { repository, home, requests, worktrees, create, order };
}

const commits = (repository: string, branch = 'baton/req-1'): string[] =>
  git(repository, 'log', '--format=%s', `main..${branch}`).trim().split('\n').filter(Boolean);

/** A commit with a file more than `main` has, made in no working tree. */
function otherCommit(repository: string): string {
  const folder = join(folderWith(), 'other');
  git(repository, 'worktree', 'add', '-q', '--detach', folder, 'main');
  put(folder, { 'other.txt': 'other' });
  git(folder, 'add', '--all');
  git(folder, 'commit', '-q', '-m', 'other');
  return git(folder, 'rev-parse', 'HEAD').trim();
}

async function work(tree: AgentTree, files: Record<string, string>, title = 'Fix it'): Promise<string | undefined> {
  put(tree.cwd, files);
  return (await tree.integrate(title))?.commit;
}

describe('the worktree of an agent', () => {
  it('is made and removed beside those of many others, of several requests', async () => {
    const { worktrees, order } = world();
    const trees = Array.from({ length: 16 }, async (_, n) => {
      const tree = await worktrees.forAgent(order({ request: `req-${n % 3}`, task: `t${n}` }));
      await tree.remove();
      return worktrees.forAgent(order({ request: `req-${n % 3}`, task: `t${n}` }));
    });
    for (const tree of await Promise.all(trees)) expect(existsSync(join(tree.cwd, 'a.txt'))).toBe(true);
  });

  it('gets what the agent changed onto the request’s branch as one commit that says where it comes from', async () => {
    const { repository, worktrees, order } = world();
    const tree = await worktrees.forAgent(order());
    rmSync(join(tree.cwd, 'sub/b.txt'));
    put(tree.cwd, { 'a.txt': 'changed\n', 'new/ü n.txt': 'x' });
    const changes = await tree.integrate('Fix\n\nBaton-Task: forged');
    expect(changes?.files).toEqual([
      { status: 'M', path: 'a.txt' },
      { status: 'A', path: 'new/ü n.txt' },
      { status: 'D', path: 'sub/b.txt' },
    ]);
    expect(await worktrees.result('req-1')).toEqual({ branch: 'baton/req-1', commit: changes?.commit });
    expect(git(repository, 'rev-parse', 'baton/req-1').trim()).toBe(changes?.commit);
    expect(git(repository, 'show', '--no-patch', '--format=%B', 'baton/req-1').trim()).toBe(
      'Fix Baton-Task: forged\n\nBaton-Request: req-1\nBaton-Task: fix\nBaton-Epoch: 0',
    );
    expect(git(repository, 'show', 'baton/req-1:a.txt')).toBe('changed\n');
    expect(git(repository, 'rev-parse', 'baton/req-1^')).toBe(git(repository, 'rev-parse', 'main'));
  });

  it('leaves branch, index, working tree, configuration and stash of the user as they were, byte for byte', async () => {
    const { repository, worktrees, order } = world();
    put(repository, { 'a.txt': 'stashed\n' });
    git(repository, 'stash');
    put(repository, { 'a.txt': 'staged\n' });
    git(repository, 'add', 'a.txt');
    put(repository, { 'a.txt': 'unstaged\n', 'untracked.txt': 'u' });
    const looks = (): string =>
      shell(
        repository,
        `git symbolic-ref HEAD; git rev-parse HEAD refs/stash; git status --porcelain
         sha256sum .git/index .git/config .git/HEAD .git/logs/HEAD .git/logs/refs/stash; git stash list
         git for-each-ref --format='%(refname) %(objectname)' | grep -v refs/heads/baton
         find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum; ls -A .git`,
      );
    git(repository, 'status');
    const before = looks();
    const tree = await worktrees.forAgent(order());
    expect(readFileSync(join(tree.cwd, 'a.txt'), 'utf8')).toBe('one\n');
    await work(tree, { 'a.txt': 'agent\n' });
    const snapshot = await worktrees.snapshot('req-1', alive);
    expect(readFileSync(join(snapshot?.cwd ?? '', 'a.txt'), 'utf8')).toBe('agent\n');
    snapshot?.release();
    await tree.remove();
    await worktrees.clear('req-1');
    expect(looks()).toBe(before);
    expect(git(repository, 'worktree', 'list').trim().split('\n')).toHaveLength(1);
    expect(existsSync(join(repository, '.git/worktrees'))).toBe(false);
  });

  it('makes no commit and no branch where nothing was changed, nor where only ignored files were', async () => {
    const { repository, worktrees, order } = world({ '.gitignore': 'out/\n' });
    const tree = await worktrees.forAgent(order());
    expect(await work(tree, { 'out/x': '1' })).toBeUndefined();
    expect(await worktrees.result('req-1')).toBeNull();
    expect(git(repository, 'branch', '--list', 'baton/*')).toBe('');
  });

  it('runs no hook of the repository', async () => {
    const { repository, worktrees, order } = world();
    for (const name of ['post-checkout', 'pre-commit', 'commit-msg', 'post-commit', 'reference-transaction']) {
      const hook = join(repository, '.git/hooks', name);
      mkdirSync(join(repository, '.git/hooks'), { recursive: true });
      writeFileSync(hook, `#!/bin/sh\necho ${name} >> ${repository}/.git/ran\nexit 1\n`);
      chmodSync(hook, 0o755);
    }
    const tree = await worktrees.forAgent(order());
    expect(await work(tree, { 'a.txt': 'x' })).toBeDefined();
    await tree.remove();
    expect(existsSync(join(repository, '.git/ran'))).toBe(false);
  });

  it('gives the commit the user’s name where git knows it, else Baton’s', async () => {
    const { repository, worktrees, order } = world();
    const author = (): string => git(repository, 'log', '-1', '--format=%an <%ae> %cn', 'baton/req-1').trim();
    git(repository, 'config', 'user.name', 'Ann');
    git(repository, 'config', 'user.email', 'ann@example.org');
    git(repository, 'config', 'commit.gpgSign', 'true');
    await work(await worktrees.forAgent(order()), { 'a.txt': '1' });
    expect(author()).toBe('Ann <ann@example.org> Ann');
    git(repository, 'config', 'user.email', '');
    await work(await worktrees.forAgent(order({ task: 'next' })), { 'a.txt': '2' });
    expect(author()).toBe('Baton <baton@localhost> Baton');
  });

  it('begins where the agent before it ended, and at the first one’s HEAD even if the user has gone on', async () => {
    const { repository, worktrees, order } = world();
    const first = await worktrees.forAgent(order());
    put(repository, { 'a.txt': 'user\n' });
    git(repository, 'commit', '-qam', 'the user goes on');
    await work(first, { 'b.txt': '1' }, 'first');
    const second = await worktrees.forAgent(order({ task: 'second' }));
    expect(readFileSync(join(second.cwd, 'a.txt'), 'utf8')).toBe('one\n');
    await work(second, { 'c.txt': '2' }, 'second');
    expect(commits(repository)).toEqual(['second', 'first']);
  });

  it('puts an agent of a subfolder to work in the same subfolder', async () => {
    const { repository, worktrees, order } = world();
    const tree = await worktrees.forAgent(order({ workspace: join(repository, 'sub') }));
    expect(readdirSync(tree.cwd)).toEqual(['b.txt']);
    await work(tree, { 'b.txt': 'changed', '../top.txt': 'x' });
    expect(git(repository, 'diff', '--name-only', 'main', 'baton/req-1')).toBe('sub/b.txt\ntop.txt\n');
  });

  it('squashes the agent’s own commits, and does not mind what it did to the link to the repository', async () => {
    const { repository, worktrees, order } = world();
    const tree = await worktrees.forAgent(order());
    put(tree.cwd, { 'a.txt': 'mine' });
    git(tree.cwd, 'commit', '-qam', 'the agent’s own');
    const outer = repositoryWith({});
    writeFileSync(join(tree.cwd, '.git'), `gitdir: ${outer}/.git\n`);
    expect(await work(tree, { 'c.txt': '1' }, 'ours')).toBeDefined();
    expect(commits(repository)).toEqual(['ours']);
    expect(git(repository, 'show', 'baton/req-1:a.txt')).toBe('mine');
    rmSync(join(tree.cwd, '.git'));
    await tree.remove();
    expect(existsSync(join(repository, '.git/worktrees'))).toBe(false);
  });
});

describe('after a crash', () => {
  it('a commit that was made already is not made again', async () => {
    const { repository, worktrees, create, order } = world();
    const tree = await worktrees.forAgent(order());
    await tree.keepEnd({ said: 'done' });
    const commit = await work(tree, { 'a.txt': 'x' });
    const again = await create().forAgent(order());
    expect(again).toMatchObject({ isResumed: true, ended: { said: 'done' } });
    expect((await again.integrate('Fix it'))?.commit).toBe(commit);
    expect(commits(repository)).toEqual(['Fix it']);
  });

  it('half-done edits are there again for an agent that goes on with its session, and for no other', async () => {
    const { worktrees, create, order } = world();
    put((await worktrees.forAgent(order())).cwd, { 'a.txt': 'half' });
    const resumed = await create().forAgent(order({ hasSession: true }));
    expect([resumed.isResumed, readFileSync(join(resumed.cwd, 'a.txt'), 'utf8')]).toEqual([true, 'half']);
    for (const more of [{}, { hasSession: true, attempt: 2 }, { hasSession: true, epoch: 1 }]) {
      put((await worktrees.forAgent(order({ hasSession: true }))).cwd, { 'a.txt': 'half' });
      const fresh = await create().forAgent(order(more));
      expect([fresh.isResumed, readFileSync(join(fresh.cwd, 'a.txt'), 'utf8')]).toEqual([false, 'one\n']);
    }
  });

  it('what is left of worktrees is removed at the end, half-made ones and forgotten ones too', async () => {
    const { repository, home, worktrees, create, order } = world();
    const [one, two] = [await worktrees.forAgent(order()), await worktrees.forAgent(order({ task: 'Two' }))];
    rmSync(one.cwd, { recursive: true });
    rmSync(`${two.cwd}.json`);
    writeFileSync(join(repository, '.git/worktrees/fix.0/locked'), 'initializing');
    git(repository, 'worktree', 'add', '-q', join(folderWith(), 'of-the-user'));
    await create().clear('req-1');
    expect(readdirSync(join(home, 'worktrees')).filter((name) => name !== 'tmp')).toEqual([]);
    expect(readdirSync(join(repository, '.git/worktrees'))).toEqual(['of-the-user']);
  });
});

describe('agents that work at the same time', () => {
  it('are put onto the branch one after the other, each as one commit, whoever ends first', async () => {
    const { repository, worktrees, order } = world();
    const names = ['one', 'two', 'Three', 'four', 'five'];
    const trees = await Promise.all(names.map((task) => worktrees.forAgent(order({ task }))));
    const made = await Promise.all(trees.map((tree, at) => work(tree, { [`${at}.txt`]: names[at] ?? '' }, names[at])));
    expect(new Set(made).size).toBe(5);
    expect(commits(repository).sort()).toEqual([...names].sort());
    expect(git(repository, 'rev-list', '--merges', '--count', 'baton/req-1')).toBe('0\n');
    expect(git(repository, 'ls-tree', '--name-only', 'baton/req-1').trim().split('\n')).toEqual([
      '0.txt',
      '1.txt',
      '2.txt',
      '3.txt',
      '4.txt',
      'a.txt',
      'sub',
    ]);
    expect((await worktrees.result('req-1'))?.commit).toBe(git(repository, 'rev-parse', 'baton/req-1').trim());
    expect(git(repository, 'branch', '--list', 'baton-agents/*')).toBe('');
  });

  it('may change different lines of one file', async () => {
    const lines = Array.from({ length: 20 }, (_, line) => `line ${line}\n`);
    const { repository, worktrees, order } = world({ 'a.txt': lines.join('') });
    const [one, two] = await Promise.all([worktrees.forAgent(order()), worktrees.forAgent(order({ task: 'two' }))]);
    await work(one, { 'a.txt': lines.with(0, 'first\n').join('') });
    await work(two, { 'a.txt': lines.with(19, 'last\n').join('') });
    expect(git(repository, 'show', 'baton/req-1:a.txt')).toBe(lines.with(0, 'first\n').with(19, 'last\n').join(''));
  });

  it('are told whose changes theirs conflict with, and nothing of either is lost', async () => {
    const { repository, worktrees, create, order } = world();
    const [one, two] = [await worktrees.forAgent(order()), await worktrees.forAgent(order({ task: 'Two', epoch: 3 }))];
    await work(one, { 'a.txt': 'by one\n', 'b.txt': 'b' });
    put(two.cwd, { 'a.txt': 'by two\n', 'c.txt': 'c' });
    await two.keepEnd('done');
    for (const tree of [two, await create().forAgent(order({ task: 'Two', epoch: 3 }))]) {
      expect(await tree.integrate('Two')).toMatchObject({
        kind: 'conflict',
        branch: 'baton-agents/req-1/+two.3',
        conflicts: ['a.txt'],
        against: ['fix'],
        files: [{ path: 'a.txt' }, { path: 'c.txt' }],
      });
    }
    expect(commits(repository)).toEqual(['Fix it']);
    expect(git(repository, 'show', 'baton-agents/req-1/+two.3:a.txt')).toBe('by two\n');
  });

  it('that come to the same make one commit', async () => {
    const { repository, worktrees, order } = world();
    const [one, two] = [await worktrees.forAgent(order()), await worktrees.forAgent(order({ task: 'two' }))];
    await work(one, { 'a.txt': 'same\n' }, 'one');
    expect(await work(two, { 'a.txt': 'same\n' }, 'two')).toBeDefined();
    expect(commits(repository)).toEqual(['one']);
    expect((await worktrees.result('req-1'))?.commit).toBe(git(repository, 'rev-parse', 'baton/req-1').trim());
  });
});

describe('a check', () => {
  const broken = { command: 'make', message: 'make ended with exit code 2', tail: 'no' };

  it('sees what the branch is about to be, in a folder that is gone afterwards, and keeps what it breaks off the branch', async () => {
    const { repository, home, worktrees, order } = world();
    const [one, two] = [await worktrees.forAgent(order()), await worktrees.forAgent(order({ task: 'two' }))];
    await work(one, { 'a.txt': 'by one\n' }, 'one');
    put(two.cwd, { 'sub/b.txt': 'by two\n' });
    const seen: string[] = [];
    const held = await two.integrate('two', (folder) => {
      seen.push(readFileSync(join(folder, 'a.txt'), 'utf8') + readFileSync(join(folder, 'sub/b.txt'), 'utf8'));
      put(folder, { 'left.txt': 'behind' });
      return Promise.resolve(broken);
    });
    expect(seen).toEqual(['by one\nby two\n']);
    expect(held).toMatchObject({
      kind: 'conflict',
      conflicts: [],
      against: ['fix'],
      check: broken,
      branch: 'baton-agents/req-1/two.0',
    });
    expect([commits(repository), commits(repository, 'baton-agents/req-1/two.0')]).toEqual([['one'], ['two']]);
    expect(readdirSync(join(home, 'worktrees/req-1')).filter((name) => name.includes('check'))).toEqual([]);
    expect((await two.integrate('two', () => Promise.resolve(undefined)))?.kind).toBe('integrated');
    expect(commits(repository)).toEqual(['two', 'one']);
  });

  it('is made again where the branch moves under it, and not again once the branch has what it held for', async () => {
    const { repository, worktrees, create, order } = world();
    const tree = await worktrees.forAgent(order());
    put(tree.cwd, { 'a.txt': 'mine\n' });
    await tree.keepEnd('done');
    const tips: string[] = [];
    const look = (folder: string): Promise<undefined> => {
      tips.push(
        readdirSync(folder)
          .filter((name) => name !== '.git')
          .join(),
      );
      // Somebody else commits to the branch while the first one runs.
      if (tips.length === 1) git(repository, 'branch', 'baton/req-1', otherCommit(repository));
      return Promise.resolve(undefined);
    };
    await tree.integrate('mine', look);
    expect(tips).toEqual(['a.txt,sub', 'a.txt,other.txt,sub']);
    expect(commits(repository)).toEqual(['mine', 'other']);
    await (await create().forAgent(order())).integrate('mine', look);
    expect([tips.length, commits(repository)]).toEqual([2, ['mine', 'other']]);
  });

  it('that is given up leaves the branch where it was, and whoever comes next its turn', async () => {
    const { repository, home, worktrees, order } = world();
    const [one, two] = [await worktrees.forAgent(order()), await worktrees.forAgent(order({ task: 'two' }))];
    put(one.cwd, { 'a.txt': 'one\n\n' });
    await expect(one.integrate('one', () => Promise.reject(new Error('ended')))).rejects.toThrow('ended');
    expect(await work(two, { 'b.txt': 'b' }, 'two')).toBeDefined();
    expect(commits(repository)).toEqual(['two']);
    expect(readdirSync(join(home, 'worktrees/req-1')).filter((name) => name.includes('check'))).toEqual([]);
  });

  it('of which a crash left the folder finds a fresh one', async () => {
    const { home, worktrees, order } = world();
    const tree = await worktrees.forAgent(order());
    put(join(home, 'worktrees/req-1/fix.0.check'), { 'half.txt': 'left' });
    put(tree.cwd, { 'a.txt': 'mine\n' });
    await tree.integrate('mine', (folder) => {
      expect(existsSync(join(folder, 'half.txt'))).toBe(false);
      return Promise.resolve(undefined);
    });
  });
});

describe('the worktree of a repair', () => {
  const conflict = async () => {
    const all = world();
    const { worktrees, order } = all;
    const [one, two] = [await worktrees.forAgent(order()), await worktrees.forAgent(order({ task: 'two' }))];
    await work(one, { 'a.txt': 'by one\n' }, 'one');
    put(two.cwd, { 'a.txt': 'by two\n', 'c.txt': 'c' });
    const held = await two.integrate('two');
    const { commit, branch } = held?.kind === 'conflict' ? held : { commit: '', branch: '' };
    return { ...all, repairs: { commit, branch } };
  };

  it('is at the tip, and holds the other changes, with both versions between markers where they conflict', async () => {
    const { repository, worktrees, order, repairs } = await conflict();
    const tree = await worktrees.forAgent(order({ task: 'two-repair', repairs }));
    expect([tree.conflicts, await tree.unmended()]).toEqual([['a.txt'], ['a.txt']]);
    expect(readFileSync(join(tree.cwd, 'a.txt'), 'utf8')).toMatch(
      /^<<<<<<< .*\nby one\n=======\nby two\n>>>>>>> .*\n$/,
    );
    expect(await work(tree, { 'a.txt': 'by both\n' }, 'both')).toBeDefined();
    expect([await tree.unmended(), git(repository, 'branch', '--list', 'baton-agents/*')]).toEqual([[], '']);
    expect(commits(repository)).toEqual(['both', 'one']);
    expect(git(repository, 'show', 'baton/req-1:a.txt', 'baton/req-1:c.txt')).toBe('by both\nc');
  });

  it('says so where there is nothing to mend any more', async () => {
    const { repository, worktrees, order, repairs } = await conflict();
    await work(await worktrees.forAgent(order({ task: 'three' })), { 'a.txt': 'one\n' }, 'back');
    const tree = await worktrees.forAgent(order({ task: 'two-repair', repairs }));
    expect(tree.conflicts).toEqual([]);
    await tree.integrate('two');
    expect(git(repository, 'show', 'baton/req-1:a.txt')).toBe('by two\n');
  });
});

describe('what cannot be committed', () => {
  it('is kept as a patch that git applies', async () => {
    const { repository, worktrees, order } = world();
    const tree = await worktrees.forAgent(order());
    put(tree.cwd, { 'a.txt': 'x\n', bin: Buffer.from([0, 1, 2]).toString('latin1') });
    const patch = await tree.patch();
    const other = repositoryWith({ 'a.txt': 'one\n' });
    writeFileSync(join(other, 'changes.patch'), patch ?? '');
    git(other, 'apply', 'changes.patch');
    expect(readFileSync(join(other, 'a.txt'), 'utf8')).toBe('x\n');
    expect(git(repository, 'branch', '--list', 'baton/*')).toBe('');
  });

  it('is named where somebody else moved the branch meanwhile', async () => {
    const { repository, worktrees, order } = world();
    await work(await worktrees.forAgent(order()), { 'a.txt': '1' });
    const tree = await worktrees.forAgent(order({ task: 'second' }));
    git(repository, 'branch', '-f', 'baton/req-1', 'main');
    await expect(work(tree, { 'a.txt': '2' })).rejects.toMatchObject({ code: 'commit_failed' });
    expect(git(repository, 'rev-parse', 'baton/req-1')).toBe(git(repository, 'rev-parse', 'main'));
  });

  it('is told where the branch that later agents need was deleted', async () => {
    const { repository, worktrees, order } = world();
    await work(await worktrees.forAgent(order()), { 'a.txt': '1' });
    git(repository, 'branch', '-D', 'baton/req-1');
    await expect(worktrees.forAgent(order({ task: 'second' }))).rejects.toMatchObject({
      code: 'no_worktree',
      hint: expect.stringContaining('git branch baton/req-1 ') as string,
    });
  });
});

describe('a snapshot', () => {
  it('is there once agents have begun, is shared, and shows no ignored files', async () => {
    const { worktrees, order } = world({ '.gitignore': 'node_modules/\n', 'a.txt': 'one\n' });
    expect(await worktrees.snapshot('req-1', alive)).toBeUndefined();
    await work(await worktrees.forAgent(order()), { 'a.txt': 'agent', 'node_modules/x': '1' });
    const shots = await Promise.all([worktrees.snapshot('req-1', alive), worktrees.snapshot('req-1', alive)]);
    expect(shots[0]?.cwd).toBe(shots[1]?.cwd);
    expect(readdirSync(shots[0]?.cwd ?? '').sort()).toEqual(['.git', '.gitignore', 'a.txt']);
  });

  it('stays as it is for those who use it when the branch moves on, and is removed when nobody does', async () => {
    const { worktrees, order } = world();
    await work(await worktrees.forAgent(order()), { 'a.txt': '1' });
    const [old, same] = [await worktrees.snapshot('req-1', alive), await worktrees.snapshot('req-1', alive)];
    old?.release();
    await work(await worktrees.forAgent(order({ task: 'second' })), { 'a.txt': '2' });
    const next = await worktrees.snapshot('req-1', alive);
    expect(readFileSync(join(same?.cwd ?? '', 'a.txt'), 'utf8')).toBe('1');
    expect(readFileSync(join(next?.cwd ?? '', 'a.txt'), 'utf8')).toBe('2');
    same?.release();
    await work(await worktrees.forAgent(order({ task: 'third' })), { 'a.txt': '3' });
    await worktrees.snapshot('req-1', alive);
    expect(existsSync(same?.cwd ?? '')).toBe(false);
    expect(existsSync(next?.cwd ?? '')).toBe(true);
  });

  it('is not waited for by a task that is cancelled', async () => {
    const { worktrees, order } = world();
    await work(await worktrees.forAgent(order()), { 'a.txt': '1' });
    const stop = new AbortController();
    stop.abort('cancel');
    await expect(worktrees.snapshot('req-1', stop.signal)).rejects.toBe('cancel');
  });
});

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { collect, type Collected } from '../../src/client/clean/collect.js';
import { purge } from '../../src/client/clean/purge.js';
import { removeRequests } from '../../src/client/clean/remove.js';
import { LIMITS } from '../../src/contract/limits.js';
import { ensureHome } from '../../src/local/home.js';
import { ensureKey } from '../../src/local/key.js';
import { createRequestFiles } from '../../src/workspace/artifacts/requests.js';
import { createArtifactStore } from '../../src/workspace/artifacts/store.js';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'baton-clean-')));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const DAY_MS = 24 * 60 * 60 * 1000;
const notice = (): void => undefined;
let home: string;
beforeEach(() => {
  home = join(mkdtempSync(join(base, 'case-')), 'home');
  vi.stubEnv('BATON_HOME', home);
  for (const name of ['TEMPORAL_ADDRESS', 'TEMPORAL_CONFIG_FILE', 'TEMPORAL_PROFILE']) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', dirname(home));
  ensureHome(home);
});
afterEach(() => vi.unstubAllEnvs());

const age = (path: string, ms: number): void => utimesSync(path, (Date.now() - ms) / 1000, (Date.now() - ms) / 1000);
const store = () => createArtifactStore(join(home, 'artifacts'));
const gc = (options: { olderThan?: string; dryRun?: boolean } = {}): Promise<Collected> =>
  collect({ dryRun: false, onNotice: notice, ...options });
const rm = (...ids: string[]) => removeRequests(ids, notice);

/** An artifact, and a file of a request that refers to it. */
async function output(id: string, text: string, agoMs = 0): Promise<string> {
  const { sha256 } = await store().put('out', text);
  age(store().path(sha256), agoMs);
  await createRequestFiles(home).addRecord(id, { sha256 });
  age(join(home, 'requests', id, 'tasks.jsonl'), agoMs);
  return sha256;
}

async function finish(id: string, agoMs = 0): Promise<void> {
  age(await createRequestFiles(home).writeJson(id, 'result.json', { status: 'complete' }), agoMs);
}

/** A finished request with one artifact of its own. */
async function finished(id: string, agoMs: number): Promise<string> {
  const digest = await output(id, `output of ${id}`, agoMs);
  await finish(id, agoMs);
  return digest;
}

const kept = (): string[] => readdirSync(join(home, 'requests')).sort();

describe('rm', () => {
  it('removes a finished request with the artifacts that no other refers to', async () => {
    const own = await finished('a', 1000);
    const shared = await output('b', 'output of both', 1000);
    await output('a', 'output of both', 1000);
    await finish('a', 500);
    await finish('b', 500);
    const done = await rm('a');
    expect(done).toMatchObject({ removed: [{ requestId: 'a', history: 'left' }], artifacts: { count: 1, bytes: 11 } });
    expect([kept(), await store().has(own), await store().has(shared)]).toEqual([['b'], false, true]);
    await rm('b');
    expect([kept(), await store().has(shared)]).toEqual([[], false]);
  });

  it('leaves young artifacts alone while another request is under way, which may be about to refer to them', async () => {
    const own = await finished('a', 1000);
    await output('b', 'output of b');
    await rm('a');
    expect([kept(), await store().has(own)]).toEqual([['b'], true]);
  });

  it('leaves an artifact alone that was put again since the request ended', async () => {
    const own = await finished('a', 1000);
    await store().put('again', 'output of a');
    await rm('a');
    expect(await store().has(own)).toBe(true);
  });

  it('removes none of several where one is unknown or has no kept end', async () => {
    await finished('a', 1000);
    await output('b', 'under way');
    await expect(rm('a', 'c')).rejects.toMatchObject({ code: 'unknown_id' });
    await expect(rm('a', 'b')).rejects.toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('baton up') as string,
    });
    expect(kept()).toEqual(['a', 'b']);
  });

  it('removes its worktrees as git knows them, not as they say themselves, and leaves its branch', async () => {
    const [repository, other] = ['mine', 'other'].map((name) => join(dirname(home), name)) as [string, string];
    const git = (folder: string, ...args: string[]): string =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { encoding: 'utf8' });
    for (const folder of [repository, other]) {
      mkdirSync(folder);
      git(folder, 'init', '--quiet');
      git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'first');
    }
    const tree = join(home, 'worktrees', 'a', 'edit.1');
    git(repository, 'worktree', 'add', '--quiet', '-b', 'baton/a', tree);
    git(other, 'worktree', 'add', '--quiet', '-b', 'theirs', join(dirname(home), 'theirs'));
    await createRequestFiles(home).writeJson('a', 'branch.json', { v: 1, repository, prefix: '', branch: 'baton/a' });
    await finished('a', 1000);
    // An agent has pointed its worktree at somebody else's repository.
    writeFileSync(join(tree, '.git'), `gitdir: ${join(other, '.git', 'worktrees', 'theirs')}\n`);
    expect((await rm('a')).removed).toMatchObject([{ worktrees: 1 }]);
    expect(git(repository, 'worktree', 'list').trim().split('\n')).toHaveLength(1);
    expect(git(repository, 'branch', '--list', 'baton/a')).toContain('baton/a');
    expect(git(other, 'worktree', 'list')).toContain('theirs');
    expect(existsSync(join(dirname(home), 'theirs', '.git'))).toBe(true);
  });

  it('refuses a folder of worktrees that is a link out, and removes nothing behind it', async () => {
    const own = await finished('a', 1000);
    const outside = mkdtempSync(join(base, 'outside-'));
    mkdirSync(join(outside, 'a'));
    rmSync(join(home, 'worktrees'), { recursive: true, force: true });
    symlinkSync(outside, join(home, 'worktrees'));
    await expect(rm('a')).rejects.toMatchObject({ code: 'bad_input' });
    expect([readdirSync(outside), kept(), await store().has(own)]).toEqual([['a'], ['a'], true]);
  });

  it('finishes what a crash in the middle left', async () => {
    const own = await finished('a', 1000);
    rmSync(store().path(own));
    await rm('a');
    expect(kept()).toEqual([]);
    await expect(rm('a')).rejects.toMatchObject({ code: 'unknown_id' });
  });

  it('refuses whatever is no id, and touches nothing', async () => {
    await finished('a', 1000);
    await fc.assert(
      fc.asyncProperty(
        fc
          .oneof(fc.string(), fc.constantFrom('..', '../key', '/etc', 'a/../..', 'a\0', '.', 'a/'))
          .filter((id) => id !== 'a'),
        async (id) => {
          await expect(rm(id)).rejects.toMatchObject({ code: 'unknown_id' });
          expect(kept()).toEqual(['a']);
        },
      ),
    );
  });
});

describe('gc', () => {
  it('removes what ended more than thirty days ago, as long as the embedded server keeps it', async () => {
    expect(LIMITS.namespaceRetentionMs).toBe(30 * DAY_MS);
    const [old, young] = [await finished('old', 31 * DAY_MS), await finished('young', 29 * DAY_MS)];
    const done = await gc();
    expect(done).toMatchObject({ requests: ['old'], unfinished: 0, problems: [] });
    expect([kept(), await store().has(old), await store().has(young)]).toEqual([['young'], false, true]);
  });

  it('says with --dry-run exactly what it then frees', async () => {
    await finished('old', 8 * DAY_MS);
    await finished('other', 9 * DAY_MS);
    writeFileSync(join(home, 'logs', 'worker.log.1'), 'x'.repeat(100));
    age(join(home, 'logs', 'worker.log.1'), 8 * DAY_MS);
    mkdirSync(join(home, 'worktrees', 'gone', 'edit'), { recursive: true });
    writeFileSync(join(home, 'worktrees', 'gone', 'edit', 'file'), 'x'.repeat(10));
    age(join(home, 'worktrees', 'gone'), 8 * DAY_MS);
    const said = await gc({ olderThan: '7d', dryRun: true });
    expect(kept()).toEqual(['old', 'other']);
    const done = await gc({ olderThan: '7d' });
    expect({ ...said, before: '', dryRun: false }).toEqual({ ...done, before: '' });
    expect(done.freed).toMatchObject({
      requests: { count: 2 },
      artifacts: { count: 2 },
      logs: { count: 1, bytes: 100 },
    });
    expect(done.freed.worktrees).toEqual({ count: 1, bytes: 10 });
    expect(done.freedBytes).toBe(Object.values(done.freed).reduce((sum, { bytes }) => sum + bytes, 0));
    expect([kept(), readdirSync(join(home, 'worktrees')), readdirSync(join(home, 'logs'))]).toEqual([[], [], []]);
    expect((await gc({ olderThan: '7d' })).freedBytes).toBe(0);
  });

  it('leaves what has no kept end alone, with its artifacts, however old', async () => {
    const digest = await output('waiting', 'long ago', 400 * DAY_MS);
    expect(await gc({ olderThan: '0s' })).toMatchObject({ requests: [], unfinished: 1, freedBytes: 0 });
    expect([kept(), await store().has(digest)]).toEqual([['waiting'], true]);
  });

  it('removes artifacts that nobody refers to once they are a day old', async () => {
    const [old, young] = [await store().put('a', 'old'), await store().put('b', 'young')];
    age(store().path(old.sha256), 2 * DAY_MS);
    expect((await gc()).freed.artifacts).toEqual({ count: 1, bytes: 3 });
    expect([await store().has(old.sha256), await store().has(young.sha256)]).toEqual([false, true]);
  });

  it('keeps the newest copy of the database, and removes what killed writers left', async () => {
    for (const [name, days] of [
      ['1.28.0', 90],
      ['1.29.0', 60],
      ['1.30.0', 40],
    ] as const) {
      for (const suffix of ['', '-wal']) {
        writeFileSync(join(home, `temporal.db.before-${name}${suffix}`), 'copy');
        age(join(home, `temporal.db.before-${name}${suffix}`), days * DAY_MS);
      }
    }
    for (const name of ['key.1-a.tmp', 'run/x.tmp', 'tmp/half', 'artifacts/tmp/half', 'temporal.db.before-2.tmp']) {
      mkdirSync(dirname(join(home, name)), { recursive: true });
      writeFileSync(join(home, name), 'part');
      age(join(home, name), DAY_MS);
    }
    writeFileSync(join(home, 'tmp', 'young'), 'being written');
    const { freed } = await gc();
    expect([freed['database copies'], freed['temporary files']]).toEqual([
      { count: 4, bytes: 16 },
      { count: 5, bytes: 20 },
    ]);
    expect(readdirSync(home).filter((name) => name.includes('before'))).toEqual([
      'temporal.db.before-1.30.0',
      'temporal.db.before-1.30.0-wal',
    ]);
    expect(readdirSync(join(home, 'tmp'))).toEqual(['young']);
  });

  it('never follows a link out of the data folder', async () => {
    const outside = mkdtempSync(join(base, 'outside-'));
    writeFileSync(join(outside, 'result.json'), '{"status":"complete"}');
    age(join(outside, 'result.json'), 90 * DAY_MS);
    for (const name of ['requests/a', 'worktrees', 'tmp', 'logs/x.log.1', 'artifacts/sha256']) {
      rmSync(join(home, name), { recursive: true, force: true });
      symlinkSync(outside, join(home, name));
    }
    age(outside, 90 * DAY_MS);
    expect(await gc({ olderThan: '0s' })).toMatchObject({ freedBytes: 0, requests: [] });
    expect(readFileSync(join(outside, 'result.json'), 'utf8')).toContain('complete');
  });

  it.each(['', '30', 'yesterday', '-1d', '1w', '../..', '1d\0', '1e9d', '999999999999d'])(
    'refuses the age %j',
    async (olderThan) => {
      await finished('a', 400 * DAY_MS);
      await expect(gc({ olderThan })).rejects.toMatchObject({ code: 'bad_input', path: 'olderThan' });
      expect(kept()).toEqual(['a']);
    },
  );

  it('does the same work once where two run at the same time', async () => {
    await finished('a', 40 * DAY_MS);
    const both = await Promise.all([gc(), gc()]);
    expect(both.flatMap(({ requests }) => requests)).toEqual(['a']);
  });

  it('never takes an artifact from a request that is being written', async () => {
    await finished('old', 40 * DAY_MS);
    let isOver = false;
    const writing = (async (): Promise<string[]> => {
      const digests: string[] = [];
      for (let i = 0; i < 40; i++) {
        // The same bytes as the old request's, now and then.
        digests.push(await output('new', i % 4 === 0 ? 'output of old' : `output ${i}`));
      }
      isOver = true;
      return digests;
    })();
    while (!isOver) await gc({ olderThan: '0s' });
    for (const digest of await writing) expect(await store().has(digest)).toBe(true);
    expect(kept()).toEqual(['new']);
  });
});

describe('down --purge', () => {
  const options = { yes: false, confirm: undefined, onNotice: notice };

  it('removes all but settings, key, agents and what is not Baton’s, and says how large it was', async () => {
    const key = ensureKey(home);
    const digest = await finished('a', 1000);
    const outside = mkdtempSync(join(base, 'outside-'));
    writeFileSync(join(outside, 'precious'), '');
    symlinkSync(outside, join(home, 'worktrees'));
    for (const name of ['temporal.db', 'temporal.db-wal', 'baton.yaml', 'agents/a.md', 'notes.txt']) {
      mkdirSync(dirname(join(home, name)), { recursive: true });
      writeFileSync(join(home, name), '1234');
    }
    await expect(purge(options)).rejects.toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('baton down --purge --yes') as string,
    });
    expect(await purge({ ...options, confirm: () => Promise.resolve(false) })).toBeUndefined();
    expect(await store().has(digest)).toBe(true);
    const done = await purge({ ...options, confirm: () => Promise.resolve(true) });
    expect(done?.parts).toMatchObject({ database: 8, artifacts: 11 });
    expect(readdirSync(home).sort()).toEqual(['agents', 'baton.yaml', 'key', 'notes.txt']);
    expect([ensureKey(home), existsSync(join(outside, 'precious'))]).toEqual([key, true]);
  });

  it('is refused while a request has no end, unless it is meant', async () => {
    await output('open', 'x');
    await expect(purge({ ...options, confirm: () => Promise.resolve(true) })).rejects.toMatchObject({
      code: 'refused',
      message: 'not ended: open',
    });
    await purge({ ...options, yes: true });
    expect(existsSync(join(home, 'requests'))).toBe(false);
  });

  it('does nothing where there is no data folder', async () => {
    rmSync(home, { recursive: true });
    expect(await purge(options)).toMatchObject({ parts: {} });
    expect(existsSync(home)).toBe(false);
  });
});

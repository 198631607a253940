import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/contract/limits.js';
import { allKept, keptOf } from '../../../src/workspace/artifacts/kept.js';
import { forgetWorktrees, removeBelow, worktreesIn } from '../../../src/workspace/artifacts/removal.js';
import { createRequestFiles } from '../../../src/workspace/artifacts/requests.js';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'baton-removal-')));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let home: string;
let outside: string;
beforeEach(() => {
  const folder = mkdtempSync(join(base, 'case-'));
  home = join(folder, 'home');
  outside = join(folder, 'outside');
  for (const each of [home, outside, join(home, 'requests')]) mkdirSync(each);
  writeFileSync(join(outside, 'precious'), 'kept');
});

const isUntouched = (): boolean => readFileSync(join(outside, 'precious'), 'utf8') === 'kept';

/** What somebody may try: parts of real names, of ways out, and of names that are special somewhere. */
const hostile = fc.oneof(
  fc.string(),
  fc
    .array(fc.constantFrom('..', '.', '/', 'requests', 'outside', 'precious', '\0', '~', '', 'link', 'a'), {
      maxLength: 6,
    })
    .map((parts) => parts.join('/')),
  fc.constantFrom(...['/', '//', '/etc/passwd', '../outside', 'link/precious', 'requests/../../outside', 'a\0/../..']),
);

describe('what is removed below the data folder', () => {
  it('is a file, or a folder with all that it holds, also where folders in it are closed', async () => {
    mkdirSync(join(home, 'requests', 'a', 'closed'), { recursive: true });
    writeFileSync(join(home, 'requests', 'a', 'closed', 'file'), 'x');
    chmodSync(join(home, 'requests', 'a', 'closed'), 0o500);
    expect(await removeBelow(home, 'requests', 'a')).toBe(true);
    expect(await removeBelow(home, 'requests', 'a')).toBe(false);
    expect([readdirSync(join(home, 'requests')), readdirSync(join(home, 'tmp'))]).toEqual([[], []]);
  });

  it('is never what a link in it names', async () => {
    mkdirSync(join(home, 'requests', 'a'));
    symlinkSync(outside, join(home, 'requests', 'a', 'link'));
    expect(await removeBelow(home, 'requests', 'a')).toBe(true);
    expect(isUntouched()).toBe(true);
  });

  it('is never reached through a link that leads out', async () => {
    symlinkSync(outside, join(home, 'requests', 'link'));
    for (const parts of [['requests', 'link'], ['requests', 'link', 'precious'], ['requests/link/precious']])
      await expect(removeBelow(home, ...parts)).rejects.toMatchObject({ code: 'bad_input' });
    expect(isUntouched()).toBe(true);
  });

  it('is never outside, whatever the path', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 3 }), async (parts) => {
        mkdirSync(join(home, 'requests'), { recursive: true });
        rmSync(join(home, 'requests', 'link'), { force: true });
        symlinkSync(outside, join(home, 'requests', 'link'));
        await removeBelow(home, 'requests', ...parts).catch((error: unknown) => {
          expect(['bad_input', 'io']).toContain((error as { code?: string }).code);
        });
        expect([isUntouched(), existsSync(home)]).toEqual([true, true]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the id of a request', () => {
  it('never leads out of its folder, whatever it is', async () => {
    const files = createRequestFiles(home);
    await fc.assert(
      fc.asyncProperty(hostile, async (id) => {
        const refused = (error: unknown): void => {
          expect(error).toMatchObject({ code: 'bad_input' });
        };
        const path = await Promise.resolve()
          .then(() => files.path(id, 'result.json'))
          .catch(refused);
        if (path !== undefined) expect(path).toMatch(/\/home\/requests\/[^/]+\/result\.json$/);
        await keptOf(home, id).catch(refused);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is kept of a request', () => {
  const files = () => createRequestFiles(home);

  it('has an end once its result is there, and none while it runs again', async () => {
    await files().writeJson('Req', 'analysis.json', {});
    expect(await keptOf(home, 'Req')).toMatchObject({ id: 'Req', name: '+req', endedAt: null });
    await files().writeJson('Req', 'result.json', { status: 'complete' });
    expect((await keptOf(home, 'Req'))?.endedAt).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await files().addRecord('Req', { task: 'a' });
    expect((await keptOf(home, 'Req'))?.endedAt).toBeNull();
  });

  it.each([['running'], ['waiting'], ['paused'], [undefined]])(
    'has no end where the result says %j',
    async (status) => {
      await files().writeJson('a', 'result.json', { status });
      expect((await keptOf(home, 'a'))?.endedAt).toBeNull();
    },
  );

  it('is found without following links, and without what is no request', async () => {
    await files().writeJson('a', 'result.json', { status: 'failed' });
    await files().writeJson('x'.repeat(LIMITS.requestIdChars), 'result.json', { status: 'failed' });
    symlinkSync(outside, join(home, 'requests', 'link'));
    mkdirSync(join(home, 'requests', 'not a request'));
    const ids: string[] = [];
    for await (const { id } of allKept(home)) ids.push(id);
    expect(ids.sort()).toEqual(['a', 'x'.repeat(LIMITS.requestIdChars)]);
    expect([await keptOf(home, 'link'), await keptOf(home, 'b')]).toEqual([undefined, undefined]);
  });
});

describe('worktrees', () => {
  it('are forgotten by git, and their branches stay', async () => {
    const repository = join(home, '..', 'repository');
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        encoding: 'utf8',
      });
    mkdirSync(repository);
    git('init', '--quiet');
    git('commit', '--quiet', '--allow-empty', '-m', 'first');
    git('worktree', 'add', '--quiet', '-b', 'baton/a', join(home, 'worktrees', 'a', 'edit'));
    writeFileSync(join(home, 'worktrees', 'a', 'edit', 'new'), 'not committed');
    expect(await worktreesIn(join(home, 'worktrees', 'a'))).toEqual([join(home, 'worktrees', 'a', 'edit')]);
    await forgetWorktrees(join(home, 'worktrees', 'a'));
    expect(await worktreesIn(join(home, 'worktrees', 'a'))).toEqual([]);
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
    expect(git('branch', '--list', 'baton/a')).toContain('baton/a');
    expect(await worktreesIn(join(home, 'worktrees', 'none'))).toEqual([]);
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox, until } from './harness.js';

/** A proxy at which nobody listens, for everything: whatever asked it for an address of this machine would fail. */
const NOBODY = 'http://127.0.0.1:9';
const proxies = Object.fromEntries(
  ['http_proxy', 'https_proxy', 'all_proxy', 'grpc_proxy'].flatMap((name) => [
    [name, NOBODY],
    [name.toUpperCase(), NOBODY],
  ]),
);

let sandbox: Sandbox;
let plan: string;
beforeAll(() => {
  sandbox = new Sandbox(proxies);
  plan = sandbox.write('plan.json', {
    tasks: [{ id: 'say', command: ['sh', '-c', 'echo "$NO_PROXY|$no_proxy"'] }],
  });
});
afterAll(() => sandbox.end());

interface View {
  artifacts: { path: string }[];
}

const run = (id: string): Promise<View> => sandbox.json<View>(['run', '--plan', plan, '--id', id]);
const listed = async (): Promise<string[]> =>
  (await sandbox.json<{ requests: { requestId: string }[] }>(['list'])).requests.map(({ requestId }) => requestId);

describe('housekeeping', () => {
  it('finds server, worker and commands past a proxy, of which they are told for this machine too', async () => {
    const [first, second] = await Promise.all([run('first'), run('second')]);
    const said = readFileSync(first.artifacts[0]?.path ?? '', 'utf8')
      .trim()
      .split('|');
    for (const list of said) expect(list.split(',')).toEqual(expect.arrayContaining(['127.0.0.1', 'localhost', '::1']));
    expect(first.artifacts[0]?.path).toBe(second.artifacts[0]?.path);
  });

  it('has one server and one worker for the two terminals that started at once', () => {
    const count = (what: RegExp): number => sandbox.processes().filter((line) => what.test(line)).length;
    expect([count(/server start-dev/), count(/dist\/worker\.js/), count(/dist\/supervise\.js/)]).toEqual([1, 1, 1]);
  });

  it('removes a finished request from the list too, and what two requests made only with the last', async () => {
    const shared = (await run('first-again')).artifacts[0]?.path ?? '';
    expect(await sandbox.json(['rm', 'first', 'first-again'])).toMatchObject({
      v: 1,
      removed: [
        { requestId: 'first', history: 'deleted' },
        { requestId: 'first-again', history: 'deleted' },
      ],
    });
    await until('the end of its row', async () => (await listed()).join() === 'second');
    expect([existsSync(shared), readdirSync(join(sandbox.home, 'requests'))]).toEqual([true, ['second']]);
    expect((await sandbox.baton(['status', 'first'])).code).toBe(2);
    // Its id is free again.
    await run('first');
    const done = await sandbox.json<{ artifacts: { count: number }; freedBytes: number }>(['rm', 'first', 'second']);
    expect(done.artifacts.count).toBeGreaterThanOrEqual(1);
    expect(existsSync(shared)).toBe(false);
  });

  it('never takes a request that runs, also where its server is down', async () => {
    const wait = sandbox.write('wait.json', { tasks: [{ id: 'wait', command: ['sleep', '600'] }] });
    await sandbox.json(['run', '--plan', wait, '--id', 'under-way', '--detach']);
    await run('over');
    const gc = ['gc', '--older-than', '0s'];
    expect(await sandbox.json([...gc, '--dry-run'])).toMatchObject({ requests: ['over'], unfinished: 1, dryRun: true });
    expect(await sandbox.json(gc)).toMatchObject({ requests: ['over'], unfinished: 1 });
    await sandbox.json(['down']);
    expect(await sandbox.json(gc)).toMatchObject({ requests: [], unfinished: 1 });
    expect((await sandbox.baton(['rm', 'under-way'])).code).toBe(6);
    expect((await sandbox.baton(['down', '--purge'])).code).toBe(6);
    await sandbox.json(['cancel', 'under-way']);
    await sandbox.baton(['watch', 'under-way']);
    expect(await sandbox.json(gc)).toMatchObject({ requests: ['under-way'], unfinished: 0 });
  });

  it('removes everything with down --purge once it is confirmed', async () => {
    await run('last');
    sandbox.write('data/baton.yaml', 'maxParallel: 2\n');
    expect((await sandbox.baton(['down', '--purge'])).code).toBe(6);
    const done = await sandbox.json<{ removed: Record<string, number>; freedBytes: number }>([
      'down',
      '--purge',
      '--yes',
    ]);
    expect(done.removed['database']).toBeGreaterThan(100_000);
    expect(done.freedBytes).toBe(Object.values(done.removed).reduce((sum, bytes) => sum + bytes, 0));
    expect(readdirSync(sandbox.home).sort()).toEqual(['audit', 'baton.yaml', 'key']);
    // A supervisor gives up its lock, by which its end is known, a moment before its process is gone.
    await until('the end of all processes', () => sandbox.processes().length === 0, 5000);
    await run('last');
  });
});

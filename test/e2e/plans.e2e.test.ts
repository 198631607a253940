import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRunning, Sandbox, until, type Ended } from './harness.js';
import { decisionList, failure, requestView, submitted, type TaskOfView, type View } from './shapes.js';

const CANARY = 'canary-7d1f';

let sandbox: Sandbox;
let work: string;
beforeAll(() => {
  sandbox = new Sandbox({ CANARY_TOKEN: CANARY, LC_TIME: 'C' });
  work = sandbox.tree('work', { 'sub folder/.keep': '' });
});
afterAll(() => sandbox.end());

/** A program that notes when it ran, for as long as it is told. */
const STAMP = `
import { appendFileSync } from 'node:fs';
const [, , file, ms] = process.argv;
const begin = Date.now();
await new Promise((resolve) => setTimeout(resolve, Number(ms)));
appendFileSync(file, JSON.stringify({ task: process.env.BATON_TASK_ID, begin, end: Date.now() }) + '\\n');
`;
interface Stamp {
  task: string;
  begin: number;
  end: number;
}
const stamp = (file: string, ms: number): string[] => [
  process.execPath,
  sandbox.write('stamp.mjs', STAMP),
  join(sandbox.folder, file),
  String(ms),
];
const lines = (file: string): string[] => readFileSync(join(sandbox.folder, file), 'utf8').trimEnd().split('\n');
const stamps = (file: string): Stamp[] => lines(file).map((line) => JSON.parse(line) as Stamp);
const sh = (script: string, ...args: string[]): string[] => ['sh', '-c', script, 'sh', ...args];
/** A command that waits for a file. */
const gate = (name: string): string[] => sh('until [ -e "$1" ]; do sleep 0.1; done', join(sandbox.folder, name));
const opened = (name: string): string => sandbox.write(name, '');

let plans = 0;
const argsOf = (plan: object, ...more: string[]): string[] => {
  const file = sandbox.write(`plans/${(plans += 1)}.json`, plan);
  return ['run', '--plan', file, '--workspace', work, ...more];
};
const run = async (plan: object, code: number, ...more: string[]): Promise<View> =>
  requestView.parse(await sandbox.json(argsOf(plan, ...more), code));
const status = async (id: string): Promise<View> => requestView.parse(await sandbox.json(['status', id]));
const task = (view: View, id: string): TaskOfView => view.tasks.find((one) => one.id === id)!;
const states = (view: View): Record<string, string> =>
  Object.fromEntries(view.tasks.map((one) => [one.id, one.status]));

/** How many ran at once at most: a sweep over the beginnings. */
const mostAtOnce = (all: readonly Stamp[]): number =>
  Math.max(...all.map(({ begin }) => all.filter((other) => other.begin <= begin && begin < other.end).length));

describe('a graph of commands', () => {
  it('runs in order, as wide as allowed and no wider', async () => {
    const wide = ['a', 'b', 'c', 'd', 'e', 'f'];
    const tasks = [
      { id: 'last', command: stamp('wide', 0), dependencies: wide },
      ...wide.map((id) => ({ id, command: stamp('wide', 600), dependencies: ['first'] })),
      { id: 'first', command: stamp('wide', 100) },
    ];
    const view = await run({ maxParallel: 3, tasks }, 0, '--id', 'wide');
    const at = Object.fromEntries(stamps('wide').map((one) => [one.task, one]));
    const between = wide.map((id) => at[id]!);
    expect(mostAtOnce(between)).toBe(3);
    expect(Math.min(...between.map(({ begin }) => begin))).toBeGreaterThanOrEqual(at['first']!.end);
    expect(Math.max(...between.map(({ end }) => end))).toBeLessThanOrEqual(at['last']!.begin);
    expect(view.makespanMs).toBeGreaterThanOrEqual(1300);
    expect(view.lowerBoundMs).toBeLessThanOrEqual(view.makespanMs);
    expect(view.sequentialMs).toBe(view.tasks.reduce((sum, { durationMs }) => sum + durationMs!, 0));
    expect(task(view, 'last').dependencies.sort()).toEqual(wide);
  });

  it('is no wider than the command line says', async () => {
    const tasks = ['a', 'b', 'c'].map((id) => ({ id, command: stamp('narrow', 200) }));
    await run({ maxParallel: 3, tasks }, 0, '--max-parallel', '1');
    expect(mostAtOnce(stamps('narrow'))).toBe(1);
  });

  it('keeps what each task printed, byte by byte', async () => {
    const tasks = [
      { id: 'bytes', command: sh(String.raw`printf '\377\000\n\033[31mred'`) },
      { id: 'both', command: sh('printf out; sleep 0.2; printf err >&2') },
      { id: 'silent', command: ['true'] },
      { id: 'fails', command: sh('echo why; exit 3') },
    ];
    const view = await run({ tasks }, 3);
    const kept = Object.fromEntries(view.artifacts.map((artifact) => [artifact.name, artifact]));
    expect(Object.keys(kept).sort()).toEqual(['both.log', 'bytes.log', 'fails.log']);
    for (const { path, sha256, bytes } of view.artifacts) {
      const content = readFileSync(path);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      expect(content).toHaveLength(bytes);
    }
    expect(readFileSync(kept['bytes.log']!.path, 'latin1')).toBe('\xff\0\n\x1b[31mred');
    expect(readFileSync(kept['both.log']!.path, 'utf8')).toBe('outerr');
    expect(readFileSync(kept['fails.log']!.path, 'utf8')).toBe('why\n');
  });

  it('hands an argument over as it is written', async () => {
    const odd = ['; rm -rf /', '$(id)', '`id`', '$HOME', '*', '', ' a  b ', 'ü\n"\'', '-n', '&& exit 1'];
    const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
    const view = await run({ tasks: [{ id: 'a', command: [process.execPath, '-e', script, '--', ...odd] }] }, 0);
    expect(JSON.parse(readFileSync(view.artifacts[0]!.path, 'utf8'))).toEqual(odd);
  });

  it('runs each task in its folder, with its own variables', async () => {
    const tasks = [
      { id: 'top', command: sh('pwd -P') },
      { id: 'below', command: sh('pwd -P; printf %s "$GREETING"'), cwd: 'sub folder', env: { GREETING: 'höi $HOME' } },
    ];
    const view = await run({ tasks }, 0);
    const printed = Object.fromEntries(view.artifacts.map(({ name, path }) => [name, readFileSync(path, 'utf8')]));
    expect(printed).toEqual({ 'top.log': `${work}\n`, 'below.log': `${work}/sub folder\nhöi $HOME` });
  });

  it('gives a process its six variables and nothing of the worker but what is promised', async () => {
    const script = 'process.stdout.write(JSON.stringify(process.env))';
    const view = await run({ tasks: [{ id: 'env', command: [process.execPath, '-e', script] }] }, 0, '--id', 'my-req');
    const env = JSON.parse(readFileSync(view.artifacts[0]!.path, 'utf8')) as Record<string, string>;
    const own = Object.entries(env).filter(([name]) => name.startsWith('BATON_'));
    expect(Object.fromEntries(own)).toEqual({
      BATON_REQUEST_ID: 'my-req',
      BATON_TASK_ID: 'env',
      BATON_EPOCH: '0',
      BATON_IDEMPOTENCY_KEY: 'my-req/env/0',
      BATON_ATTEMPT: '1',
      BATON_TASK_KEY: expect.stringMatching(/^[\x21-\x7e]+$/) as string,
    });
    const promised = /^(BATON_.*|PATH|HOME|LANG|LC_.*|TERM|TMPDIR|(HTTPS?|NO|ALL|FTP)_PROXY)$/i;
    // The system's own addition to every process of macOS.
    const others = Object.keys(env).filter((name) => !promised.test(name) && name !== '__CF_USER_TEXT_ENCODING');
    expect(others).toEqual([]);
    expect(JSON.stringify(env)).not.toContain(CANARY);
    expect(env['LC_TIME']).toBe('C');
    // The canary was there to be seen: the pair was started with it.
    const { pid } = JSON.parse(readFileSync(join(sandbox.home, 'run/worker.json'), 'utf8')) as { pid: number };
    if (existsSync(`/proc/${pid}/environ`)) expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain(CANARY);
  });
});

describe("a command's exit code is its result", () => {
  const ok = { id: 'ok', command: ['true'] };
  const bad = { id: 'bad', command: ['sh', '-c', 'exit 7'] };

  it('complete: run, watch and status of it end with 0', async () => {
    const view = await run({ tasks: [ok] }, 0, '--id', 'good');
    expect(view).toMatchObject({ status: 'complete', state: 'IDLE', result: null });
    expect((await sandbox.baton(['watch', 'good'])).code).toBe(0);
    expect(await status('good')).toEqual(view);
  });

  it('partial: a failure skips what depends on it, other branches go on, the end is 3', async () => {
    const tasks = [
      bad,
      { id: 'after', command: ['touch', 'after'], dependencies: ['bad'] },
      { id: 'far', command: ['touch', 'far'], dependencies: ['after', 'other'] },
      { id: 'other', command: ['sleep', '0.3'], dependencies: ['ok'] },
      ok,
    ];
    const view = await run({ tasks }, 3, '--id', 'half');
    expect(view.status).toBe('partial');
    expect(states(view)).toEqual({
      ok: 'completed',
      bad: 'failed',
      after: 'skipped',
      far: 'skipped',
      other: 'completed',
    });
    expect(task(view, 'bad')).toMatchObject({ attempts: 1, error: { code: 'command_failed', exitCode: 7 } });
    expect(task(view, 'after')).toMatchObject({ attempts: 0, startedAt: null, durationMs: null });
    expect(existsSync(join(work, 'after')) || existsSync(join(work, 'far'))).toBe(false);
    expect((await sandbox.baton(['watch', 'half'])).code).toBe(3);
    expect((await sandbox.baton(['status', 'half'])).code).toBe(0);
  });

  it('failed: the end is 1, for a program that is missing too', async () => {
    const view = await run({ tasks: [bad, { id: 'none', command: ['no-such-program-7d1f'] }] }, 1, '--id', 'bad');
    expect(view.status).toBe('failed');
    expect(task(view, 'none')).toMatchObject({ status: 'failed', error: { code: 'command_not_started' } });
    expect((await sandbox.baton(['watch', 'bad'])).code).toBe(1);
  });

  it('is asked again as often as the plan says, with the same key', async () => {
    const script = 'echo "$BATON_ATTEMPT $BATON_IDEMPOTENCY_KEY" >> "$1"; [ "$BATON_ATTEMPT" -ge 2 ]';
    const tasks = [
      { id: 'flaky', command: sh(script, join(sandbox.folder, 'flaky')), retries: 1 },
      { id: 'hopeless', command: sh(`echo x >> "$1"; exit 1`, join(sandbox.folder, 'hopeless')), retries: 1 },
    ];
    const view = await run({ tasks }, 3, '--id', 'again');
    expect(task(view, 'flaky')).toMatchObject({ status: 'completed', attempts: 2 });
    expect(task(view, 'hopeless')).toMatchObject({ status: 'failed', attempts: 2 });
    expect(lines('flaky')).toEqual(['1 again/flaky/0', '2 again/flaky/0']);
    expect(lines('hopeless')).toEqual(['x', 'x']);
  });

  it('counts for nothing once the time limit has ended it', async () => {
    const script = 'trap "exit 0" TERM; echo $$ > "$1"; while :; do sleep 0.1; done';
    const view = await run(
      { tasks: [{ id: 'slow', timeLimit: '700ms', command: sh(script, join(sandbox.folder, 'slow.pid')) }] },
      1,
    );
    expect(task(view, 'slow')).toMatchObject({ status: 'failed', error: { code: 'time_limit' } });
    expect(task(view, 'slow').durationMs).toBeLessThan(10_000);
    expect(isRunning(Number(lines('slow.pid')[0]))).toBe(false);
  });

  it('stops the rest where the plan says onFailure: stop', async () => {
    const tasks = [bad, { id: 'next', command: ['touch', 'next'] }, { id: 'last', command: ['touch', 'next'] }];
    const going = await run({ maxParallel: 1, tasks }, 3);
    expect(states(going)).toEqual({ bad: 'failed', next: 'completed', last: 'completed' });
    const stopped = await run({ maxParallel: 1, onFailure: 'stop', tasks }, 1);
    expect(stopped.status).toBe('failed');
    expect(states(stopped)).toMatchObject({ bad: 'failed', next: 'skipped', last: 'skipped' });
  });
});

describe('a decision task', () => {
  const plan = (more: object = {}): object => ({
    tasks: [
      { id: 'ask', decision: { question: 'Deploy it?', ...more } },
      { id: 'deploy', command: ['true'], dependencies: ['ask'] },
      { id: 'besides', command: ['true'] },
    ],
  });

  it('is approved by --yes, in the name of the user', async () => {
    const view = await run(plan(), 0, '--yes');
    expect(states(view)).toEqual({ ask: 'completed', deploy: 'completed', besides: 'completed' });
    expect(view.decisions).toMatchObject([{ state: 'answered', answer: { choice: 'approve', via: 'yes' } }]);
  });

  it('over criticality .8 is not approved by --yes', async () => {
    const tasks = [{ id: 'ask', criticality: 0.9, decision: { question: 'Really?' } }];
    const view = await run({ tasks }, 4, '--yes', '--no-wait', '--id', 'critical');
    expect(view.decisions).toMatchObject([{ state: 'open', urgency: 'high', answer: null }]);
    await sandbox.json(['cancel', 'critical']);
  });

  it('waits: run --no-wait ends with 4, decide answers it once, and an opposite answer is refused', async () => {
    const waiting = await run(plan(), 4, '--no-wait', '--id', 'wait');
    expect(waiting.status).toBe('waiting');
    expect(states(waiting)).toMatchObject({ ask: 'waiting', deploy: 'pending', besides: 'completed' });
    expect((await sandbox.baton(['watch', 'wait', '--no-wait'])).code).toBe(4);
    const { decisions } = decisionList.parse(await sandbox.json(['decisions']));
    expect(decisions).toMatchObject([
      { id: 'wait/d1', state: 'open', question: 'Deploy it?', options: ['approve', 'reject'] },
    ]);
    const decide = (choice: string, ...more: string[]): Promise<Ended> =>
      sandbox.baton(['decide', 'wait/d1', choice, ...more]);
    expect((await decide('perhaps')).code).toBe(2);
    expect((await decide('approve', '--comment', 'go on')).code).toBe(0);
    expect((await decide('approve', '--comment', 'go on')).code).toBe(0);
    const opposite = await decide('reject');
    expect(opposite.code).toBe(6);
    expect(opposite.stderr).toContain('baton status wait');
    expect((await sandbox.baton(['watch', 'wait'])).code).toBe(0);
    const view = await status('wait');
    expect(states(view)).toEqual({ ask: 'completed', deploy: 'completed', besides: 'completed' });
    expect(view.decisions[0]?.answer).toMatchObject({ choice: 'approve', comment: 'go on', via: 'command' });
  });

  it('with the answer reject skips what depends on it, by choice: the outcome is complete', async () => {
    const follower = sandbox.start(argsOf(plan(), '--id', 'reject'));
    await until('the question', () => follower.printed.stdout.includes('baton decide reject/d1'));
    await sandbox.json(['decide', 'reject/d1', 'reject']);
    expect((await follower.ended).code).toBe(0);
    expect(states(await status('reject'))).toEqual({ ask: 'completed', deploy: 'skipped', besides: 'completed' });
  });

  it('takes its otherwise at the deadline', async () => {
    const view = await run(plan({ deadline: '1s', otherwise: 'reject' }), 0);
    expect(states(view)).toMatchObject({ ask: 'completed', deploy: 'skipped' });
    expect(view.decisions).toMatchObject([{ state: 'expired', answer: { choice: 'reject', via: 'deadline' } }]);
  });

  it('stands before a text for the shell', async () => {
    const view = await run({ tasks: [{ id: 'a', command: 'touch shell' }] }, 4, '--no-wait', '--id', 'shell');
    expect(view.decisions).toMatchObject([{ kind: 'plan', state: 'open' }]);
    await sandbox.json(['decide', 'shell/d1', 'reject']);
    expect((await sandbox.baton(['watch', 'shell'])).code).toBe(1);
    expect(existsSync(join(work, 'shell'))).toBe(false);
  });
});

describe('looking at a request', () => {
  const events = (text: string): Record<string, unknown>[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('--detach gives the plan and leaves the request running; watch --json is one event a line', async () => {
    const tasks = [{ id: 'a', command: gate('open-detached') }];
    const accepted = submitted.parse(await sandbox.json(argsOf({ tasks }, '--id', 'detached', '--detach')));
    expect(accepted).toMatchObject({ requestId: 'detached', status: 'running', needsApproval: false });
    expect(await status('detached')).toMatchObject({ status: 'running', report: null, tasks: [{ finishedAt: null }] });
    expect(failure.parse(await sandbox.json(['report', 'detached'], 6)).error.code).toBe('refused');
    const watching = sandbox.start(['watch', 'detached', '--json']);
    await until('an event', () => watching.printed.stdout.includes('\n'));
    opened('open-detached');
    const { code, stdout } = await watching.ended;
    expect(code).toBe(0);
    const all = events(stdout);
    expect(all.length).toBeGreaterThanOrEqual(2);
    expect(all.map(({ v, event }) => [v, event]).at(0)).toEqual([1, 'progress']);
    expect(new Set(all.slice(0, -1).map(({ event }) => event))).toEqual(new Set(['progress']));
    expect(all.at(-1)?.['event']).toBe('end');
    expect(requestView.parse(all.at(-1)?.['request'])).toEqual(await status('detached'));
  });

  it('list has it, newest first, and report prints what run wrote', async () => {
    await run({ name: 'newest', tasks: [{ id: 'only', command: sh('exit 4') }] }, 1, '--id', 'newest');
    const { requests } = await sandbox.json<{ requests: { requestId: string; startedAt: string }[] }>(['list']);
    expect(requests[0]).toMatchObject({
      requestId: 'newest',
      description: 'newest',
      finishedAt: expect.any(String) as string,
    });
    expect(requests.map(({ startedAt }) => startedAt)).toEqual(
      requests
        .map(({ startedAt }) => startedAt)
        .sort()
        .reverse(),
    );
    const { report } = await status('newest');
    const [markdown, json] = [await sandbox.baton(['report', 'newest']), await sandbox.json(['report', 'newest'])];
    expect(markdown.stdout).toBe(readFileSync(report!.markdown, 'utf8'));
    expect(markdown.stdout).toMatch(/only[^]*4/);
    expect(json).toEqual(JSON.parse(readFileSync(report!.json, 'utf8')));
    expect(json).toMatchObject({ requestId: 'newest', status: 'failed', request: await status('newest') });
  });

  it('an id is used once', async () => {
    const again = argsOf({ tasks: [{ id: 'a', command: ['touch', 'again'] }] }, '--id', 'newest');
    const ended = await sandbox.baton(again);
    expect(ended.code).toBe(6);
    expect(ended.stderr).toMatch(/exists already[^]*baton status newest/);
    expect(existsSync(join(work, 'again'))).toBe(false);
  });

  it('without a terminal, or with NO_COLOR, gives plain lines', async () => {
    const noisy = argsOf(
      { tasks: [{ id: 'a', title: 'red \x1b[31m', command: sh(`printf '\\033[31mred'; exit 1`) }] },
      '--id',
      'plain',
    );
    const said = [await sandbox.baton(noisy), await sandbox.baton(['status', 'plain'], { env: { NO_COLOR: '1' } })];
    for (const args of [['list'], ['watch', 'plain'], ['report', 'plain'], ['plan', '--plan', noisy[2]!], ['doctor']])
      said.push(await sandbox.baton(args));
    expect(said[0]!.code).toBe(1);
    expect(said.map(({ stdout }) => stdout !== '')).toEqual(said.map(() => true));
    // eslint-disable-next-line no-control-regex
    expect(said.filter(({ stdout, stderr }) => /[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(stdout + stderr))).toEqual([]);
  });
});

describe('who stops following', () => {
  const two = (name: string): object => ({
    tasks: [
      { id: 'first', command: gate(`${name}-1`) },
      { id: 'second', command: gate(`${name}-2`), dependencies: ['first'] },
    ],
  });

  it('by a closed pipe leaves the request running', async () => {
    const piped = sandbox.piped(argsOf(two('pipe'), '--id', 'pipe'), 'head -1');
    await until('the first line', () => piped.printed.stdout.endsWith('\n'));
    opened('pipe-1');
    expect((await piped.ended).stdout.split('\n')).toHaveLength(2);
    expect(await status('pipe')).toMatchObject({ status: 'running' });
    opened('pipe-2');
    expect((await sandbox.baton(['watch', 'pipe'])).code).toBe(0);
  });

  it('by Ctrl-C ends with 130, is told how to watch and cancel, and leaves the request running', async () => {
    const follower = sandbox.start(argsOf(two('int'), '--id', 'int'));
    await until('progress', () => follower.printed.stdout.includes('first'));
    follower.child.kill('SIGINT');
    const { code, stderr } = await follower.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/baton watch int[^]*baton cancel int/);
    expect(await status('int')).toMatchObject({ status: 'running' });
    opened('int-1');
    opened('int-2');
    expect((await sandbox.baton(['watch', 'int'])).code).toBe(0);
  });
});

describe('baton cancel', () => {
  /** Starts a child, a grandchild, a daemon in a session of its own, and one that ignores TERM; notes their numbers. */
  const TREE = `
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
const file = process.argv[2];
const note = (pid) => appendFileSync(file, pid + '\\n');
note(process.pid);
note(spawn('sleep', ['600'], { stdio: 'ignore' }).pid);
const shell = (script, options) => spawn('sh', ['-c', script, 'sh', file], { stdio: 'ignore', ...options });
shell('sleep 600 & echo $! >> "$1"; echo $$ >> "$1"; wait');
shell('echo $$ >> "$1"; exec sleep 600', { detached: true }).unref();
shell('trap "" TERM HUP INT; echo $$ >> "$1"; while :; do sleep 0.2; done');
process.on('SIGTERM', () => {});
setInterval(() => {}, 1000);
`;
  const GONE_MS = 3000;

  it('ends the whole process tree within three seconds; the follower ends with 1', async () => {
    const file = join(sandbox.folder, 'tree');
    const tasks = [
      { id: 'tree', command: [process.execPath, sandbox.write('tree.mjs', TREE), file] },
      { id: 'after', command: ['true'], dependencies: ['tree'] },
    ];
    const follower = sandbox.start(argsOf({ tasks }, '--id', 'cancelled'));
    const pids = await until('the tree', () => {
      const found = existsSync(file) ? lines('tree').map(Number) : [];
      return found.length === 6 && found.every(isRunning) ? found : undefined;
    });
    const ended = await sandbox.baton(['cancel', 'cancelled']);
    expect(ended.code).toBe(0);
    await until('the end of the tree', () => !pids!.some(isRunning), GONE_MS);
    expect((await follower.ended).code).toBe(1);
    const view = await status('cancelled');
    expect(view.status).toBe('cancelled');
    expect(states(view)).toEqual({ tree: 'cancelled', after: 'cancelled' });
    const late = await sandbox.baton(['cancel', 'cancelled']);
    expect(late.code).toBe(6);
    expect(late.stderr).toContain('baton status cancelled');
  });
});

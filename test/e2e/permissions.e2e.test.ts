import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestView } from '../../src/contract/view.js';
import { crash, Installation, until } from './crash.js';
import { temporalSide } from './temporal.js';

let place: Installation;
let repository: string;
beforeAll(() => {
  place = new Installation();
  repository = place.workspace;
  writeFileSync(join(repository, 'a.txt'), 'one\n');
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com', 'commit', '--quiet', '--message=files');
  agent('writer', 'echo text > notes.md; echo hacked > a.txt; echo I wrote it', 'mode: architect');
  agent('builder', 'mkdir -p .github/workflows; echo ci > .github/workflows/ci.yml; echo two > a.txt; echo Built');
  agent('idler', 'echo All is well');
});
afterAll(() => place.end());

const git = (...args: string[]): string => execFileSync('git', args, { cwd: repository, encoding: 'utf8' });

/** An agent of the user's that is a shell script. */
function agent(name: string, script: string, more = ''): void {
  mkdirSync(join(place.home, 'agents'), { recursive: true });
  const front = ['---', `name: ${name}`, `description: It is ${name}.`, 'runtime: command', ...(more ? [more] : [])];
  const text = [...front, `command: ${JSON.stringify(['sh', '-c', script])}`, '---', `You are ${name}.`];
  writeFileSync(join(place.home, 'agents', `${name}.md`), text.join('\n'));
}

const fix = (name: string, more: object = {}): object => ({ id: 'fix', agent: name, prompt: 'Mend a.txt.', ...more });
const artifact = (view: RequestView, name: string): string =>
  readFileSync(view.artifacts.find((found) => found.name === name)?.path ?? '', 'utf8');

const running = (plan: string, id: string): string[] => ['run', '--plan', plan, '--workspace', repository, '--id', id];

async function ended(id: string, ...tasks: object[]): Promise<RequestView> {
  await place.submit(id, place.plan(id, { tasks }));
  return place.ended(id);
}

describe('an agent', () => {
  it('that writes outside of its mode is undone and reported, and what it was allowed is kept', async () => {
    const view = await ended('outside', fix('writer'));
    expect(view).toMatchObject({ status: 'failed', result: null });
    expect(view.tasks[0]?.error).toMatchObject({
      code: 'mode_violation',
      message: expect.stringContaining('a.txt (not writable in mode architect)') as string,
    });
    expect(artifact(view, 'fix.refused.patch')).toContain('+hacked');
    expect(artifact(view, 'fix.changes.patch')).toMatch(/^(?![^]*hacked)[^]*notes\.md/);
    expect((await place.baton('report', 'outside')).stdout).toMatch(
      /It changed what it may not; that was undone:\n\n- `a\.txt`: not writable in mode architect/,
    );
    expect(git('branch', '--list', 'baton/*')).toBe('');
  });

  it('that says that it is done and changed nothing fails its task, unless nothing was to be changed', async () => {
    const tasks = [fix('idler'), { ...fix('idler', { mode: 'ask' }), id: 'ask' }];
    const view = await ended('idle', ...tasks);
    expect(view.tasks.map(({ status, error }) => [status, error?.code])).toEqual([
      ['failed', 'no_effect'],
      ['completed', undefined],
    ]);
  });

  it('of a mode that there is not is refused before anything runs, with the modes that there are', async () => {
    const plan = place.plan('unknown', { tasks: [fix('idler', { mode: 'nowhere' })] });
    const run = await place.baton('run', '--plan', plan, '--workspace', repository, '--id', 'unknown');
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no mode "nowhere"') as string });
    expect(run.stderr).toContain('ask, architect, code, debug, review, orchestrate');
  });

  it('that changes a protected file waits for a person, whatever --yes says; approved by a signal, the change is on the branch', async () => {
    const plan = place.plan('asked', { tasks: [fix('builder')] });
    const run = await place.baton(...running(plan, 'asked'), '--yes', '--no-wait');
    expect(run).toMatchObject({ code: 4, stdout: expect.stringContaining('.github/workflows/ci.yml: new') as string });
    expect(git('branch', '--list', 'baton/asked')).toBe('');
    const [decision] = (await place.status('asked')).decisions;
    expect(decision).toMatchObject({ kind: 'permission', state: 'open', task: 'fix', onDeadline: 'reject' });
    await temporalSide(() => place).signal('asked', 'decide', {
      decisionId: 'd1',
      choice: 'approve',
      digest: decision?.subject.digest,
    });
    expect(await place.ended('asked')).toMatchObject({ status: 'complete', result: { branch: 'baton/asked' } });
    expect(git('show', 'baton/asked:.github/workflows/ci.yml')).toBe('ci\n');
  });

  it('has a protected file undone where a person rejects it, and the rest is on the branch', async () => {
    const plan = place.plan('rejected', { tasks: [fix('builder')] });
    await place.baton(...running(plan, 'rejected'), '--no-wait');
    await place.json(['decide', 'rejected/d1', 'reject']);
    expect(await place.ended('rejected')).toMatchObject({ status: 'complete' });
    expect(git('diff', '--name-only', 'main', 'baton/rejected')).toBe('a.txt\n');
    expect((await place.baton('report', 'rejected')).stdout).toContain('a protected file; a person said no');
  });
});

describe('baton audit', () => {
  interface Told {
    entries: { n: number; event: string; by: string; via: string; data: Record<string, unknown> }[];
    verified?: boolean;
    flaws?: { line: number; why: string }[];
  }
  const log = (): string => join(place.home, 'audit/asked.jsonl');

  it('says who decided what, by which way, and what an agent changed without leave', async () => {
    const { entries } = await place.json<Told>(['audit', 'asked']);
    expect(entries.map(({ event }) => event)).toEqual(['request.planned', 'decision.raised', 'decision.answered']);
    expect(entries[0]).toMatchObject({ by: 'user', via: 'client', data: { agents: { builder: 'code' } } });
    expect(entries[2]).toMatchObject({ via: 'signal', data: { decision: 'd1', choice: 'approve', task: 'fix' } });
    const { entries: outside } = await place.json<Told>(['audit', 'outside']);
    expect(outside.at(-1)).toMatchObject({
      event: 'mode.violated',
      by: 'writer',
      data: { files: [{ path: 'a.txt' }] },
    });
    expect((await place.baton('audit', 'asked')).stdout).toMatch(
      /decision\.answered +unnamed +signal +d1 approve permission fix/,
    );
  });

  it('finds an answer that was changed, and a line that was taken out, and says where', async () => {
    const whole = await place.baton('audit', 'asked', '--verify');
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining('3 entries: whole') as string });
    const text = readFileSync(log(), 'utf8');
    try {
      writeFileSync(log(), text.replace('"choice":"approve"', '"choice":"reject"'));
      const changed = await place.baton('audit', 'asked', '--verify');
      expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining('line 3: it was changed') as string });
      writeFileSync(
        log(),
        text
          .split('\n')
          .filter((_, at) => at !== 1)
          .join('\n'),
      );
      const removed = JSON.parse((await place.baton('audit', 'asked', '--verify', '--json')).stdout) as Told;
      expect(removed).toMatchObject({ verified: false, flaws: [{ line: 2 }, { line: 3 }] });
    } finally {
      writeFileSync(log(), text);
    }
  });

  it('knows when the configuration changed, and no request that there was not', async () => {
    const before = await place.json<Told>(['audit']);
    expect(before.entries[0]).toMatchObject({ event: 'configuration.changed', via: 'baton.yaml' });
    writeFileSync(join(place.home, 'baton.yaml'), 'maxParallel: 3\n');
    await ended('configured', fix('idler', { mode: 'ask' }));
    const { entries, verified } = await place.json<Told>(['audit', '--verify']);
    expect(entries.at(-1)?.data).toMatchObject({ workspace: null, changed: ['maxParallel'] });
    expect(verified).toBe(true);
    expect((await place.baton('audit', 'never')).code).toBe(2);
  });
});

describe('a policy', () => {
  const rules = (then: string): void =>
    writeFileSync(
      join(place.home, 'baton.yaml'),
      `policies: [{name: frozen, on: task, when: {type: deployment}, then: ${then}, who: [ann]}]\n`,
    );
  const deploy = { id: 'ship', type: 'deployment', command: ['true'] };

  it('that denies a task refuses the plan before anything runs', async () => {
    rules('deny');
    const run = await place.baton(...running(place.plan('denied', { tasks: [deploy] }), 'denied'));
    expect(run).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('policy frozen denies tasks[0] (ship)') as string,
    });
    expect((await place.baton('status', 'denied')).code).toBe(2);
  });

  it('that requires a decision has it waited for, whatever --yes says, and is in the audit log', async () => {
    rules('require');
    const run = await place.baton(
      ...running(place.plan('required', { tasks: [deploy] }), 'required'),
      '--yes',
      '--no-wait',
    );
    expect(run).toMatchObject({ code: 4, stdout: expect.stringContaining('policy frozen: ship; for ann') as string });
    await place.json(['decide', 'required/d1', 'approve']);
    expect(await place.ended('required')).toMatchObject({ status: 'complete' });
    expect((await place.baton('audit', 'required')).stdout).toContain('policy.applied');
  });
});

it('an effect that must not happen twice does not, though its worker dies: a person says whether it is done again', async () => {
  const mails = join(place.folder, 'mails');
  const script = `echo sent >> ${mails}; [ $(wc -l < ${mails}) -gt 1 ] || sleep 60`;
  const plan = place.plan('once', { tasks: [{ id: 'mail', command: ['sh', '-c', script], once: true }] });
  await place.submit('once', plan);
  await until('the mail', () => Promise.resolve(existsSync(mails)));
  crash([place.record('worker')]);
  await until('the question', async () => (await place.status('once')).decisions.length === 1);
  expect(readFileSync(mails, 'utf8')).toBe('sent\n');
  expect((await place.baton('decide', 'once/d1', 'approve')).code).toBe(0);
  expect(await place.ended('once')).toMatchObject({ status: 'complete', tasks: [{ id: 'mail', attempts: 2 }] });
  expect(readFileSync(mails, 'utf8')).toBe('sent\nsent\n');
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { DecisionView } from '../../src/contract/view.js';
import { resolveCache } from '../../src/local/home.js';
import { call, say, scriptedMessages, textOf, type MessagesApi } from '../agents/runtimes/messages-api.js';
import { claudeFolder } from '../agents/runtimes/real-claude.js';
import { crash, Installation, lives, until, type Known } from './crash.js';

const claude = claudeFolder();
const title = 'reason' in claude ? `Claude Code (left out: ${claude.reason})` : 'Claude Code';

let place: Installation;
let api: MessagesApi;

/** The tests take their answers from one script, in this order: the worker has one address of the API. */
beforeAll(async () => {
  if ('reason' in claude) return;
  const environment: Record<string, string> = {};
  place = new Installation(environment);
  const tree = (request: string): string => join(place.home, 'worktrees', request, 'fix.0');
  const greeting = join(tree('edit'), 'greeting.txt');
  api = await scriptedMessages([
    call('Read', { file_path: greeting }),
    call('Edit', { file_path: greeting, old_string: 'hello', new_string: 'good day' }),
    say('It greets politely.'),
    call('Bash', { command: 'setsid sleep 301 & sleep 302' }),
    call('Write', { file_path: join(tree('kill'), 'half.txt'), content: 'half' }, 'First half.'),
    call('Bash', { command: 'setsid sleep 303 & sleep 304' }),
    say('Finished.'),
    call('Bash', { command: 'echo by leave > leave.txt' }, 'I need leave.'),
    call('Bash', { command: 'echo by leave > leave.txt' }),
    call('Bash', { command: 'rm -rf .' }),
    say('Done with leave.'),
  ]);
  const [user, nowhere] = [join(place.folder, 'user'), 'http://127.0.0.1:9'];
  mkdirSync(join(user, '.claude'), { recursive: true });
  Object.assign(environment, {
    PATH: `${claude.folder}:${process.env['PATH'] ?? ''}`,
    HOME: user,
    XDG_CACHE_HOME: dirname(resolveCache()),
    ANTHROPIC_BASE_URL: api.url,
    ANTHROPIC_API_KEY: 'sk-made-up-for-tests-0123456789',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    NO_PROXY: '127.0.0.1,localhost',
  });
  mkdirSync(join(place.home, 'agents'), { recursive: true });
  const front = ['---', 'name: coder', 'description: Writes code.', 'tools: Read, Edit, Write, Bash', '---'];
  writeFileSync(join(place.home, 'agents', 'coder.md'), [...front, 'You write code.'].join('\n'));
  const careful = ['---', 'name: careful', 'description: Asks.', 'tools: Edit, Bash(git status)', '---'];
  writeFileSync(join(place.home, 'agents', 'careful.md'), [...careful, 'You ask first.'].join('\n'));
  writeFileSync(join(place.home, 'baton.yaml'), 'permissionWait: 2s\nsandbox: installed\n');
  writeFileSync(join(place.workspace, 'greeting.txt'), 'hello\n');
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com', 'commit', '--quiet', '--message=files');
});
afterAll(async () => {
  await api?.close();
  await place?.end();
});

const git = (...args: string[]): string => execFileSync('git', args, { cwd: place.workspace, encoding: 'utf8' });
const fix = { id: 'fix', title: 'Greet politely', kind: 'agent', agent: 'coder', prompt: 'Make the greeting polite.' };

/** Waits until a tool of the agent runs, and gives all processes of the request. */
const runningTool = (request: string, command: string): Promise<Known[]> =>
  until(`${command} of ${request}`, () => {
    const found = place.processesOf(request);
    return found.some(({ pid }) => commandOf(pid) === command) ? found : undefined;
  });

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return '';
  }
}

describe.skipIf('reason' in claude)(title, () => {
  it('edits a file as one task of a plan; the branch has the edit, and the report its cost', async () => {
    const check = { id: 'check', command: ['cat', 'greeting.txt'], dependencies: ['fix'] };
    const plan = place.plan('edit', { tasks: [fix, check] });
    const ended = await place.baton('run', '--plan', plan, '--workspace', place.workspace, '--id', 'edit');
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('git diff HEAD...baton/edit') as string });
    expect(git('show', 'baton/edit:greeting.txt')).toBe('good day\n');
    expect(git('status', '--porcelain')).toBe('');
    const view = await place.status('edit');
    expect(view.result).toEqual({ branch: 'baton/edit', commit: git('rev-parse', 'baton/edit').trim() });
    expect(view.cost).toMatchObject({ inputTokens: 1500, outputTokens: 150 });
    expect(view.cost.usd).toBeGreaterThan(0);
    const { stdout: report } = await place.baton('report', 'edit');
    expect(report).toContain('It greets politely.');
  });

  it('is ended by a cancel with its whole process tree, within 3 s', async () => {
    await place.submit('stop', place.plan('stop', { tasks: [fix] }));
    await runningTool('stop', 'sleep 302');
    await place.json(['cancel', 'stop']);
    const accepted = Date.now();
    await until('the end of its processes', () => place.processesOf('stop').length === 0, 10_000);
    expect(Date.now() - accepted).toBeLessThan(3000);
    expect(await place.ended('stop')).toMatchObject({ status: 'cancelled', result: null });
  });

  it('leaves no process 2 s after its worker was killed, and the next attempt goes on with its session and its edits', async () => {
    await place.submit('kill', place.plan('kill', { tasks: [fix] }));
    const running = await runningTool('kill', 'sleep 304');
    // The session is in a heartbeat within a second.
    await sleep(2000);
    const before = api.requests.length;
    const worker = place.record('worker');
    crash([worker]);
    const died = Date.now();
    await place.another('worker', worker);
    await sleep(Math.max(0, died + 2000 - Date.now()));
    expect(running.filter(lives)).toEqual([]);
    const view = await place.ended('kill');
    expect(view).toMatchObject({ status: 'complete', tasks: [{ status: 'completed', attempts: 1 }] });
    const [resumed] = api.requests.slice(before);
    expect(textOf(resumed!)).toMatch(/Make the greeting polite.*First half.*You were interrupted/s);
    expect(git('show', 'baton/kill:half.txt')).toBe('half');
  });

  it('asks for leave, is parked, survives a kill of everything, and goes on with an answer from Temporal’s command line', async () => {
    const plan = place.plan('leave', { tasks: [{ ...fix, agent: 'careful' }] });
    await place.submit('leave', plan);
    const [asked] = await until('the question', async () => {
      const { decisions } = await place.json<{ decisions: DecisionView[] }>(['decisions', 'leave']);
      return decisions.length > 0 ? decisions : undefined;
    });
    expect(asked).toMatchObject({
      id: 'leave/d1',
      kind: 'permission',
      question: 'The agent of fix asks for leave to use Bash. May it?',
      context: { tool: 'Bash', command: 'echo by leave > leave.txt' },
      options: ['approve', 'reject'],
    });
    await until('that it is parked', async () => (await place.status('leave')).tasks[0]?.status === 'waiting');
    expect(place.processesOf('leave')).toEqual([]);
    crash([place.record('worker'), place.record('server'), await place.supervisor()]);
    const up = place.start(['up']);
    await until('a new pair', () => place.find('server') && place.find('worker')?.state === 'ready');
    const before = api.requests.length;
    const answer = JSON.stringify({ decisionId: 'd1', choice: 'approve' });
    const args = ['workflow', 'signal', '--workflow-id', 'leave', '--name', 'decide', '--input', answer];
    await until('the answer', async () => (await place.temporal(inject('serverBinary'), ...args)).code === 0);
    const second = await until('the second question', async () => {
      const { decisions } = await place.json<{ decisions: DecisionView[] }>(['decisions', 'leave']);
      return decisions.find(({ state, context }) => state === 'open' && context['command'] === 'rm -rf .');
    });
    await place.json(['decide', second.id, 'reject', '--comment', 'never that']);
    const view = await place.ended('leave');
    expect(view).toMatchObject({ status: 'complete', tasks: [{ status: 'completed' }] });
    expect(git('show', 'baton/leave:leave.txt')).toBe('by leave\n');
    expect(textOf(api.requests[before]!)).toMatch(/Make the greeting polite.*I need leave.*A person has allowed/s);
    expect(textOf(api.requests.at(-1)!)).toContain('never that');
    expect([api.faults, api.left()]).toEqual([[], 0]);
    up.kill('SIGTERM');
    await up.answer;
  });
});

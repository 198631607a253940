import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveCache } from '../../src/local/home.js';
import { addFile, configureCodex, pathWithoutBubblewrap } from '../agents/runtimes/codex.js';
import { cliFolder } from '../agents/runtimes/real-cli.js';
import { scriptedResponses, type ResponsesApi } from '../agents/runtimes/responses-api.js';
import { call, say } from '../agents/runtimes/scripted-api.js';
import { crash, Installation, lives, until } from './crash.js';

const codex = cliFolder('codex');
const title = 'reason' in codex ? `Codex (left out: ${codex.reason})` : 'Codex';

let place: Installation;
let api: ResponsesApi;

/** The tests take their answers from one script, in this order: the worker has one configuration of Codex. */
beforeAll(async () => {
  if ('reason' in codex) return;
  const environment: Record<string, string> = {};
  place = new Installation(environment);
  api = await scriptedResponses([
    call('apply_patch', addFile('greeting.txt', 'good day')),
    say('It greets politely.'),
    call('apply_patch', addFile('half.txt', 'half'), 'First half.'),
    call('exec_command', { cmd: 'setsid sleep 305 & sleep 306' }),
    say('Finished.'),
  ]);
  const [user, nowhere] = [join(place.folder, 'user'), 'http://127.0.0.1:9'];
  mkdirSync(user);
  configureCodex(user, api.url);
  Object.assign(environment, {
    PATH: `${codex.folder}:${pathWithoutBubblewrap(join(place.folder, 'bin'), process.env['PATH'] ?? '')}`,
    HOME: user,
    XDG_CACHE_HOME: dirname(resolveCache()),
    OPENAI_API_KEY: 'sk-made-up-for-tests-0123456789',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    NO_PROXY: '127.0.0.1,localhost',
  });
  mkdirSync(join(place.home, 'agents'), { recursive: true });
  const settings = { runtimes: { missing: { program: 'no-such-agent', arguments: [], install: 'install it so' } } };
  writeFileSync(join(place.home, 'baton.yaml'), JSON.stringify(settings));
  for (const [name, runtime] of [
    ['coder', 'codex'],
    ['absent', 'missing'],
    ['broken', 'codx'],
  ]) {
    const front = [
      '---',
      `name: ${name}`,
      'description: Writes code.',
      `runtime: ${runtime}`,
      'tools: Edit, Bash',
      '---',
    ];
    writeFileSync(join(place.home, 'agents', `${name}.md`), [...front, 'You write code.'].join('\n'));
  }
  git('init', '--quiet', '--initial-branch=main');
  git(
    '-c',
    'user.name=Somebody',
    '-c',
    'user.email=somebody@example.com',
    'commit',
    '--quiet',
    '--allow-empty',
    '-m',
    'x',
  );
});
afterAll(async () => {
  await api?.close();
  await place?.end();
});

const git = (...args: string[]): string => execFileSync('git', args, { cwd: place.workspace, encoding: 'utf8' });
const planOf = (id: string, agent: string): string =>
  place.plan(id, { tasks: [{ id: 'fix', title: 'Greet politely', kind: 'agent', agent, prompt: 'Greet politely.' }] });

describe.skipIf('reason' in codex)(title, () => {
  it('is not begun where a program or a runtime is missing: exit code 2 says which, and what to do', async () => {
    const run = (agent: string) =>
      place.baton('run', '--plan', planOf(agent, agent), '--workspace', place.workspace, '--id', agent);
    const absent = await run('absent');
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('missing (install it so)') as string });
    const broken = await run('broken');
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('baton agents') as string });
    const check = await place.baton('agents', 'check', '--workspace', place.workspace);
    expect(check.code).toBe(2);
    expect(check.stderr).toContain(
      'broken.md:4:1 runtime: there is no runtime "codx"; there are claude-code, command, model, codex',
    );
    expect(api.requests).toEqual([]);
  });

  it('writes a file as a task of a plan, and the branch has it', async () => {
    const ended = await place.baton(
      'run',
      '--plan',
      planOf('edit', 'coder'),
      '--workspace',
      place.workspace,
      '--id',
      'edit',
    );
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('git diff HEAD...baton/edit') as string });
    expect(git('show', 'baton/edit:greeting.txt')).toBe('good day\n');
    expect((await place.status('edit')).cost).toMatchObject({ inputTokens: 1000, outputTokens: 100 });
    expect((await place.baton('report', 'edit')).stdout).toContain('It greets politely.');
  });

  it('leaves no process after its worker was killed, and the next attempt goes on with its session and its edits', async () => {
    await place.submit('kill', planOf('kill', 'coder'));
    const isTool = (pid: number): boolean => commandOf(pid) === 'sleep 306';
    const running = await until('the tool', () => {
      const found = place.processesOf('kill');
      return found.some(({ pid }) => isTool(pid)) ? found : undefined;
    });
    // The session is in a heartbeat within a second.
    await sleep(2000);
    const before = api.requests.length;
    const worker = place.record('worker');
    crash([worker]);
    await place.another('worker', worker);
    const view = await place.ended('kill');
    expect(running.filter(lives)).toEqual([]);
    expect(view).toMatchObject({ status: 'complete', tasks: [{ status: 'completed', attempts: 1 }] });
    expect(api.requests[before]?.text).toMatch(/Greet politely.*First half.*You were interrupted/s);
    expect(git('show', 'baton/kill:half.txt')).toBe('half\n');
    expect([api.faults, api.left()]).toEqual([[], 0]);
  });
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return '';
  }
}

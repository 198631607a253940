import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, say, scriptedMessages, textOf, type MessagesApi } from '../agents/runtimes/messages-api.js';
import { crash, Installation, until } from './crash.js';

let place: Installation;
let api: MessagesApi;

/** The tests take their answers from one script, in this order. */
beforeAll(async () => {
  api = await scriptedMessages([
    call('Read', { file_path: 'greeting.txt' }),
    call('Edit', { file_path: 'greeting.txt', old_string: 'hello', new_string: 'good day' }),
    call('Bash', { command: 'echo ran >> ran.txt; sleep 4; cat greeting.txt' }),
    call('Write', { file_path: '../outside.txt', content: 'x' }),
    say('It greets politely.'),
    call('Bash', { command: 'sleep 3' }),
    say('I heard you.'),
    { kind: 'error', status: 429, type: 'rate_limit_error', message: 'slow down', headers: { 'retry-after': '2' } },
    say('After the limit.'),
  ]);
  place = new Installation({ MODEL_KEY: 'sk-made-up-for-tests-0123456789', NO_PROXY: '127.0.0.1,localhost' });
  mkdirSync(join(place.home, 'agents'), { recursive: true });
  const front = ['---', 'name: coder', 'description: Writes code.', 'runtime: model', 'model: scripted/claude-x'];
  const rest = ['tools: Read, Edit, Write, Bash', '---', 'You write code.'];
  writeFileSync(join(place.home, 'agents', 'coder.md'), [...front, ...rest].join('\n'));
  const prices = '{ claude-x: { input: 3, output: 15 } }';
  const provider = `{ api: anthropic, baseUrl: "${api.url}/v1", key: MODEL_KEY, prices: ${prices} }`;
  writeFileSync(join(place.home, 'baton.yaml'), `models:\n  scripted: ${provider}\n`);
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
const asked = (n: number): Promise<boolean> => until(`request ${n} of the model`, () => api.requests.length >= n);

describe('an agent that is a conversation with a model', () => {
  it('goes on after its worker was killed: no finished call is made again, and its edits are one commit', async () => {
    await place.submit('edit', place.plan('edit', { tasks: [fix] }));
    await asked(3);
    await sleep(1500);
    const worker = place.record('worker');
    crash([worker]);
    await place.another('worker', worker);
    const view = await place.ended('edit');
    expect(view, JSON.stringify(view.tasks)).toMatchObject({ status: 'complete', cost: { inputTokens: 2500 } });
    expect(view.cost.usd).toBeCloseTo((2500 * 3 + 250 * 15) / 1e6);
    expect(git('show', 'baton/edit:greeting.txt')).toBe('good day\n');
    expect(api.requests).toHaveLength(5);
    // Each call brings back all that was said before it.
    expect(api.requests.map(({ messages }) => messages.length)).toEqual([1, 3, 5, 7, 9]);
    expect(textOf(api.requests[4]!)).toMatch(/good day[^]*may not leave|leaves its folder|holds/);
    const { stdout: report } = await place.baton('report', 'edit');
    expect(report).toContain('It greets politely.');
    expect(report).toContain('Write');
  });

  it('is told with its next turn what a person says while it works, once, and the sequence shows it', async () => {
    const before = api.requests.length;
    await place.submit('talk', place.plan('talk', { tasks: [{ ...fix, effect: 'optional' }] }));
    await asked(before + 1);
    await place.json(['message', 'talk/fix', 'Leave it as it is.']);
    const { workflow: temporal } = await place.client();
    await temporal.getHandle('talk').signal('message', { task: 'fix', text: 'And hurry.', id: 'm2' });
    await temporal.getHandle('talk/fix').signal('message', { text: 'And hurry.', id: 'm2' });
    expect(await place.ended('talk')).toMatchObject({ status: 'complete' });
    expect(api.requests).toHaveLength(before + 2);
    const last = textOf(api.requests[before + 1]!);
    expect(last).toMatch(/tool_result[^]*Leave it as it is\.[^]*And hurry\./);
    expect(last.match(/And hurry/g)).toHaveLength(1);
    const view = await place.json<{ text: string; mermaid: string; entries: { kind: string }[] }>([
      ...['conversation', 'talk/fix'],
    ]);
    expect(view.entries.map(({ kind }) => kind)).toEqual([
      ...['brief', 'answer', 'tool-result', 'user-message', 'user-message', 'answer'],
    ]);
    expect(view.mermaid).toContain('sequenceDiagram');
    const raw = { taskQueue: 'baton', workflowId: 'raw', args: [{ v: 1, order: { request: 'talk', task: 'fix' } }] };
    const refusal: unknown = await temporal.execute('converse', raw).catch((error: unknown) => error);
    expect((refusal as Error).cause).toMatchObject({ type: 'bad_input' });
    const late = await place.baton('message', 'talk/fix', 'Too late.');
    expect(late).toMatchObject({ code: 6, stderr: expect.stringContaining('has ended') as string });
  });

  it('that meets the usage limit of its account waits for the reset, and goes on with what was said', async () => {
    const before = api.requests.length;
    await place.submit('limit', place.plan('limit', { tasks: [{ ...fix, effect: 'optional' }] }));
    expect(await place.ended('limit')).toMatchObject({ status: 'complete', tasks: [{ attempts: 1 }] });
    expect(api.requests).toHaveLength(before + 2);
    expect(textOf(api.requests[before + 1]!)).toMatch(/Make the greeting polite[^]*You were held up/);
  });
});

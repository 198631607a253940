import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cliRuntime } from '../../../src/agents/runtimes/cli.js';
import type { AgentEnd, AgentRun } from '../../../src/agents/runtimes/port.js';
import type { AgentDefinition } from '../../../src/contract/agent.js';
import { CODEX } from '../../../src/contract/runtimes/codex.js';
import { carriers, isRunning, newKey, until } from '../process/helpers.js';
import { addFile, configureCodex } from './codex.js';
import { cliFolder, makeCliPlace, type CliPlace } from './real-cli.js';
import { scriptedResponses, type ResponsesApi } from './responses-api.js';
import { agentOf, runOf, watching } from './running.js';
import { call, say, type Turn } from './scripted-api.js';

const codex = cliFolder('codex');
const title = 'reason' in codex ? `Codex (left out: ${codex.reason})` : 'Codex';

let place: CliPlace;
beforeEach(() => {
  place = makeCliPlace('folder' in codex ? codex.folder : '');
  execFileSync('git', ['init', '--quiet'], { cwd: place.cwd });
});
afterEach(() => place.remove());

interface Options {
  agent?: Partial<AgentDefinition>;
  run?: Partial<AgentRun>;
  watch?: ReturnType<typeof watching>;
  silenceLimitMs?: number;
}

async function scripted(...script: Turn[]): Promise<ResponsesApi> {
  const api = place.keep(await scriptedResponses(script));
  configureCodex(place.home, api.url);
  return api;
}

function start({ agent, run, watch = watching(), silenceLimitMs }: Options = {}): Promise<AgentEnd> {
  const env = { ...place.env, OPENAI_API_KEY: 'sk-made-up-for-tests-0123456789' };
  const spec = runOf({ agent: agentOf({ runtime: 'codex', ...agent }), cwd: place.cwd, env, ...run });
  return cliRuntime({ ...CODEX, ...(silenceLimitMs === undefined ? {} : { silenceLimitMs }) })(spec, watch.hooks);
}

describe.skipIf('reason' in codex)(title, () => {
  it('answers, with its session, its usage, and what the agent is told of itself', async () => {
    const [api, watch] = [await scripted(say('Hello there.')), watching()];
    const prompt = `--help ${'ü'.repeat(100 * 1024)}`;
    const end = await start({ agent: { prompt: '--Be brief.', model: 'gpt-5.5' }, run: { prompt }, watch });
    expect(end).toMatchObject({ kind: 'done', text: 'Hello there.', turns: 1, denials: [] });
    expect(end.usage).toEqual({ usd: 0, inputTokens: 500, outputTokens: 50 });
    expect([watch.sessions, watch.notes]).toEqual([[end.session], ['Hello there.']]);
    expect(api.requests[0]?.tools).toContain('apply_patch');
    expect(api.requests[0]?.tools).not.toContain('web_search');
    expect(api.requests[0]?.text).toContain(`--Be brief.\\n\\n${prompt}`);
  });

  it('changes files and runs commands where the agent has the tools for it', async () => {
    await scripted(
      call('apply_patch', addFile('hello.txt', 'hello')),
      call('exec_command', { cmd: 'cat hello.txt > copy.txt' }),
      say('Done.'),
    );
    const watch = watching();
    const end = await start({ agent: { tools: ['Read', 'Edit', 'Bash'] }, watch });
    expect(end).toMatchObject({ kind: 'done', text: 'Done.', denials: [] });
    expect(readFileSync(join(place.cwd, 'copy.txt'), 'utf8')).toBe('hello\n');
    expect(watch.notes.join('\n')).toMatch(/file_change: .*hello\.txt.*\ncommand_execution: .*cat hello\.txt/);
  });

  it('changes nothing for an agent that may only read, and the refusal is told', async () => {
    await scripted(call('apply_patch', addFile('hello.txt', 'hello')), say('I could not.'));
    const end = await start({ agent: { tools: ['Read', 'Edit(docs/**)'] } });
    expect(end).toMatchObject({ kind: 'done', text: 'I could not.', denials: [{ tool: 'patch' }] });
    expect(existsSync(join(place.cwd, 'hello.txt'))).toBe(false);
  });

  it('is ended by a cancel with its whole tree', async () => {
    await scripted(call('exec_command', { cmd: 'setsid sleep 61 & sleep 62' }));
    const [abort, taskKey] = [new AbortController(), newKey()];
    const watch = watching(abort.signal);
    const ended = start({ agent: { tools: ['Bash'] }, run: { taskKey }, watch });
    await until(() => isRunning(taskKey, 'sleep 62'), 'the tool runs');
    abort.abort('cancel');
    expect(await ended).toMatchObject({ kind: 'cancelled', session: watch.sessions[0], usage: null });
    expect(carriers(taskKey)).toEqual([]);
  });

  it('resumes a session with what was said before, and tells the usage of this attempt alone', async () => {
    await scripted(say('The first answer.'));
    const first = await start({ run: { prompt: 'The first question.' } });
    const api = await scripted(say('The second answer.'));
    const session = first.session ?? '';
    const end = await start({ run: { session, ...(first.usage && { usedBefore: first.usage }) } });
    expect(end).toMatchObject({ kind: 'done', text: 'The second answer.', session });
    expect(api.requests[0]?.text).toMatch(/The first question.*The first answer.*You were interrupted/s);
    expect(end.usage).toEqual({ usd: 0, inputTokens: 500, outputTokens: 50 });
  });

  it('starts anew where the session is not known, and says so', async () => {
    const [api, watch] = [await scripted(say('Anew.')), watching()];
    const session = '11111111-1111-4111-8111-111111111111';
    const end = await start({ run: { session, prompt: 'The question.' }, watch });
    expect(end).toMatchObject({ kind: 'done', text: 'Anew.' });
    expect(watch.notes).toContain(`session ${session} is not known here: the agent starts anew`);
    expect(api.requests[0]?.text).not.toContain('You were interrupted');
  });
});

describe.skipIf('reason' in codex)(`${title}: its failures`, () => {
  it('a usage limit is told with the time when it is reset', async () => {
    const resets_at = Math.floor(Date.now() / 1000) + 3600;
    const api = await scripted({
      kind: 'body',
      status: 429,
      always: true,
      body: { error: { type: 'usage_limit_reached', message: 'limit', plan_type: 'pro', resets_at } },
    });
    const end = await start();
    expect(end).toMatchObject({ kind: 'failed', error: { code: 'usage_limit' } });
    // It tells the minute.
    const told = end.kind === 'failed' ? (end.resetsAt ?? 0) : 0;
    expect(Math.abs(told - resets_at * 1000)).toBeLessThanOrEqual(60_000);
    expect(api.requests).toHaveLength(1);
  });

  it.each([
    ['500', { kind: 'error', status: 500, type: 'server_error', message: 'boom', always: true }, 'model_unavailable'],
    ['a cut stream', { kind: 'cut', always: true }, 'model_unavailable'],
  ] as const)('%s of the API', async (_, turn, code) => {
    await scripted(turn);
    expect(await start()).toMatchObject({ kind: 'failed', error: { code, exitCode: 1 } });
  });

  it('a long wait in silence, where the API says to come back later', async () => {
    const headers = { 'retry-after': '3600' };
    await scripted({ kind: 'error', status: 429, type: 'rate_limit', message: 'later', headers, always: true });
    const end = await start({ silenceLimitMs: 3000 });
    expect(end).toMatchObject({ kind: 'failed', error: { code: 'model_unavailable' } });
    if (end.kind === 'failed') expect(end.error.message).toContain('said nothing for 3.0s');
  });

  it('no key, and its absence', async () => {
    await scripted();
    const { error: refused } = (await start({ run: { env: place.env } })) as AgentEnd & { kind: 'failed' };
    expect(refused).toMatchObject({ code: 'model_refused' });
    expect(refused.message).toContain('set OPENAI_API_KEY');
    const env = { ...place.env, PATH: '/no/such/folder' };
    const { error: missing } = (await start({ run: { env } })) as AgentEnd & { kind: 'failed' };
    expect(missing).toMatchObject({ code: 'not_installed' });
    expect(missing.message).toContain('npm install -g @openai/codex');
  });
});

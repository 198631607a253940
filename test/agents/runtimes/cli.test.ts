import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliRuntime } from '../../../src/agents/runtimes/cli.js';
import type { CliRuntime } from '../../../src/contract/cli-runtime.js';
import { CLI_DEFAULTS } from '../../../src/contract/runtimes/index.js';
import { agentOf, runOf, watching } from './running.js';

/** A command line that is a script of the shell. */
const scriptOf = (script: string, more: Partial<CliRuntime> = {}): CliRuntime => ({
  ...CLI_DEFAULTS,
  title: 'Script',
  program: '/bin/sh',
  arguments: ['-c', script, 'script', ['resume', '{session}']],
  ...more,
});

async function run(cli: CliRuntime, more: Parameters<typeof runOf>[0] = {}) {
  const watch = watching();
  const end = await cliRuntime(cli)(runOf({ agent: agentOf({ prompt: 'Own.' }), ...more }), watch.hooks);
  return { end, watch };
}

describe('a command line that prints text', () => {
  it('gets the prompt by standard input, which is closed, and answers with what it prints', async () => {
    const { end, watch } = await run(scriptOf('cat; echo; echo bye >&2'));
    expect(end).toMatchObject({ kind: 'done', text: 'Own.\n\ndo it', session: null, usage: null, turns: 1 });
    expect(watch.notes).toEqual(['do it']);
  });

  it('has failed where it says nothing, though its exit code is 0', async () => {
    const { end } = await run(scriptOf('cat >/dev/null; echo warning >&2'));
    expect(end).toMatchObject({ kind: 'failed', error: { code: 'agent_failed', exitCode: 0, tail: 'warning\n' } });
    if (end.kind === 'failed') expect(end.error.message).toContain('without a result');
  });

  it.each([
    ['its words', 'echo "too many, resets at 1795267412" >&2; exit 3', 'usage_limit', '2026-11-21T13:23:32.000Z'],
    [
      'its words among its answer',
      'echo "too many, resets at 1795267412"; exit 3',
      'usage_limit',
      '2026-11-21T13:23:32.000Z',
    ],
    ['its exit code', 'exit 7', 'model_refused', 'sign in'],
    ['neither', 'echo odd; exit 5', 'agent_failed', 'Script: odd'],
    ['nothing', 'exit 5', 'agent_failed', 'exit code 5'],
  ] as const)('fails as %s say', async (_, script, code, words) => {
    const errors = [{ matches: 'too many, resets at (?<reset>\\d+)', means: 'usage_limit' as const }];
    const { end } = await run(scriptOf(script, { errors, exitCodes: { 7: 'model_refused' }, signIn: 'sign in' }));
    expect(end).toMatchObject({ kind: 'failed', error: { code } });
    if (end.kind === 'failed') expect(end.error.message).toContain(words);
  });

  it('is ended where it says nothing for too long', async () => {
    const { end } = await run(scriptOf('exec sleep 60', { silenceLimitMs: 200 }));
    expect(end).toMatchObject({ kind: 'failed', error: { code: 'model_unavailable' } });
  });

  it('gets its defaults where the environment has none of that name', async () => {
    const cli = scriptOf('echo "$ONE $TWO"', { defaults: { ONE: 'default', TWO: 'default' } });
    const { end } = await run(cli, { env: { PATH: process.env['PATH'] ?? '', TWO: 'set' } });
    expect(end).toMatchObject({ kind: 'done', text: 'default set' });
  });

  it('gets the variables of its agent’s access, whatever the environment has', async () => {
    const accessVariables = { read: { MAY: 'look' }, edit: { MAY: 'edit' }, run: { MAY: 'run' } };
    const agent = agentOf({ tools: ['Edit'] });
    const { end } = await run(scriptOf('echo "$MAY"', { accessVariables }), {
      agent,
      env: { PATH: process.env['PATH'] ?? '', MAY: 'all' },
    });
    expect(end).toMatchObject({ kind: 'done', text: 'edit' });
  });

  it('that is not there is said to be missing, with what to do', async () => {
    const cli = scriptOf('', { program: 'no-such-agent', install: 'npm install -g no-such-agent' });
    const { end } = await run(cli);
    expect(end).toMatchObject({ kind: 'failed', error: { code: 'not_installed' } });
    if (end.kind === 'failed') expect(end.error.message).toContain('npm install -g no-such-agent');
  });
});

describe('a command line that obeys what stands in a repository', () => {
  it('is not started where there is such a file, in its folder or above it up to the top of the repository', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'baton-cli-')));
    const [top, inner] = [join(folder, 'top'), join(folder, 'top', 'inner')];
    mkdirSync(join(top, '.git'), { recursive: true });
    mkdirSync(inner);
    const cli = scriptOf('echo started', { foreignSettings: ['.mine', 'mine.json'] });
    writeFileSync(join(folder, 'mine.json'), '');
    expect((await run(cli, { cwd: inner })).end).toMatchObject({ kind: 'done', text: 'started' });
    writeFileSync(join(top, 'mine.json'), '');
    const { end } = await run(cli, { cwd: inner });
    expect(end).toMatchObject({ kind: 'failed', error: { code: 'agent_failed' } });
    if (end.kind === 'failed') expect(end.error.message).toContain(join(top, 'mine.json'));
    rmSync(folder, { recursive: true });
  });
});

describe('a command line that prints as Claude Code does', () => {
  const line = (value: object): string => `echo '${JSON.stringify(value)}';`;
  const result = { type: 'result', is_error: false, result: 'All done.', num_turns: 2, total_cost_usd: 0.5 };

  it('is read as that', async () => {
    const script = line({ type: 'system', subtype: 'init', session_id: 's-1' }) + line(result);
    const { end, watch } = await run(scriptOf(script, { output: 'stream-json' }));
    expect(end).toMatchObject({ kind: 'done', text: 'All done.', session: 's-1', turns: 2, usage: { usd: 0.5 } });
    expect(watch.sessions).toEqual(['s-1']);
  });

  it('has failed where its result says so, with what is known of the usage limit', async () => {
    const info = { status: 'rejected', resetsAt: 1_795_267_412, rateLimitType: 'five_hour' };
    const failed = { type: 'result', is_error: true, api_error_status: 429, result: 'limit', num_turns: 1 };
    const script = line({ type: 'rate_limit_event', rate_limit_info: info }) + line(failed);
    const { end } = await run(scriptOf(script, { output: 'stream-json' }));
    expect(end).toMatchObject({ kind: 'failed', error: { code: 'usage_limit' } });
    if (end.kind === 'failed') expect(end.error.message).toContain('2026-11-21T13:23:32.000Z');
  });
});

describe('a session', () => {
  it('that is not known leads to a new start in the time that is left', async () => {
    const script = 'if [ "$1" = resume ]; then echo "who is $2" >&2; exit 4; fi; cat';
    const cli = scriptOf(script, { exitCodes: { 4: 'unknown_session' } });
    const { end, watch } = await run(cli, { session: 's-9' });
    expect(end).toMatchObject({ kind: 'done', text: 'Own.\n\ndo it' });
    expect(watch.notes[0]).toBe('session s-9 is not known here: the agent starts anew');
  });

  it('that is told as unknown without one to resume is a failure', async () => {
    const { end } = await run(scriptOf('exit 4', { exitCodes: { 4: 'unknown_session' } }));
    expect(end).toMatchObject({ kind: 'failed', error: { code: 'agent_failed' } });
  });
});

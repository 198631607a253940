import { describe, expect, it } from 'vitest';
import { RUNTIME_BY_NAME } from '../../../src/agents/runtimes/index.js';
import type { AgentRun } from '../../../src/agents/runtimes/port.js';
import { carriers, newKey, until } from '../process/helpers.js';
import { agentOf, runOf, watching } from './running.js';

const start = (script: string, more: Partial<AgentRun> = {}, watch = watching()) =>
  RUNTIME_BY_NAME.command(
    runOf({ agent: agentOf({ command: ['sh', '-c', script], prompt: 'You are dry.' }), ...more }),
    watch.hooks,
  );

describe('a command agent', () => {
  it('gets its own prompt and the task by standard input, and answers by standard output', async () => {
    const watch = watching();
    const end = await start('cat; echo aside >&2', { prompt: '--do it' }, watch);
    expect(end).toMatchObject({
      kind: 'done',
      text: 'You are dry.\n\n--do it',
      session: null,
      usage: null,
      denials: [],
    });
    expect(end.tail).toContain('aside');
    expect(watch.pids).toHaveLength(1);
  });

  it('tells what it prints, inert and without secrets', async () => {
    const watch = watching();
    const env = { PATH: process.env['PATH'] ?? '', SOME_API_KEY: 'a-made-up-key' };
    const end = await start(`printf '\\033[31mkey %s\\033[0m\\n' "$SOME_API_KEY"`, { env }, watch);
    expect(end).toMatchObject({ kind: 'done', text: 'key [redacted]', tail: 'key [redacted]\n' });
    expect(watch.notes).toEqual(['key [redacted]']);
  });

  it('that exits with another code than 0 has failed, whatever it printed', async () => {
    expect(await start('echo done; exit 3')).toMatchObject({
      kind: 'failed',
      error: { code: 'agent_failed', message: 'sh ended with exit code 3', exitCode: 3, tail: 'done\n' },
    });
    expect(await start('kill -9 $$')).toMatchObject({ kind: 'failed', error: { signal: 'SIGKILL' } });
  });

  it('that answers at length keeps the beginning, and says that it is cut', async () => {
    const end = await start('head -c 3000000 /dev/zero | tr "\\0" x');
    expect(end.kind === 'done' && end.text.endsWith('x\n[output cut at 1 MiB]')).toBe(true);
  });

  it('that is not there says so', async () => {
    const agent = agentOf({ command: ['no-such-agent'] });
    expect(await start('', { agent })).toMatchObject({ kind: 'failed', error: { code: 'command_not_started' } });
  });

  it('is ended at its time limit', async () => {
    expect(await start('sleep 60', { timeLimitMs: 200 })).toMatchObject({
      kind: 'failed',
      error: { code: 'time_limit' },
    });
  });

  it('is ended with its whole tree by a cancel', async () => {
    const [abort, taskKey] = [new AbortController(), newKey()];
    const ended = start('setsid sleep 60 & sleep 60', { taskKey }, watching(abort.signal));
    await until(() => carriers(taskKey).length >= 3, 'its processes run');
    abort.abort('cancel');
    expect(await ended).toMatchObject({ kind: 'cancelled' });
    expect(carriers(taskKey)).toEqual([]);
  });
});

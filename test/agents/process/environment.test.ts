import { describe, expect, it } from 'vitest';
import {
  idempotencyKeyOf,
  isLoaderVariable,
  taskEnvironment,
  taskKeyOf,
} from '../../../src/agents/process/environment.js';
import { run } from './helpers.js';

const ids = { requestId: 'req-1', taskId: 'lint', epoch: 2 };
const task = { ...ids, attempt: 3, idempotencyKey: idempotencyKeyOf(ids), taskKey: taskKeyOf('/data', ids) };
const own = {
  BATON_TASK_KEY: task.taskKey,
  BATON_REQUEST_ID: 'req-1',
  BATON_TASK_ID: 'lint',
  BATON_EPOCH: '2',
  BATON_IDEMPOTENCY_KEY: 'req-1/lint/2',
  BATON_ATTEMPT: '3',
};
const made = (worker: NodeJS.ProcessEnv, declared: string[] = [], extra: Record<string, string> = {}) =>
  taskEnvironment({ worker, declared, task, extra });

describe("the environment of a task's process", () => {
  const allowed = {
    ...{ PATH: '/bin', HOME: '/home/a', LANG: 'C', LC_ALL: 'C', LC_TIME: 'de', TERM: 'dumb', TMPDIR: '/tmp' },
    ...{ HTTP_PROXY: 'a', http_proxy: 'b', HTTPS_PROXY: 'c', https_proxy: 'd', NO_PROXY: 'e', no_proxy: 'f' },
  };

  it('is the listed variables and the six of the task, nothing else', () => {
    const secret = {
      AWS_SECRET_ACCESS_KEY: 's',
      ANTHROPIC_API_KEY: 's',
      BATON_HOME: '/h',
      LD_PRELOAD: 'x',
      SHELL: '/bin/sh',
    };
    expect(made({ ...allowed, ...secret })).toEqual({ ...allowed, ...own });
  });

  it('has what is declared, by name or by the beginning of names', () => {
    const worker = { ANTHROPIC_API_KEY: 'k', ANTHROPIC: 'no', JAVA_HOME: '/j', JAVA_HOME_2: 'no', UNSET: undefined };
    const declared = ['ANTHROPIC_*', 'JAVA_HOME', 'UNSET'];
    expect(made(worker, declared)).toEqual({ ANTHROPIC_API_KEY: 'k', JAVA_HOME: '/j', ...own });
  });

  it("lets the plan win over the worker, and the task's own variables over everything", () => {
    const env = made({ PATH: '/bin', BATON_EPOCH: '9' }, ['BATON_*'], {
      PATH: '/mine',
      BATON_TASK_KEY: 'forged',
      X: '1',
    });
    expect(env).toEqual({ PATH: '/mine', X: '1', ...own });
  });

  it('has the marker first', () => {
    expect(Object.keys(made({ PATH: '/bin' }))[0]).toBe('BATON_TASK_KEY');
  });

  it.each([
    [{ 'A=B': 'x' }, 'is not the name'],
    [{ '': 'x' }, 'is not the name'],
    [{ 'a\n': 'x' }, 'is not the name'],
    [{ A: 'x\0y' }, 'NUL'],
    [{ LD_PRELOAD: '/evil.so' }, 'foreign code'],
    [{ NODE_OPTIONS: '--require /evil.js' }, 'foreign code'],
  ])('refuses %j of a plan', (extra, message) => {
    expect(() => made({}, [], extra as unknown as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'bad_input', message: expect.stringContaining(message) as string }),
    );
  });

  it('refuses to hand over everything', () => {
    expect(() => made({}, ['*'])).toThrow(expect.objectContaining({ code: 'bad_input' }));
  });

  it('is what a real process sees', async () => {
    const env = made({ ...process.env, BATON_TEST_CANARY: 'canary', PATH: '/usr/bin:/bin' });
    const end = await run(['env'], { env, taskKey: task.taskKey });
    expect(end.output.toString()).not.toContain('canary');
    expect(
      Object.fromEntries(
        end.output
          .toString()
          .trim()
          .split('\n')
          .map((line) => line.split(/=(.*)/s)),
      ),
    ).toEqual(expect.objectContaining(own));
    expect(end.output.toString().trim().split('\n')).toHaveLength(Object.keys(env).length);
  });
});

describe("a task's marker", () => {
  it('is the same for every attempt and another for another task, epoch or installation', () => {
    const others = [
      taskKeyOf('/other', ids),
      taskKeyOf('/data', { ...ids, epoch: 3 }),
      taskKeyOf('/data', { ...ids, taskId: 'fix' }),
      taskKeyOf('/data', { ...ids, requestId: 'req-1/lint', taskId: '2' }),
    ];
    expect(taskKeyOf('/data', { ...ids })).toBe(task.taskKey);
    expect(new Set([task.taskKey, ...others]).size).toBe(5);
  });

  it('holds no character of an id', () => {
    expect(taskKeyOf('/data\n', { requestId: 'a\nb', taskId: '\0', epoch: 0 })).toMatch(/^baton-[0-9a-f]{32}$/);
  });

  it('with a line end is refused', async () => {
    await expect(run(['true'], { taskKey: 'a\nb' })).rejects.toMatchObject({ code: 'bad_input' });
  });
});

it('names of ordinary variables load no code', () => {
  for (const name of ['CI', 'NODE_ENV', 'LDFLAGS', 'ENVIRONMENT', 'GIT_AUTHOR_NAME'])
    expect(isLoaderVariable(name)).toBe(false);
});

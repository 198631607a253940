import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callTool } from '../../../src/agents/mcp/call.js';
import type { Connection } from '../../../src/agents/mcp/connect.js';
import { discoverTools } from '../../../src/agents/mcp/discover.js';
import type { Json } from '../../../src/contract/json.js';
import type { McpServer } from '../../../src/contract/mcp.js';
import { folderWith } from '../../workspace/folders.js';
import { isAlive } from '../process/helpers.js';
import { httpServer, stdioServer } from './servers.js';

const env = { PATH: process.env['PATH'] ?? '', TEST_TOKEN: 'of-a-test', SECRET_KEY: 'of the worker' };
let http: Awaited<ReturnType<typeof httpServer>>;
beforeAll(async () => void (http = await httpServer()));
afterAll(() => http.stop());

let calls = 0;
const connection = (server: McpServer, more: Partial<Connection> = {}): Connection => ({
  name: 'test',
  server,
  cwd: folderWith(),
  env,
  taskKey: `baton-test-mcp-${process.pid}-${(calls += 1)}`,
  timeLimitMs: 60_000,
  killGraceMs: 500,
  hooks: { signal: new AbortController().signal },
  ...more,
});
const call = (server: McpServer, tool: string, given: Record<string, Json> = {}, more: Partial<Connection> = {}) =>
  callTool(connection(server, more), {
    tool,
    with: given,
    idempotencyKey: 'req/a/0',
    onProgress: () => undefined,
  });
const failure = async (result: Promise<unknown>) => {
  const error: unknown = await result.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error as { code: string; message: string } | undefined;
};

describe('the tools of servers', () => {
  it('are skills with their schemas, over standard streams and over HTTP; a server that is broken is one line', async () => {
    const { skills, problems } = await discoverTools(['files', 'web', 'broken', 'dead', 'other'], {
      servers: {
        files: stdioServer(),
        web: http.server,
        broken: { kind: 'stdio', command: ['there-is-no-such-program'], cwd: null, environment: [] },
        dead: { kind: 'stdio', command: ['sh', '-c', 'echo no licence >&2; exit 4'], cwd: null, environment: [] },
      },
      cwd: folderWith(),
      env,
    });
    const names = skills.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('mcp:files/'))).toHaveLength(7);
    expect(names.filter((name) => name.startsWith('mcp:web/'))).toHaveLength(7);
    expect(skills.find(({ name }) => name === 'mcp:files/add')).toMatchObject({
      description: 'Adds two numbers.',
      source: 'mcp',
      effect: 'reads',
      work: { kind: 'tool', server: 'files', tool: 'add' },
      input: { required: ['a', 'b'] },
      output: { required: ['sum'] },
    });
    expect(skills.find(({ name }) => name === 'mcp:files/say')).toMatchObject({ effect: 'writes', output: null });
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^mcp:broken: .*not installed: .*there-is-no-such-program/),
      expect.stringMatching(/^mcp:dead: .*exit code 4: no licence/),
      'mcp:other: there is no such MCP server in BATON_HOME/baton.yaml; there are: files, web, broken, dead',
    ]);
  });
});

describe('a call of a tool', () => {
  it('gives its structured result, else its text', async () => {
    for (const server of [stdioServer(), http.server]) {
      expect(await call(server, 'add', { a: 2, b: 3 })).toEqual({ sum: 5 });
      expect(await call(server, 'say', { what: 'hello' })).toBe('hello');
    }
  });

  it('fails by what the tool says, and by a tool that there is not', async () => {
    for (const server of [stdioServer(), http.server]) {
      expect(await failure(call(server, 'fail'))).toMatchObject({
        code: 'tool_failed',
        message: 'mcp:test/fail: the disk is full',
      });
      expect((await failure(call(server, 'nothing')))?.code).toBe('tool_failed');
    }
  });

  it('is cut off at its limit of bytes, and tells how a server died', async () => {
    expect((await failure(call(stdioServer(), 'huge')))?.code).toBe('tool_unavailable');
    expect(await failure(call(http.server, 'huge'))).toMatchObject({
      code: 'tool_unavailable',
      message: expect.stringMatching(/more than 8388608 bytes|terminated|closed/i) as string,
    });
    expect(await failure(call(stdioServer(), 'die'))).toMatchObject({
      code: 'tool_unavailable',
      message: expect.stringMatching(/exit code 3: out of luck/) as string,
    });
  });

  it('reaches no server that sends it elsewhere, that refuses the header, or that lacks a variable for it', async () => {
    const away = { ...http.server, url: http.url.replace('/mcp', '/away') } as McpServer;
    expect((await failure(call(away, 'add')))?.code).toBe('tool_unavailable');
    const wrong = await failure(call(http.server, 'add', {}, { env: { ...env, TEST_TOKEN: 'wrong' } }));
    expect(wrong?.code).toBe('tool_unavailable');
    const lacking = await failure(call(http.server, 'add', {}, { env: {} }));
    expect(lacking).toMatchObject({ code: 'not_installed', message: expect.stringMatching(/TEST_TOKEN/) as string });
  });

  it.each(['time limit', 'cancel'])('ends by a %s, and its server with all that it started', async (how) => {
    const log = join(folderWith(), 'pids');
    const abort = new AbortController();
    const limits = how === 'cancel' ? { hooks: { signal: abort.signal } } : { timeLimitMs: 4000 };
    const ended = failure(call(stdioServer(), 'wait', { log }, limits));
    const pids = async (): Promise<number[]> => {
      for (let look = 0; look < 600; look += 1) {
        const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
        if (lines.length === 2) return lines.map(Number);
        await sleep(50);
      }
      throw new Error('the tool was not called');
    };
    const started = await pids();
    if (how === 'cancel') abort.abort('cancel');
    const error = await ended;
    if (how === 'time limit') expect(error?.code).toBe('time_limit');
    expect(error).toBeDefined();
    expect(started.filter(isAlive)).toEqual([]);
  });
});

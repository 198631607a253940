import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { retryAfterOf } from '../../../src/agents/runtimes/http-contract.js';
import { httpRuntime } from '../../../src/agents/runtimes/http.js';
import type { AgentEnd, AgentHooks, AgentRun } from '../../../src/agents/runtimes/port.js';
import { LIMITS } from '../../../src/contract/limits.js';
import { agent } from '../../allocation/agents.js';

interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}
type Reply = { status: number; headers?: Record<string, string>; body?: unknown } | 'hang' | 'break';

let asked: Asked[];
let replies: Reply[];
let url: string;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, headers, body: Buffer.concat(chunks).toString('utf8') });
    answer(response, replies.shift());
  });
});

function answer(response: ServerResponse, reply: Reply | undefined): void {
  if (reply === undefined) throw new Error('the service was asked more often than its script says');
  if (reply === 'hang') return;
  if (reply === 'break') return void response.destroy();
  const { status, headers = {}, body = '' } = reply;
  response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
}

beforeEach(async () => {
  [asked, replies] = [[], []];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/run`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const run = (script: Reply[], more: Partial<AgentRun> = {}, hooks: Partial<AgentHooks> = {}): Promise<AgentEnd> => {
  replies.push(...script);
  const env = {
    BATON_REQUEST_ID: 'req',
    BATON_TASK_ID: 'a',
    BATON_EPOCH: '2',
    BATON_ATTEMPT: '1',
    BATON_IDEMPOTENCY_KEY: 'req/a/2',
  };
  const service = httpRuntime({ url, headers: { Authorization: 'Bearer ${THE_KEY}' } }, { THE_KEY: 'of-the-user-0' });
  return service(
    {
      agent: agent('remote', { prompt: 'You judge.' }),
      prompt: 'Judge it.',
      cwd: '/',
      env,
      taskKey: 'baton-test',
      mode: 'ask',
      timeLimitMs: 30_000,
      ...more,
    },
    { signal: new AbortController().signal, ...hooks },
  );
};
const failure = (end: AgentEnd) => (end.kind === 'failed' ? [end.error.code, end.error.message] : [end.kind]);

describe('an agent that is reached by HTTP', () => {
  it('is sent one document with the key of the task, and its result, session and usage are taken', async () => {
    const body = { result: 'It is good.', session: 's1', usage: { usd: 0.2, inputTokens: 5 }, turns: 3, more: 1 };
    const end = await run([{ status: 200, body }], { session: 's0' });
    expect(end).toEqual({
      kind: 'done',
      text: 'It is good.',
      session: 's1',
      usage: { usd: 0.2, inputTokens: 5, outputTokens: 0 },
      turns: 3,
      denials: [],
      tail: '',
    });
    const [{ method, path, headers, body: sent }] = asked as [Asked];
    expect({ method, path }).toEqual({ method: 'POST', path: '/run' });
    expect(headers).toMatchObject({
      authorization: 'Bearer of-the-user-0',
      'idempotency-key': 'req/a/2',
      'content-type': 'application/json',
    });
    expect(JSON.parse(sent)).toEqual({
      v: 1,
      requestId: 'req',
      task: 'a',
      epoch: 2,
      attempt: 1,
      agent: { name: 'remote', prompt: 'You judge.', model: null },
      prompt: expect.stringContaining('Judge it.') as string,
      mode: 'ask',
      session: 's0',
      timeLimitMs: 30_000,
    });
  });

  it('is asked again where it is busy for a moment, and at the place that it names where it works on it', async () => {
    const notes: string[] = [];
    const end = await run(
      [
        { status: 503, headers: { 'Retry-After': '0' } },
        { status: 202, headers: { Location: '/runs/7' } },
        { status: 202, headers: { Location: '7' } },
        { status: 200, body: { result: 'done' } },
      ],
      {},
      { onActivity: (note) => notes.push(note) },
    );
    expect(end).toMatchObject({ kind: 'done', text: 'done', usage: null });
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /run',
      'POST /run',
      'GET /runs/7',
      'GET /runs/7',
    ]);
    expect(asked.at(-1)?.headers.authorization).toBe('Bearer of-the-user-0');
    expect(notes).toContain('the service works on it');
  });

  it.each<[string, Reply, string, RegExp]>([
    ['429 for long', { status: 429, headers: { 'Retry-After': '3600' } }, 'usage_limit', /429/],
    ['429 for who knows how long', { status: 429 }, 'model_unavailable', /429/],
    ['503', { status: 503, body: 'no room' }, 'model_unavailable', /503: no room/],
    [
      '500 with the secret in it',
      { status: 500, body: 'for of-the-user-0' },
      'model_unavailable',
      /500: for \[redacted\]/,
    ],
    ['401', { status: 401 }, 'model_refused', /401/],
    ['400', { status: 400, body: 'what?' }, 'agent_failed', /400: what\?/],
    ['a redirect', { status: 307, headers: { Location: 'http://127.0.0.1:9/' } }, 'agent_failed', /redirects are not/],
    ['202 without a place', { status: 202 }, 'agent_failed', /without a Location/],
    [
      '202 at another host',
      { status: 202, headers: { Location: 'http://127.0.0.1:9/' } },
      'agent_failed',
      /another host/,
    ],
    ['no JSON', { status: 200, body: 'hello' }, 'agent_failed', /no JSON/],
    ['no result', { status: 200, body: { text: 'hello' } }, 'agent_failed', /neither a text "result" nor an "error"/],
    ['an error of its own', { status: 200, body: { error: { message: 'too hard' } } }, 'agent_failed', /too hard/],
    ['a broken connection', 'break', 'model_unavailable', /the service: /],
    ['too much', { status: 200, body: 'x'.repeat(LIMITS.outputBytes + 1) }, 'model_unavailable', /more than 8388608/],
  ])('that answers with %s has failed by what that means', async (_, reply, code, message) => {
    const before = Date.now();
    const end = await run([reply]);
    expect(failure(end)).toEqual([code, expect.stringMatching(message)]);
    if (code === 'usage_limit' && end.kind === 'failed')
      expect(end.resetsAt).toBeGreaterThanOrEqual(before + 3_600_000);
  });

  it('is let go by a cancel and by the time limit', async () => {
    const abort = new AbortController();
    const ended = run(['hang'], {}, { signal: abort.signal });
    while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    abort.abort('cancel');
    expect((await ended).kind).toBe('cancelled');
    expect(failure(await run(['hang'], { timeLimitMs: 300 }))[0]).toBe('time_limit');
  });

  it('is not asked with an order that is too large, or without the variable of its header', async () => {
    const large = await run([], { prompt: 'x'.repeat(LIMITS.endpointRequestBytes) });
    expect(failure(large)).toEqual(['agent_failed', expect.stringMatching(/larger than/)]);
    const service = httpRuntime({ url, headers: { K: '${NOPE}' } }, {});
    await expect(service({} as never, {} as never)).rejects.toThrow(/NOPE of the header K is not set/);
    expect(asked).toEqual([]);
  });
});

it('the wait that a service asks for is seconds or a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect([null, '5', 'Thu, 01 Jan 2026 00:01:00 GMT', 'soon', '-3'].map((header) => retryAfterOf(header, now))).toEqual(
    [null, 5000, 60_000, null, null],
  );
});

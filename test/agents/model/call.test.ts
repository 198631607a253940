import { afterEach, describe, expect, it } from 'vitest';
import { callModel, type ModelRequest } from '../../../src/agents/model/call.js';
import { modelFailure } from '../../../src/agents/model/errors.js';
import { messagesOf, type Content } from '../../../src/agents/model/messages.js';
import type { ModelApi } from '../../../src/contract/model-provider.js';
import { call, say, type Turn } from '../runtimes/scripted-api.js';
import { scriptedChat, type ChatApi } from '../runtimes/chat-api.js';
import { scriptedMessages, type MessagesApi } from '../runtimes/messages-api.js';

let api: ChatApi | MessagesApi | undefined;
afterEach(() => api?.close());

const START: Record<ModelApi, (script: readonly Turn[]) => Promise<ChatApi | MessagesApi>> = {
  anthropic: scriptedMessages,
  openai: scriptedChat,
};
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
const request = (kind: ModelApi, contents: readonly Content[]): ModelRequest => ({
  provider: {
    api: kind,
    baseUrl: `${api?.url}/v1`,
    keyVariable: 'K',
    prices: { m: { input: 2, output: 10 } },
  },
  key: 'sk-made-up-0123456789abcdef',
  model: 'm',
  system: 'You write code.',
  messages: messagesOf(contents),
  tools: [{ name: 'Read', description: 'Reads.', schema }],
  signal: new AbortController().signal,
});
const said = (text: string): Content => ({ kind: 'said', text });

describe.each(['anthropic', 'openai'] as const)('a call of a model by the API %s', (kind) => {
  it('gives text, calls of tools, tokens and their price; what follows brings back the results', async () => {
    api = await START[kind]([call('Read', { a: 'x' }, 'I look.'), say('Done.')]);
    const first = await callModel(request(kind, [said('Look.')]));
    const [wanted] = first.calls;
    expect(first).toMatchObject({ text: 'I look.', calls: [{ tool: 'Read', input: { a: 'x' } }] });
    expect(first.usage).toEqual({ usd: (500 * 2 + 50 * 10) / 1e6, inputTokens: 500, outputTokens: 50 });
    const result: Content = { kind: 'result', call: wanted!.id, tool: 'Read', text: 'no such file', isError: true };
    const answer: Content = { kind: 'answer', ...first };
    const second = await callModel(request(kind, [said('Look.'), answer, result, said('And hurry.')]));
    expect(second).toMatchObject({ text: 'Done.', calls: [] });
    const seen = JSON.stringify(api.requests[1]?.messages);
    expect(seen).toMatch(/no such file[^]*And hurry/);
    expect(JSON.stringify(api.requests[1])).toContain('sk-made-up');
    expect(api.faults).toEqual([]);
  });

  it('tells its errors by the status of the answer', async () => {
    const error = (status: number, headers?: Record<string, string>): Turn => ({
      ...{ kind: 'error', status, type: 'x', message: 'why' },
      ...(headers ? { headers } : {}),
    });
    api = await START[kind]([error(429, { 'retry-after': '30' }), error(429), error(401), error(529), error(400)]);
    const found = [];
    for (let i = 0; i < 5; i += 1) {
      const failure: unknown = await callModel(request(kind, [said('x')])).catch((reason: unknown) => reason);
      found.push(modelFailure(failure, 1000));
    }
    expect(found.map(({ error: { code } }) => code)).toEqual([
      ...['usage_limit', 'usage_limit', 'model_refused', 'model_unavailable', 'agent_failed'],
    ]);
    expect(found.map(({ isPassing }) => isPassing)).toEqual([false, false, false, true, false]);
    expect(found.map(({ resetsAt }) => resetsAt)).toEqual([31_000, ...Array<undefined>(4).fill(undefined)]);
    expect(found[0]?.error.message).toContain('HTTP 429');
  });
});

it('a model that cannot be reached is tried again', async () => {
  api = await scriptedMessages([]);
  const gone = request('anthropic', [said('x')]);
  await api.close();
  api = undefined;
  const failure: unknown = await callModel(gone).catch((reason: unknown) => reason);
  expect(modelFailure(failure, 0)).toMatchObject({ error: { code: 'model_unavailable' }, isPassing: true });
});

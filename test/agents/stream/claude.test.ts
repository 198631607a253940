import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLAUDE_START, readClaude, type ClaudeEvent, type ClaudeState } from '../../../src/agents/stream/claude.js';
import { LineSplitter } from '../../../src/agents/stream/lines.js';
import { LIMITS } from '../../../src/contract/limits.js';
import { pieces } from './pieces.js';

const SAMPLE = readFileSync(new URL('./claude.jsonl', import.meta.url));
const SESSION = 'b1099a96-0fb9-4b61-a55f-0a61041154b8';

interface Read {
  state: ClaudeState;
  events: ClaudeEvent[];
}

function read(chunks: readonly Buffer[]): Read {
  const splitter = new LineSplitter();
  let state = CLAUDE_START;
  const events: ClaudeEvent[] = [];
  const take = (line: { text: string; cut: boolean }): void => {
    const [next, told] = readClaude(state, line);
    state = next;
    events.push(...told);
  };
  for (const chunk of chunks) splitter.add(chunk).forEach(take);
  splitter.finish().forEach(take);
  return { state, events };
}

const readLines = (...lines: unknown[]): Read =>
  read([Buffer.from(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)) + '\n').join(''))]);

const result = (more: object): object => ({
  type: 'result',
  subtype: 'success',
  is_error: false,
  result: 'done',
  num_turns: 1,
  ...more,
});

describe('the output of a real run', () => {
  it('tells the session, what was said and called, and the result', () => {
    const { state, events } = read([SAMPLE]);
    const usage = { usd: 0.0045000000000000005, inputTokens: 1000, outputTokens: 100 };
    expect(events).toMatchObject([
      { kind: 'session', session: SESSION },
      { kind: 'text', text: 'I write the file.', bySubAgent: false },
      { kind: 'tool', tool: 'Write', input: 'hello.txt', bySubAgent: false },
      { kind: 'text', text: 'The file is written.' },
      { kind: 'result', usage },
    ]);
    expect(state).toMatchObject({
      session: SESSION,
      results: 1,
      text: 'The file is written.',
      failure: null,
      usage,
      turns: 2,
      denials: [],
      strayLines: 0,
    });
  });

  it('is read the same wherever its bytes are split', () => {
    const whole = read([SAMPLE]);
    fc.assert(
      fc.property(fc.array(fc.nat()), (cuts) => {
        expect(read(pieces(SAMPLE, cuts))).toEqual(whole);
      }),
    );
  });

  it('is read the same with any garbage between its lines', () => {
    const whole = read([SAMPLE]);
    const garbage = fc.oneof(
      fc.string().map((text) => text.replaceAll('\n', ' ')),
      fc.json({ maxDepth: 2 }).map((text) => text.replaceAll('\n', ' ')),
      fc.constantFrom('null', '[]', '{', '{"type":"assistant"}', '{"type":"assistant","message":{"content":7}}'),
      fc.constantFrom('{"type":"system","subtype":"init"}', '{"type":"user","message":{"content":[null,[],{}]}}'),
      fc.constantFrom('{"type":"constructor"}', '{"type":"rate_limit_event"}', '\u0000\u001b[31m', '\ufeff{}'),
    );
    const lines = SAMPLE.toString().split('\n').slice(0, -1);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(lines.length), garbage), { maxLength: 6 }), (strays) => {
        const mixed = lines.flatMap((line, index) => [
          ...strays.filter(([at]) => at === index).map(([, text]) => text),
          line,
        ]);
        const { state, events } = readLines(...mixed);
        expect({ ...state, strayLines: 0 }).toEqual(whole.state);
        expect(events.filter((event) => event.kind !== 'stray')).toEqual(whole.events);
      }),
    );
  });
});

describe('any objects of the known kinds', () => {
  it('never make it throw', () => {
    const type = fc.constantFrom('system', 'assistant', 'user', 'result', 'rate_limit_event');
    const subtype = fc.constantFrom('init', 'permission_denied', 'api_retry', 'success');
    const names = fc.constantFrom(
      'content',
      'id',
      'name',
      'input',
      'session_id',
      'permission_denials',
      'usage',
      'type',
    );
    const json = fc.jsonValue({ maxDepth: 2 });
    const part = fc.dictionary(names, json, { noNullPrototype: true, maxKeys: 5 });
    const value = fc.oneof(json, part, fc.array(part, { maxLength: 3 }));
    const fields = fc.dictionary(fc.constantFrom('message', 'rate_limit_info', 'is_error', 'usage'), value, {
      maxKeys: 3,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(type, subtype, fields, part), { maxLength: 5 }), (lines) => {
        const { state } = readLines(...lines.map(([t, s, f, p]) => ({ ...p, ...f, type: t, subtype: s })));
        expect(state.strayLines).toBe(0);
        expect(Number.isFinite(state.usage?.usd ?? 0)).toBe(true);
      }),
    );
  });

  it('nested without end are described as nothing', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const { events } = readLines(
      `{"type":"assistant","message":{"content":[{"type":"tool_use","name":"X","input":${deep}}]}}`,
    );
    expect(events).toMatchObject([{ kind: 'tool', tool: 'X' }]);
  });

  it('longer than a line may be are stray', () => {
    const text = JSON.stringify(result({ result: 'x'.repeat(LIMITS.agentLineBytes) }));
    expect(readLines(text).state).toMatchObject({ results: 0, strayLines: 1 });
  });
});

describe('a failure', () => {
  it('is what `is_error` says, though the subtype says success', () => {
    const failed = result({ is_error: true, api_error_status: 500, terminal_reason: 'api_error', result: 'API Error' });
    const { state } = readLines(failed);
    expect(state).toMatchObject({ text: null, failure: { apiStatus: 500, reason: 'api_error', text: 'API Error' } });
  });

  it('is kept, whichever of two results it stands in', () => {
    const failed = result({
      is_error: true,
      subtype: 'error_during_execution',
      errors: ['one', 'two'],
      result: undefined,
    });
    for (const lines of [
      [result({}), failed],
      [failed, result({})],
    ]) {
      const { state } = readLines(...lines);
      expect(state).toMatchObject({ results: 2, text: 'done', turns: 2, failure: { text: 'one\ntwo' } });
    }
  });

  it('is what a result does not say whether it is', () => {
    expect(readLines(result({ is_error: undefined })).state.failure).not.toBeNull();
  });
});

describe('usage', () => {
  const models = (usd: number): object => ({
    a: { inputTokens: 1, cacheReadInputTokens: 10, cacheCreationInputTokens: 100, outputTokens: 5, costUSD: usd },
    b: { inputTokens: 1, outputTokens: 5, costUSD: 0.5 },
  });

  it('is of this run, also where the cost is that of a resumed session', () => {
    const { state } = readLines(result({ total_cost_usd: 99, model_usage_since_last_result: models(0.25) }));
    expect(state.usage).toEqual({ usd: 0.75, inputTokens: 112, outputTokens: 10 });
  });

  it('of two results is added up', () => {
    const one = result({ total_cost_usd: 99, model_usage_since_last_result: models(0.25) });
    expect(readLines(one, one).state.usage).toEqual({ usd: 1.5, inputTokens: 224, outputTokens: 20 });
  });

  it('of a version that tells totals alone is the difference', () => {
    const at = (total: number): object =>
      result({ total_cost_usd: total, usage: { input_tokens: 2, cache_read_input_tokens: 3, output_tokens: 4 } });
    expect(readLines(at(0.25), at(1)).state.usage).toEqual({ usd: 1, inputTokens: 10, outputTokens: 8 });
  });

  it('is not known without a result', () => {
    expect(readLines({ type: 'assistant', message: { id: 'm', usage: { output_tokens: 1 } } }).state.usage).toBeNull();
  });
});

describe('denials', () => {
  const called = {
    type: 'assistant',
    message: { id: 'm', content: [{ type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'rm  -rf\n x' } }] },
  };
  const denied = { type: 'system', subtype: 'permission_denied', tool_name: 'Bash', tool_use_id: 't1' };
  const listed = { tool_name: 'Bash', tool_use_id: 't1', tool_input: { command: 'rm  -rf\n x' } };

  it('are told once, as they happen, with what was asked for', () => {
    const { state, events } = readLines(called, denied, result({ permission_denials: [listed] }));
    expect(state.denials).toEqual([{ tool: 'Bash', input: 'rm -rf x' }]);
    expect(events.filter((event) => event.kind === 'denied')).toHaveLength(1);
  });

  it('that only the result lists count too', () => {
    expect(readLines(result({ permission_denials: [listed] })).state.denials).toEqual([
      { tool: 'Bash', input: 'rm -rf x' },
    ]);
  });

  it('are also calls of a tool that was not offered', () => {
    const content =
      '<tool_use_error>Error: No such tool available: Bash. Bash is disabled for this session</tool_use_error>';
    const answer = { type: 'tool_result', tool_use_id: 't1', is_error: true, content };
    expect(readLines(called, { type: 'user', message: { content: [answer] } }).state.denials).toEqual([
      { tool: 'Bash', input: 'rm -rf x' },
    ]);
    const quoted = { ...answer, is_error: false };
    expect(readLines(called, { type: 'user', message: { content: [quoted] } }).state.denials).toEqual([]);
  });

  it('are kept up to a limit', () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ ...listed, tool_use_id: `t${index}` }));
    expect(readLines(result({ permission_denials: many })).state.denials).toHaveLength(LIMITS.agentDenials);
  });
});

describe('the rest', () => {
  it('a retry of the API and a usage limit are told', () => {
    const retry = { attempt: 1, max_retries: 2, retry_delay_ms: 511, error_status: 500, error: 'server_error' };
    const info = { status: 'rejected', resetsAt: 1795267412, rateLimitType: 'five_hour' };
    const { state, events } = readLines(
      { type: 'system', subtype: 'api_retry', ...retry },
      { type: 'rate_limit_event', rate_limit_info: info },
    );
    const limit = { status: 'rejected', resetsAt: 1795267412000, window: 'five_hour' };
    expect(events).toEqual([
      { kind: 'api_retry', attempt: 1, status: 500, delayMs: 511, reason: 'server_error' },
      { kind: 'rate_limit', limit },
    ]);
    expect(state).toMatchObject({ apiError: 'server_error', rateLimit: limit });
  });

  it('a session told twice is one, and keys may stand in any order', () => {
    const init = { session_id: 's', subtype: 'init', type: 'system' };
    expect(readLines(init, init).events).toEqual([{ kind: 'session', session: 's' }]);
  });

  it('a message in several lines is one turn, one of a sub-agent none', () => {
    const said = (id: string, parent: string | null): object => ({
      type: 'assistant',
      parent_tool_use_id: parent,
      message: { id, content: [{ type: 'text', text: 'x' }] },
    });
    const { state, events } = readLines(said('a', null), said('b', 'toolu'), said('a', null), said('c', null));
    expect(state.turns).toBe(2);
    expect(events.map((event) => event.kind === 'text' && event.bySubAgent)).toEqual([false, true, false, false]);
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLI_START,
  completeText,
  readError,
  readEvent,
  type CliEvent,
  type CliState,
} from '../../../src/agents/stream/events.js';
import { LineSplitter, type Line } from '../../../src/agents/stream/lines.js';
import type { EventRule } from '../../../src/contract/cli-runtime.js';
import { LIMITS } from '../../../src/contract/limits.js';
import { PRECONFIGURED } from '../../../src/contract/runtimes/index.js';
import { pieces } from './pieces.js';

interface Read {
  state: CliState;
  events: CliEvent[];
}

function read(chunks: readonly Buffer[], rules: readonly EventRule[]): Read {
  const splitter = new LineSplitter();
  const events: CliEvent[] = [];
  let state = CLI_START;
  const take = ([next, told]: [CliState, CliEvent[]]): void => {
    state = next;
    events.push(...told);
  };
  const takeLine = (line: Line): void => take(readEvent(state, line, rules));
  for (const chunk of chunks) splitter.add(chunk).forEach(takeLine);
  splitter.finish().forEach(takeLine);
  take(completeText(state));
  return { state, events };
}

const readLines = (rules: readonly EventRule[], ...lines: unknown[]): Read =>
  read([Buffer.from(lines.map((line) => JSON.stringify(line) + '\n').join(''))], rules);

const samples = ['codex', 'gemini', 'opencode'].map((name) => ({
  name,
  rules: PRECONFIGURED[name]?.events ?? [],
  bytes: readFileSync(new URL(`./${name}.jsonl`, import.meta.url)),
}));

describe.each(samples)('the output of a real run of $name', ({ name, rules, bytes }) => {
  it('tells the session, what was said and called, the answer and the usage', () => {
    const { state, events } = read([bytes], rules);
    expect(state).toMatchObject({
      session: expect.stringMatching(/^(?:[0-9a-f-]{36}|ses_\w+)$/) as string,
      text: 'The file is written.',
      isDone: true,
      failure: null,
      usage: { usd: name === 'opencode' ? 0.0045 : 0, inputTokens: 1000, outputTokens: 100 },
      turns: name === 'opencode' ? 2 : 1,
      denials: [],
    });
    expect(events).toMatchObject([
      { kind: 'session' },
      { kind: 'text', text: 'I write the file.' },
      { kind: 'tool', ...TOOL[name] },
      { kind: 'text', text: 'The file is written.' },
    ]);
  });

  it('is read the same wherever its bytes are split', () => {
    const whole = read([bytes], rules);
    fc.assert(
      fc.property(fc.array(fc.nat()), (cuts) => {
        expect(read(pieces(bytes, cuts), rules)).toEqual(whole);
      }),
    );
  });

  it('is read the same with any garbage between its lines', () => {
    const whole = read([bytes], rules);
    const garbage = fc.oneof(
      fc.string().map((text) => text.replaceAll('\n', ' ')),
      fc.json({ maxDepth: 2 }).map((text) => text.replaceAll('\n', ' ')),
      fc.constantFrom('null', '[]', '{', '{"type":null}', '{"__proto__":{"type":"result"}}', 'x'.repeat(100)),
    );
    const lines = bytes.toString().trimEnd().split('\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(lines.length), garbage)), (inserts) => {
        const mixed = [...lines];
        for (const [at, line] of inserts) mixed.splice(at, 0, line);
        const { state, events } = read([Buffer.from(mixed.join('\n'))], rules);
        expect(state).toEqual(whole.state);
        expect(events.filter(({ kind }) => kind !== 'stray')).toEqual(whole.events);
      }),
    );
  });

  it('with anything in the places of its values throws nothing and counts finite amounts', () => {
    const events = bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const spoilt = fc
      .tuple(fc.constantFrom(...events), fc.jsonValue({ maxDepth: 2 }))
      .chain(([event, value]) =>
        fc.constantFrom(...Object.keys(event)).map((key) => (key === 'type' ? event : { ...event, [key]: value })),
      );
    fc.assert(
      fc.property(fc.array(spoilt, { maxLength: 8 }), (lines) => {
        const { usage, session } = readLines(rules, ...lines).state;
        expect(Number.isFinite((usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0))).toBe(true);
        expect(session ?? 'none').toMatch(/^[A-Za-z0-9]/);
      }),
    );
  });
});

const TOOL: Record<string, object> = {
  codex: { tool: 'file_change', input: '[{"path":"WORKDIR/hello.txt","kind":"add"}]' },
  gemini: { tool: 'write_file', input: 'hello.txt' },
  opencode: { tool: 'write', input: '{"filePath":"hello.txt","content":"hello\\n"}' },
};

describe('rules', () => {
  it('mean an event only if all of its values fit, and a list of values fits with any of them', () => {
    const rules: EventRule[] = [{ when: { type: 'end', 'a.0.b': [1, null] }, done: true }];
    const isDone = (event: object): boolean => readLines(rules, event).state.isDone;
    expect(isDone({ type: 'end', a: [{ b: 1 }] })).toBe(true);
    expect(isDone({ type: 'end', a: [{ b: null }] })).toBe(true);
    expect(isDone({ type: 'end', a: [{ b: '1' }] })).toBe(false);
    expect(isDone({ type: 'end' })).toBe(false);
  });

  it('join pieces of a message until another event comes, and show the message once', () => {
    const rules: EventRule[] = [
      { when: { t: 'piece' }, delta: 'x' },
      { when: { t: 'tool' }, tool: { name: 'x' } },
    ];
    const piece = (x: string): object => ({ t: 'piece', x });
    const { state, events } = readLines(
      rules,
      piece('a'),
      { t: 'unknown' },
      piece('b'),
      { t: 'tool', x: 'T' },
      piece('c'),
    );
    expect(events.map((event) => ('text' in event ? event.text : event.kind))).toEqual(['ab', 'tool', 'c']);
    expect(state.text).toBe('c');
  });

  it('keep no more of joined pieces than of an answer, in a time that grows with them', () => {
    const rules: EventRule[] = [{ when: { t: 'piece' }, delta: 'x' }];
    const line = Buffer.from(`${JSON.stringify({ t: 'piece', x: 'abcdefgh' })}\n`.repeat(1000));
    const { state } = read(Array<Buffer>(200).fill(line), rules);
    expect(state.text).toHaveLength(LIMITS.agentAnswerBytes);
  });

  it('add up what steps tell, and take the last of what a run or a session tells', () => {
    const usageOf = (counts: 'run' | 'step' | 'session') => {
      const rule: EventRule = { when: { t: 'u' }, usage: { input: ['i', 'cached'], output: ['o'], usd: 'c', counts } };
      const step = { t: 'u', i: 10, cached: 5, o: 2, c: 0.5 };
      return readLines([rule], step, step).state.usage;
    };
    expect(usageOf('step')).toEqual({ usd: 1, inputTokens: 30, outputTokens: 4 });
    expect(usageOf('run')).toEqual({ usd: 0.5, inputTokens: 15, outputTokens: 2 });
    expect(usageOf('session')).toEqual(usageOf('run'));
  });

  it('tell a failure with its status and the time of a reset, and it stays one', () => {
    const rules: EventRule[] = [
      { when: { t: 'f' }, failure: { message: 'm', status: 's', reset: 'r' } },
      { when: { t: 'd' }, done: true },
    ];
    const { state } = readLines(rules, { t: 'f', m: 'no', s: 429, r: 1795267412 }, { t: 'd' });
    expect(state.failure).toEqual({ message: 'no', status: 429, reset: '1795267412' });
  });

  it('take no session that could be taken for an option', () => {
    const rules: EventRule[] = [{ when: { t: 's' }, session: 'id' }];
    for (const id of ['--help', '', ' ', 'a b', 7, 'x'.repeat(300)]) {
      expect(readLines(rules, { t: 's', id }).state.session).toBeNull();
    }
    expect(readLines(rules, { t: 's', id: 'ses_1' }, { t: 's', id: 'ses_1' }).events).toHaveLength(1);
  });

  it('tell a denial with the call that it denies, each once, up to a limit', () => {
    const rules: EventRule[] = [
      { when: { t: 'call' }, tool: { name: 'n', input: 'i', id: 'id' } },
      { when: { t: 'no' }, denied: { id: 'id' } },
    ];
    const no = (id: string): object => ({ t: 'no', id });
    const { state } = readLines(rules, { t: 'call', n: 'Bash', i: { command: 'rm x' }, id: '1' }, no('1'), no('1'));
    expect(state.denials).toEqual([{ tool: 'Bash', input: 'rm x' }]);
    const many = Array.from({ length: 500 }, (_, index) => no(`n${index}`));
    expect(readLines(rules, ...many).state.denials).toHaveLength(LIMITS.agentDenials);
  });

  it('find denials in lines of standard error', () => {
    const patterns = (PRECONFIGURED['codex']?.denials ?? []).map((pattern) => new RegExp(pattern, 'i'));
    const text =
      '2026-11-21T15:14:28Z ERROR codex_core::tools::router: error=patch rejected: writing is blocked by read-only sandbox';
    const [state, events] = readError(CLI_START, { text, cut: false }, patterns);
    expect(state.denials).toEqual([{ tool: 'patch', input: 'writing is blocked by read-only sandbox' }]);
    expect(events).toHaveLength(1);
    expect(readError(CLI_START, { text: 'all is well', cut: false }, patterns)).toEqual([CLI_START, []]);
  });

  it('of an event longer than a line may be are not asked', () => {
    const long = { type: 'turn.completed', x: 'x'.repeat(LIMITS.agentLineBytes) };
    const { state, events } = readLines(PRECONFIGURED['codex']?.events ?? [], long);
    expect(state.isDone).toBe(false);
    expect(events.map(({ kind }) => kind)).toEqual(['stray']);
  });
});

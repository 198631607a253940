import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisionText, listText, relativeTime, statusText, table } from '../../../src/cli/render/tables.js';
import { pad, truncate, widthOf } from '../../../src/cli/render/width.js';
import { requestView } from '../../../src/progress/view.js';
import { begin, node, question, START } from '../../progress/engines.js';

const ESCAPING = /(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u;

describe('the width of a text', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['ü', 1],
    ['u\u0308', 1],
    ['👍', 2],
    ['ｗｉｄｅ', 8],
    ['█░', 2],
    ['', 0],
  ])('of %s is %d', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  it('is kept to when a text is cut and filled', () => {
    const text = fc.array(fc.constantFrom('a', '日', '👍', 'u\u0308', ' ')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.nat(20), (original, columns) => {
        const cut = truncate(original, columns);
        expect(widthOf(cut)).toBeLessThanOrEqual(columns);
        expect(widthOf(pad(cut, columns))).toBe(columns);
        if (widthOf(original) <= columns) expect(cut).toBe(original);
      }),
    );
  });
});

describe('a table', () => {
  it('is aligned by columns of the terminal', () => {
    const columns = [{ title: 'NAME' }, { title: 'N', side: 'right' as const }, { title: 'X' }];
    expect(
      table(columns, [
        ['日本', '5', 'a'],
        ['b', '100', ''],
      ]),
    ).toBe(['NAME    N  X', '日本    5  a', 'b     100'].join('\n'));
  });

  it('writes nothing that acts on a terminal, and one line for each row', () => {
    const cells = fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 2 }));
    fc.assert(
      fc.property(cells, (rows) => {
        const text = table([{ title: 'A' }, { title: 'B' }], rows);
        expect(text).not.toMatch(ESCAPING);
        expect(text.split('\n')).toHaveLength(rows.length + 1);
      }),
    );
  });
});

describe('a relative time', () => {
  it.each([
    ['2026-01-05T00:00:00.000Z', '5.0s ago'],
    ['2026-01-05T00:02:05.000Z', 'in 2m 00s'],
    ['2026-01-05T00:00:05.400Z', 'now'],
    [null, '–'],
    ['nonsense', '–'],
  ])('of %s is %s', (iso, text) => {
    expect(relativeTime(iso, START + 5000)).toBe(text);
  });
});

describe('the status of a request as text', () => {
  it('shows tasks, times and the open decisions with their commands', () => {
    const { engine, fail } = begin([node('lint'), node('fix\x1b', { title: 'Fix 日本' }), question('q')], {
      request: 'my-req',
    });
    fail('lint', 600);
    const text = statusText(requestView(engine, { now: START + 2000 }), { now: START + 2000 });
    expect(text).not.toMatch(ESCAPING);
    expect(text).toBe(
      [
        'my-req  running  (ESCALATING)',
        '',
        'TASK       STATUS   DURATION  TRIES  AGENT  TITLE          NOTE',
        'lint       failed      600ms      1  baton  Title of lint  command_failed (exit 3)',
        'fix\\u{1b}  running      2.0s      1  baton  Fix 日本',
        'q          waiting         –      0  baton  Title of q',
        '',
        '1 of 3 tasks ended; 2.0s, lower bound 1.0s, one by one 1.6s',
        '',
        'my-req/d1  task  open',
        '  May q happen?',
        '  decided is: Title of q (sha256-of-the-plan#q)',
        '  deadline: in 29d 23h (2026-02-04T00:00:00.000Z), then skip',
        '  baton decide my-req/d1 approve --digest sha256-of-th',
        '  baton decide my-req/d1 skip --digest sha256-of-th',
      ].join('\n'),
    );
  });
});

describe('a request that nobody answered', () => {
  it('says so', () => {
    const { engine, post } = begin([node('a')], { approval: true });
    post({ kind: 'timer', id: 'reminder:d1' }, 1);
    post({ kind: 'timer', id: 'escalation:d1' }, 2);
    post({ kind: 'timer', id: 'decision:d1' }, 3);
    const text = statusText(requestView(engine, { now: START + 1003 }), { now: START + 1003 });
    expect(text).toContain('/d1  plan  expired\n');
    expect(text).toContain('  reject, by deadline via deadline, 1.0s ago: nobody answered in time');
  });
});

describe('a decision as text', () => {
  it('tells since when it has been brought to mind and urgent', () => {
    const { engine, post } = begin([question('q')]);
    const text = (): string =>
      decisionText(requestView(engine, { now: START }).decisions[0]!, { now: START + 86_460_000 });
    expect(text()).not.toContain('reminded');
    post({ kind: 'timer', id: 'reminder:d1' }, 86_400_000);
    expect(text()).toContain('  reminded: 1m 00s ago (2026-01-06T00:00:00.000Z)\n');
    expect(text()).not.toContain('escalated');
  });

  it('tells the deadline while open, and how it ended afterwards', () => {
    const decision = { question: '?', options: ['go', 'skip'], deadlineMs: 60_000, otherwise: 'skip' };
    const { engine, post } = begin([question('q', { decision })]);
    const text = (): string => decisionText(requestView(engine, { now: START }).decisions[0]!, { now: START + 30_000 });
    expect(text()).toContain('  deadline: in 30.0s (2026-01-05T00:01:00.000Z), then skip\n');
    post({ kind: 'decide', decision: 'd1', choice: 'go', comment: 'ok', by: 'ann', via: 'signal' }, 20_000);
    expect(text()).toContain('  go, by ann via signal, 10.0s ago: ok');
    expect(text()).not.toContain('baton decide');
  });
});

describe('a list of requests', () => {
  it('is a table with how long ago each was started and how long it took', () => {
    const row = {
      requestId: 'r1',
      status: 'complete',
      startedAt: '2026-01-05T00:00:00Z',
      finishedAt: '2026-01-05T00:00:12Z',
      description: 'Do\nit',
    };
    expect(
      listText([row, { ...row, requestId: 'r2', status: 'running', finishedAt: null }], { now: START + 65_000 }),
    ).toBe(
      [
        'REQUEST  STATUS       STARTED   TOOK  DESCRIPTION',
        'r1       complete  1m 05s ago  12.0s  Do it',
        'r2       running   1m 05s ago      –  Do it',
      ].join('\n'),
    );
    expect(listText([], { now: 0 })).toBe('No requests yet.');
  });
});

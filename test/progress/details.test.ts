import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import { open } from '../../src/engine/model.js';
import { detailsMarkdown } from '../../src/progress/details.js';
import { simulate } from '../simulation/world.js';
import { begin, node, question, START } from './engines.js';

const details = (engine: Parameters<typeof detailsMarkdown>[0], ms: number, description = 'Do it'): string =>
  detailsMarkdown(engine, { now: START + ms, description });

/** Ids of the tasks in the table, from the top. */
const rows = (text: string): string[] => [...text.matchAll(/^\| `+([^`]+)`/gm)].map(([, id]) => id ?? '');

describe('the details of a request', () => {
  it('hold the bars in a block, the state and the tasks', () => {
    const { engine } = begin([node('alpha'), node('beta', { dependencies: [0] })]);
    expect(details(engine, 500)).toBe(
      [
        '## running',
        '',
        'Do it',
        '',
        '```',
        'Overall: [███████░░░░░░░░░░░░░░░░░░░░░░░] 25.0%',
        '  alpha [███████████████░░░░░░░░░░░░░░░] 50.0%',
        '```',
        '',
        '- **State** MONITORING',
        '- **Tasks** 0 of 2 completed, 1 active; 0 of 2 levels',
        '- **Time** 500ms, about 1.5s left; **performance** 100',
        '- **As of** 2026-01-05T00:00:00.500Z, when something happened last',
        '',
        '### Tasks',
        '',
        '| Task | Title | Status | Agent | Attempts | Time | Note |',
        '| --- | --- | --- | --- | --- | --- | --- |',
        '| `alpha` | Title of alpha | **running** | baton | 1 | 500ms |  |',
        '| `beta` | Title of beta | pending | baton | 0 |  |  |',
      ].join('\n'),
    );
  });

  it('hold each open decision with the very commands that answer it', () => {
    const { engine } = begin([node('a')], { approval: true, request: 'my-req' });
    const text = details(engine, 5);
    expect(text).toContain('**d1** (plan): Run it?');
    expect(text).toContain('- **Decided is** the plan (`sha256-of-the-plan`)');
    expect(text).toContain('- **Options** `approve`, `reject`');
    expect(text).toContain('- **Deadline** 2026-02-04T00:00:00.000Z, then `reject`');
    expect(text).toContain('\nbaton decide my-req/d1 approve --digest sha256-of-th\n');
    expect(text).toContain(
      `\ntemporal workflow signal --workflow-id my-req \\\n  --name decide --input '{"decisionId":"d1","choice":"approve"}'\n`,
    );
    expect(text).toContain('\nbaton decide my-req/d1 reject --digest sha256-of-th\n');
  });

  it('say since when a decision has been brought to mind and urgent, and that one without a safe choice waits', () => {
    const { engine, post } = begin([question('q', { decision: { question: '?', options: ['a', 'b'] } })]);
    expect(details(engine, 5)).not.toContain('Reminded');
    post({ kind: 'timer', id: 'reminder:d1' }, LIMITS.decisionReminderMs);
    expect(details(engine, 5)).toContain('- **Reminded** 2026-01-06T00:00:00.000Z\n');
    post({ kind: 'timer', id: 'escalation:d1' }, LIMITS.decisionEscalationMs);
    const text = details(engine, 5);
    expect(text).toContain('- **Reminded** 2026-01-06T00:00:00.000Z, **escalated** 2026-01-08T00:00:00.000Z\n');
    expect(text).toContain('**urgency** high');
    expect(text).toContain('- **Deadline** none, it waits');
  });

  it('hold no decision that is closed', () => {
    const { engine, post } = begin([question('q'), node('a')]);
    post({ kind: 'decide', decision: 'd1', choice: 'approve', comment: '', by: 'me', via: 'signal' }, 5);
    expect(details(engine, 5)).not.toContain('d1');
  });

  it('say what happens at the deadline', () => {
    const decision = { question: '?', options: ['go', 'skip'], deadlineMs: 60_000, otherwise: 'skip' };
    const { engine } = begin([question('q', { decision })]);
    expect(details(engine, 5)).toContain('- **Deadline** 2026-01-05T00:01:00.000Z, then `skip`');
  });

  it('show messages that were not understood', () => {
    const { engine, post } = begin([node('a')]);
    post({ kind: 'note', text: 'unknown signal `x` | <b>' }, 5);
    expect(details(engine, 5)).toContain('- 2026-01-05T00:00:00.005Z ``unknown signal `x` | <b>``');
  });

  it('show active tasks first, then failed, waiting, queued, then those that ended last', () => {
    const nodes = ['e1', 'e2', 'f', 'w', 'r', 'q'].map((id, i) =>
      node(id, { estimateMs: 9000 - i, retries: id === 'w' ? 1 : 0 }),
    );
    const { engine, end, fail } = begin([...nodes, node('p', { dependencies: [4], estimateMs: 0 })], {
      maxParallel: 1,
    });
    end('e1', 10);
    end('e2', 20);
    fail('f', 30);
    fail('w', 40);
    expect(rows(details(engine, 50))).toEqual(['r', 'f', 'w', 'q', 'e2', 'e1', 'p']);
  });

  it('count the tasks that they do not show', () => {
    const { engine } = begin(Array.from({ length: 100 }, (_, i) => node(`t${i}`)));
    const text = details(engine, 5);
    expect(rows(text)).toHaveLength(LIMITS.detailsRows);
    expect(text).toContain('and 60 more tasks');
  });

  it('let no text of a user become markup', () => {
    const { engine } = begin([node('a', { title: 'x | y\n# z <img src=x> `c`' })]);
    const text = details(engine, 5, '# Title\n<script>alert(1)</script>\n```\n| a |');
    expect(text).toContain('\\# Title &lt;script&gt;alert(1)&lt;/script&gt; \\`\\`\\` \\| a \\|');
    expect(text).toContain('| x \\| y # z &lt;img src=x&gt; \\`c\\` |');
    expect(text).not.toContain('<');
  });

  it('stay below their limit and keep the head, whatever they are given', () => {
    const wide = fc.constantFrom('日', '&', '👍', '`', '\x1b', '<');
    fc.assert(
      fc.property(wide, fc.integer({ min: 1, max: 60 }), fc.boolean(), (character, count, isDecision) => {
        const long = character.repeat(3000);
        const make = isDecision ? question : node;
        const decision = {
          question: long,
          options: Array.from({ length: 20 }, () => long.slice(0, 64)),
          deadlineMs: 5,
        };
        const nodes = Array.from({ length: count }, (_, i) =>
          make(`${'i'.repeat(60)}${i}`, { title: long, agent: long, ...(isDecision ? { decision } : {}) }),
        );
        const { engine, post } = begin(nodes, { request: long.slice(0, 900), maxParallel: 40 });
        for (let i = 0; i < 20; i += 1) post({ kind: 'note', text: long }, 1);
        const text = detailsMarkdown(engine, { now: START + 5, description: long, uiNote: long });
        expect(Buffer.byteLength(text)).toBeLessThan(20 * 1024);
        expect(text).toContain('Overall: [');
        expect(text).toMatch(isDecision ? /[Dd]ecision d1|\*\*d1\*\*/ : /### Tasks/);
      }),
      { numRuns: 30 },
    );
  });

  it('never fail, whatever happened', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: -1000, max: 10_000 }), (seed, now) => {
        const { state, graph } = simulate(seed);
        const text = detailsMarkdown(open(state, graph), { now, description: 'x' });
        expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
      }),
      { numRuns: 100 },
    );
  });
});

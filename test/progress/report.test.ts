import { describe, expect, it } from 'vitest';
import type { Finding, SkillReport } from '../../src/contract/facts.js';
import type { ReportInput } from '../../src/contract/report.js';
import { reportJson, reportMarkdown } from '../../src/progress/report.js';
import { requestView } from '../../src/progress/view.js';
import { begin, node, question, START } from './engines.js';

const finding = (severity: Finding['severity'], message: string, path?: string, line?: number): Finding => ({
  severity,
  message,
  ...(path === undefined ? {} : { path }),
  ...(line === undefined ? {} : { line }),
});

function skill(name: string, more: Partial<SkillReport> = {}): SkillReport {
  const empty = { figures: {}, tables: [], findings: [], findingsLeftOut: 0 };
  return { v: 1, skill: name, title: `Report of ${name}`, summary: `${name} summed up`, ...empty, ...more };
}

/** A request in which `lint` failed, `fix` was skipped by that, and a person chose to skip `q`. */
function input(more: Partial<ReportInput> = {}): ReportInput {
  const { engine, post, end, fail } = begin([
    node('scan'),
    node('lint'),
    question('q'),
    node('fix', { dependencies: [1] }),
  ]);
  post({ kind: 'decide', decision: 'd1', choice: 'skip', comment: 'not | now', by: 'ann', via: 'update' }, 50);
  end('scan', 400);
  fail('lint', 600);
  return {
    request: {
      ...requestView(engine, { now: START + 900 }),
      report: { markdown: '/b/report.md', json: '/b/report.json' },
    },
    description: 'Check all of it',
    workspace: '/w/my project',
    analysis: null,
    skills: [],
    outputs: [],
    agents: [],
    notes: [],
    ...more,
  };
}

/** The text of one section, without its heading. */
const section = (markdown: string, title: string): string =>
  new RegExp(`^## ${title}\\n\\n([^]*?)(?=\\n\\n## |\\n*$(?![^]))`, 'm').exec(markdown)?.[1] ?? '';

describe('the report of a request', () => {
  const text = reportMarkdown(input());

  it('begins with one title, the request and the outcome', () => {
    expect(text.match(/^# .*/gm)).toEqual(['# Report: Check all of it']);
    expect(text).toContain('\n> Check all of it\n');
    expect(section(text, 'Outcome')).toContain('| Outcome | **partial** |');
    expect(section(text, 'Outcome')).toContain('| Tasks | 4, 2 completed, 1 failed, 1 skipped |');
    expect(section(text, 'Outcome')).toContain('| Workspace | `/w/my project` |');
  });

  it('has a row for each task', () => {
    expect(section(text, 'Tasks').split('\n').slice(2)).toEqual([
      '| `scan` | Title of scan | completed | 400ms | 1 |',
      '| `lint` | Title of lint | failed | 600ms | 1 |',
      '| `q` | Title of q | completed | 50ms | 0 |',
      '| `fix` | Title of fix | skipped | – | 0 |',
    ]);
  });

  it('says who decided what, how and when', () => {
    expect(section(text, 'Decisions').split('\n')[2]).toBe(
      '| `req-1/d1` | May q happen? | **skip** | ann | update | 2026-01-05T00:00:00.050Z | not \\| now |',
    );
  });

  it('says what was skipped and why, and what failed', () => {
    expect(section(text, 'What was skipped')).toBe(
      '- `fix` Title of fix: something that it depends on did not complete',
    );
    expect(section(text, 'Errors')).toBe('### `lint` Title of lint\n\n`command_failed` (exit code 3) exit code 3');
  });

  it('says how the time was spent and where the JSON is', () => {
    const time = section(text, 'How the time was spent');
    for (const row of ['| 600ms |', '| 1.1s |', '| 1.75 × |']) expect(time).toContain(row);
    expect(section(text, 'Files')).toContain('`/b/report.json`');
  });

  it('is the same for the same input', () => {
    expect(reportMarkdown(input())).toBe(text);
  });
});

describe('the skills of a report', () => {
  const skills: ReportInput['skills'] = [
    {
      task: 'inventory',
      report: skill('inventory', {
        figures: { files: 1234, 'largest | file': 'a_b.ts' },
        tables: [
          {
            title: 'By type',
            columns: ['Type', 'Files'],
            rows: [
              ['ts', 3],
              ['<b>', 4],
            ],
          },
        ],
        findings: [finding('info', 'fine'), finding('critical', 'bad <i>', 'src/a b.ts', 7)],
        findingsLeftOut: 2,
      }),
    },
    { task: 'hotspots', report: skill('git-hotspots', { skipped: 'no git' }) },
    {
      task: 'todo',
      report: skill('todo', { findings: [finding('critical', 'worse', 'x.ts'), finding('minor', 'small')] }),
    },
  ];
  const text = reportMarkdown(input({ skills }));

  it('give their findings grouped by severity, the gravest first', () => {
    expect(section(text, 'Findings')).toBe(
      [
        '### Critical (2)',
        '- `src/a b.ts:7`: bad &lt;i&gt; (Report of inventory)\n- `x.ts`: worse (Report of todo)',
        '### Minor (1)',
        '- small (Report of todo)',
        '### For information (1)',
        '- fine (Report of inventory)',
      ].join('\n\n'),
    );
    expect(section(text, 'Outcome')).toContain('| Findings | 2 critical, 1 minor, 1 info, 2 more counted only |');
  });

  it('have a section each, in order, with figures and tables', () => {
    expect(text.match(/^## Report of .*/gm)).toEqual([
      '## Report of inventory',
      '## Report of git-hotspots',
      '## Report of todo',
    ]);
    expect(section(text, 'Report of inventory')).toBe(
      [
        'inventory summed up',
        '| Figure | Value |\n| --- | --- |\n| files | 1234 |\n| largest \\| file | a_b.ts |',
        '### By type',
        '| Type | Files |\n| --- | --- |\n| ts | 3 |\n| &lt;b&gt; | 4 |',
        'Findings: 4, 2 of them counted only. Task `inventory`.',
      ].join('\n\n'),
    );
    expect(section(text, 'What was skipped')).toContain('- `hotspots` Report of git-hotspots: no git');
  });
});

describe('the commands of a report', () => {
  const preview = 'line\n```\n# Not a heading\n<script>\x1b[31m\n````';
  const output = { task: 'lint', exitCode: 3, preview, truncated: true, bytes: 8_388_608, path: '/out/lint' };
  const text = reportMarkdown(input({ outputs: [output, { ...output, task: 'scan', exitCode: null, preview: '' }] }));

  it('have a section each with exit code, duration and an output that cannot leave its block', () => {
    expect(section(text, '`lint`: Title of lint')).toBe(
      [
        'failed, exit code 3, 600ms. Output: 8388608 bytes, cut off there, `/out/lint`',
        '`````text\nline\n```\n# Not a heading\n<script>\\u{1b}[31m\n````\n`````',
      ].join('\n\n'),
    );
    expect(section(text, '`scan`: Title of scan')).toBe(
      'completed, no exit code, 400ms. Output: 8388608 bytes, cut off there, `/out/lint`',
    );
  });

  it('name no file for one that printed nothing', () => {
    const silent = { ...output, task: 'scan', exitCode: 0, preview: '', truncated: false, bytes: 0, path: '' };
    expect(section(reportMarkdown(input({ outputs: [silent] })), '`scan`: Title of scan')).toBe(
      'completed, exit code 0, 400ms. Output: 0 bytes',
    );
  });

  it('give the last lines that a failed one wrote with its error', () => {
    expect(section(text, 'Errors')).toContain('`````text\nline\n');
  });

  it('beyond the limit keep the failed ones', () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ ...output, task: i === 299 ? 'lint' : `t${i}` }));
    const long = reportMarkdown(input({ outputs: many }));
    expect(long).toContain('\n## `lint`');
    expect(long).toContain('The outputs of 100 more tasks are not shown.');
  });
});

describe('a report', () => {
  it('lets no text of a user become markup', () => {
    const evil = '<img src=x>\n# Heading\n- [link](javascript:alert) | `x`';
    const report = skill(evil, {
      title: evil,
      summary: evil,
      figures: { [evil]: evil },
      findings: [finding('major', evil, evil)],
    });
    const text = reportMarkdown(
      input({ description: evil, workspace: evil, skills: [{ task: evil, report }], notes: [evil] }),
    );
    expect(text.match(/^#+ .*Heading/gm)?.every((line) => !line.startsWith('# Heading'))).toBe(true);
    // What is left once code spans are taken out holds no tag and no link.
    const plain = text.replace(/(`+)[^`](?:[^]*?[^`])?\1(?!`)/g, '').replace(/\\[\\`*[\]|~$]/g, '');
    expect(plain).not.toMatch(/<img|\]\(/);
  });

  it('as JSON holds everything', () => {
    const skills = [{ task: 'todo', report: skill('todo', { findings: [finding('minor', 'small', 'a.ts', 1)] }) }];
    const value = reportJson(input({ skills, notes: ['n'] }));
    expect(JSON.parse(JSON.stringify(value))).toEqual(value);
    expect(value).toMatchObject({
      v: 1,
      requestId: 'req-1',
      status: 'partial',
      findings: { minor: [{ task: 'todo', severity: 'minor', message: 'small', path: 'a.ts', line: 1 }] },
      time: { makespanMs: 600, sequentialMs: 1050, parallelismRate: 1.75 },
      notes: ['n'],
      request: { tasks: [{ id: 'scan' }, { id: 'lint' }, { id: 'q' }, { id: 'fix' }] },
    });
  });
});

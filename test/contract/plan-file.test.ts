import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatonError } from '../../src/contract/errors.js';
import { LIMITS } from '../../src/contract/limits.js';
import { parsePlanFile } from '../../src/contract/schemas/plan-file.js';
import { planJsonSchema } from '../../src/contract/schemas/plan-schema.js';
import { parsePlanValue } from '../../src/contract/schemas/plan-value.js';

const parse = (text: string) => parsePlanFile(text, { file: 'plan.yaml' });

function refusal(text: string): BatonError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof BatonError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text.slice(0, 200)}`);
}

/** A plan of one task, whose other fields are given in flow style. */
const task = (fields: string): string => `tasks:\n  - {id: a, command: [x], ${fields}}\n`;

describe('a plan file', () => {
  it('is read with every field and its defaults', () => {
    const plan = parse(`
name: nightly
maxParallel: 4
tasks:
  - id: lint
    title: Lint the code
    command: [npm, run, lint]
    estimate: 90s
  - id: fix
    kind: agent
    capabilities: [typescript, refactoring]
    preferredCapabilities: [testing]
    preferredSpecializations: [refactoring]
    prompt: Mend what lint found.
    dependencies: [lint]
    touches: ["src/**"]
    criticality: 0.4
  - {id: ok, decision: {question: "Publish?", deadline: 5m, otherwise: reject}}
  - {id: sh, command: "a | b", timeLimit: 2h, retries: 3, env: {A: b}, cwd: sub/dir, parameters: {x: [1, null]}}
  - {id: inv, skill: inventory, with: {deep: true}}
`);
    expect(plan).toMatchObject({ v: 1, name: 'nightly', maxParallel: 4, onFailure: 'continue' });
    expect(plan.tasks.map((t) => t.action)).toEqual([
      { kind: 'command', argv: ['npm', 'run', 'lint'] },
      { kind: 'agent', prompt: 'Mend what lint found.' },
      {
        kind: 'decision',
        question: 'Publish?',
        options: ['approve', 'reject'],
        deadlineMs: 300_000,
        otherwise: 'reject',
      },
      { kind: 'shell', script: 'a | b' },
      { kind: 'skill', name: 'inventory', with: { deep: true } },
    ]);
    expect(plan.tasks[1]).toMatchObject({
      capabilities: ['typescript', 'refactoring'],
      preferredCapabilities: ['testing'],
      preferredSpecializations: ['refactoring'],
    });
    expect(plan.tasks[0]).toMatchObject({
      estimateMs: 90_000,
      retries: 0,
      cwd: '.',
      delivers: true,
      title: 'Lint the code',
    });
    expect(plan.tasks[3]).toMatchObject({
      title: 'sh',
      timeLimitMs: 7_200_000,
      retries: 3,
      env: { A: 'b' },
      cwd: 'sub/dir',
    });
  });

  it('means the same as JSON and as a value', () => {
    const value = { tasks: [{ id: 'a', command: ['x'], title: 'Ü "q" \\ {[' }] };
    const fromYaml = parse(`tasks:\n- id: a\n  command: [x]\n  title: 'Ü "q" \\ {['\n`);
    expect(parse(JSON.stringify(value))).toEqual(fromYaml);
    expect(parse(`\uFEFF${JSON.stringify(value, null, 2)}`)).toEqual(fromYaml);
    expect({ ...parsePlanValue(value), name: 'plan' }).toEqual(fromYaml);
  });

  it('is named by its file if it has no name', () => {
    expect(parsePlanFile('tasks: [{id: a, command: x}]', { file: '/tmp/night.run.yml' }).name).toBe('night.run');
  });

  it('keeps a prompt of 200 KiB and refuses an argument of that size', () => {
    const long = 'p'.repeat(200 * 1024);
    expect(parse(JSON.stringify({ tasks: [{ id: 'a', prompt: long }] })).tasks[0]?.action).toMatchObject({
      prompt: long,
    });
    expect(refusal(JSON.stringify({ tasks: [{ id: 'a', command: ['x', long] }] })).path).toBe('tasks[0].command[1]');
  });

  it('keeps shell syntax in arguments as plain text', () => {
    const argv = ['echo', '; rm -rf /', '$(id)'];
    expect(parse(JSON.stringify({ tasks: [{ id: 'a', command: argv }] })).tasks[0]?.action).toEqual({
      kind: 'command',
      argv,
    });
  });

  it('reports every problem with file, line, column and path', () => {
    const error = refusal(`tasks:
  - id: a
    command: []
  - id: b/c
    comand: [x]
    command: [x]
    retries: -1
`);
    expect(error.code).toBe('bad_input');
    expect(error.hint).toBeTruthy();
    expect(error.message.split('\n')).toEqual([
      'plan.yaml:3:5 tasks[0].command: empty',
      expect.stringMatching(/^plan\.yaml:4:5 tasks\[1\]\.id: not an id/),
      'plan.yaml:7:5 tasks[1].retries: a whole number from 0 to 100 is needed',
      'plan.yaml:5:5 tasks[1].comand: unknown field',
    ]);
  });

  it('reports the place in JSON too', () => {
    const error = refusal('{\n  "tasks": [\n    {"id": "a", "command": ["x"],\n     "retries": "5"}]}');
    expect(error.message).toMatch(/^plan\.yaml:4:17 tasks\[0\]\.retries: expected number/);
  });

  it('lists 20 problems and counts the rest', () => {
    const error = refusal(JSON.stringify({ tasks: Array.from({ length: 50 }, () => ({ id: '' })) }));
    const lines = error.message.split('\n');
    expect(lines).toHaveLength(21);
    expect(lines[20]).toMatch(/^… and \d+ more$/);
  });

  it('has a JSON Schema that names its fields', () => {
    const schema = planJsonSchema() as { properties: { tasks: { items: { properties: object } } } };
    expect(Object.keys(schema.properties.tasks.items.properties)).toEqual(
      expect.arrayContaining(['id', 'command', 'decision', 'compensate', 'checkpoint', 'parameters']),
    );
  });
});

describe('a variable', () => {
  it('is a text, or names a secret, of which the plan never holds the value', () => {
    const [draft] = parsePlanFile(task('env: {CI: "1", TOKEN: {secret: npm-token}}'), { file: 'p.yaml' }).tasks;
    expect(draft).toMatchObject({ env: { CI: '1' }, secrets: { TOKEN: 'npm-token' } });
  });

  it.each([
    ['env: {TOKEN: {secret: "a b"}}', 'tasks[0].env.TOKEN.secret'],
    ['env: {TOKEN: {secret: a, file: b}}', 'tasks[0].env.TOKEN'],
    ['env: {TOKEN: 5}', 'tasks[0].env.TOKEN'],
    ['env: {LD_PRELOAD: {secret: a}}', 'tasks[0].env.LD_PRELOAD'],
  ])('%s is refused at its path', (fields, path) => {
    expect(refusal(task(fields)).path).toMatch(new RegExp(`^${path.replaceAll(/[[\].]/g, '\\$&')}`));
  });
});

describe('checks', () => {
  it('are lists of arguments or texts for the shell', () => {
    const [draft] = parsePlanFile(task('checks: [[npm, test], make && ./run]'), { file: 'p.yaml' }).tasks;
    expect(draft?.checks).toEqual([
      { kind: 'command', argv: ['npm', 'test'] },
      { kind: 'shell', script: 'make && ./run' },
    ]);
    expect(parsePlanFile(task(''), { file: 'p.yaml' }).tasks[0]).not.toHaveProperty('checks');
  });

  it.each([
    ['checks: []', 'tasks[0].checks'],
    ['checks: [[]]', 'tasks[0].checks[0]'],
    ['checks: [[npm], ""]', 'tasks[0].checks[1]'],
    [`checks: [${Array(21).fill('x').join()}]`, 'tasks[0].checks'],
  ])('%s is refused at its path', (fields, path) => {
    expect(refusal(task(fields))).toMatchObject({ code: 'bad_input', path });
  });

  it('go with no question', () => {
    const text = 'tasks: [{id: a, decision: {question: "Go?"}, checks: [make]}]';
    expect(refusal(text)).toMatchObject({ code: 'bad_input', path: 'tasks[0].checks' });
  });
});

describe('resources', () => {
  it('are names with how much is needed, or a list of which one each is', () => {
    const read = (fields: string) => parsePlanFile(task(fields), { file: 'p.yaml' }).tasks[0]?.resources;
    expect(read('resources: {gpu: 2}')).toEqual({ gpu: 2 });
    expect(read('resources: [production, gpu]')).toEqual({ production: 1, gpu: 1 });
    expect(read('')).toBeUndefined();
  });

  it.each([
    ['resources: {}', 'tasks[0].resources'],
    ['resources: {gpu: 0}', 'tasks[0].resources.gpu'],
    ['resources: {"a b": 1}', 'tasks[0].resources'],
    ['resources: [a b]', 'tasks[0].resources'],
  ])('%s is refused at its path', (fields, path) => {
    const error = refusal(task(fields));
    expect(error.code).toBe('bad_input');
    expect(error.message).toContain(path);
  });
});

describe('fields of later work', () => {
  it.each([
    ['plan: {tasks: []}', 'tasks[0].plan', 'a sub-plan'],
    ['compensate: [git, checkout]', 'tasks[0].compensate', 'compensate'],
    ['checkpoint: true', 'tasks[0].checkpoint', 'checkpoint'],
    ['kind: workflow', 'tasks[0].kind', 'kind workflow'],
  ])('%s is known and not supported yet', (fields, path, name) => {
    const error = refusal(task(fields));
    expect(error.message).toContain(`${path}: ${name} is not supported yet`);
    if (!fields.startsWith('kind')) expect(error.code).toBe('not_supported');
  });

  it('onFailure compensate is not supported yet', () => {
    const error = refusal(`onFailure: compensate\n${task('')}`);
    expect(error).toMatchObject({ code: 'not_supported', path: 'onFailure' });
  });

  it('a mistake beside them makes it bad input', () => {
    expect(refusal(task('checkpoint: true, retries: -1')).code).toBe('bad_input');
  });
});

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...[...'bcdefghi'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghi'[i]}`).join()}]`),
];

/** Each text is refused, and the message says what the pattern says. */
const ATTACKS: [string, string, RegExp][] = [
  ['empty', '', /empty/],
  ['white space', ' \n\t\n', /empty/],
  ['only a comment', '# nothing\n', /mapping/],
  ['truncated JSON', '{"tasks": [{"id": "a", "com', /line 1/],
  ['truncated YAML', 'tasks:\n  - id: "a', /line 2/],
  ['a list at the root', '[1, 2]', /not a list/],
  ['a number at the root', '42', /not a number/],
  ['a text at the root', 'hello', /not a string/],
  ['null at the root', 'null', /not nothing/],
  ['no tasks', 'name: x', /tasks/],
  ['an empty list of tasks', 'tasks: []', /tasks: empty/],
  ['several documents', 'tasks: [{id: a, command: x}]\n---\ntasks: []', /several documents/],
  ['a duplicate YAML key', 'tasks:\n  - id: a\n    command: [x]\n    id: b', /4:5 tasks\[0\]\.id: given twice/],
  [
    'a duplicate JSON key',
    '{"tasks": [{"id": "a", "command": ["x"], "\\u0069d": "b"}]}',
    /tasks\[0\]\.id: given twice/,
  ],
  ['an unknown field', task('shell: true'), /tasks\[0\]\.shell: unknown field/],
  ['an unknown field of the plan', `foo: 1\n${task('')}`, /1:1 foo: unknown field/],
  ['an alias bomb', bomb.join('\n'), /alias/],
  ['many anchors', `x: ${'&a '.repeat(200)}`, /anchors/],
  ['a circle of aliases', 'tasks: &a [*a]', /nested|alias/],
  ['a merge key', 'x: &x {id: a}\ntasks:\n  - <<: *x\n    command: [x]', /unknown field/],
  ['a merge key under %YAML 1.1', `%YAML 1.1\n---\n${task('')}`, /YAML 1\.1/],
  ['an unknown tag', task('title: !js/function "x"'), /[Tt]ag/],
  ['a known tag of no use here', task('title: !!binary aGk='), /[Tt]ag/],
  ['a key that is a list', '? [a]\n: b', /keys? must be/i],
  ['__proto__ in YAML', task('__proto__: {x: 1}'), /__proto__: not a name/],
  [
    '__proto__ in JSON',
    '{"tasks": [{"id": "a", "skill": "s", "with": {"__proto__": {"x": 1}}}]}',
    /__proto__: not a name/,
  ],
  ['nesting of 200,000 [', '['.repeat(200_000), /nested/],
  ['nesting of 200,000 { in JSON', '{"a":'.repeat(200_000), /nested/],
  ['nesting of 200,000 {', '{a: '.repeat(200_000), /nested/],
  ['nesting of 200,000 -', '- '.repeat(200_000), /nested/],
  ['nesting of 200,000 ?', '? '.repeat(200_000), /nested/],
  ['nesting by indentation', Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /nested/],
  ['nesting that the scan cannot see', `[? ${'a: '.repeat(100_000)}]`, /nested/],
  ['a million errors', ': "\n'.repeat(300_000), /errors and more|nested|token/],
  ['a hundred thousand duplicate keys', 'a: b\n'.repeat(100_000), /given twice/],
  ['closing brackets', ']'.repeat(1_000_000), /closes nothing/],
  ['a NUL', 'tasks: [{id: a, command: "x\0y"}]', /NUL/],
  ['an escaped NUL in YAML', task('title: "x\\0y"'), /tasks\[0\]\.title: a NUL/],
  ['an escaped NUL in JSON', '{"tasks": [{"id": "a", "command": ["x\\u0000"]}]}', /tasks\[0\]\.command\[0\]: a NUL/],
  ['a NUL in a key', '{"tasks": [{"id": "a", "prompt": "p", "parameters": {"\\u0000": 1}}]}', /NUL/],
  ['an id with ../', 'tasks: [{id: ../x, command: x}]', /tasks\[0\]\.id: not an id/],
  ['an id with a newline', 'tasks: [{id: "a\\nb", command: x}]', /tasks\[0\]\.id: not an id/],
  ['an id with U+202E', 'tasks: [{id: "a\u202Eb", command: x}]', /tasks\[0\]\.id: not an id/],
  ['the id .', 'tasks: [{id: ., command: x}]', /names a folder/],
  ['the id ..', 'tasks: [{id: .., command: x}]', /names a folder/],
  ['an id of 65 characters', `tasks: [{id: ${'a'.repeat(65)}, command: x}]`, /tasks\[0\]\.id: not an id/],
  ['a number as an id', 'tasks: [{id: 5, command: x}]', /tasks\[0\]\.id: expected string/],
  ['no id', 'tasks: [{command: x}]', /tasks\[0\]\.id/],
  ['NaN', task('risk: .nan'), /tasks\[0\]\.risk/],
  ['Infinity', task('risk: .inf'), /tasks\[0\]\.risk/],
  ['1e400', task('risk: 1e400'), /tasks\[0\]\.risk/],
  ['1e400 in JSON', '{"tasks": [{"id": "a", "command": ["x"], "retries": 1e400}]}', /tasks\[0\]\.retries/],
  ['a risk below 0', task('risk: -1'), /tasks\[0\]\.risk: less than 0/],
  ['a criticality over 1', task('criticality: 1.01'), /tasks\[0\]\.criticality: more than 1/],
  ['a number in quotes', task('retries: "5"'), /tasks\[0\]\.retries: expected number/],
  ['half a retry', task('retries: 0.5'), /whole number/],
  ['10^6 retries', task('retries: 1000000'), /tasks\[0\]\.retries/],
  ['a time limit of 0', task('timeLimit: 0s'), /tasks\[0\]\.timeLimit: a duration longer than 0/],
  ['a time limit without unit', task('timeLimit: "90"'), /tasks\[0\]\.timeLimit: a duration/],
  ['a number as a time limit', task('timeLimit: 90'), /tasks\[0\]\.timeLimit: a duration/],
  ['a negative time limit', task('timeLimit: -5s'), /tasks\[0\]\.timeLimit: a duration/],
  ['a time limit of years', task('timeLimit: 9000d'), /longer than 30 days/],
  ['maxParallel 0', `maxParallel: 0\n${task('')}`, /maxParallel: a whole number from 1/],
  ['maxParallel 101', `maxParallel: 101\n${task('')}`, /maxParallel/],
  ['v 2', `v: 2\n${task('')}`, /v: /],
  ['an unknown kind', task('kind: robot'), /tasks\[0\]\.kind/],
  ['an unknown priority', task('priority: urgent'), /tasks\[0\]\.priority/],
  ['an empty argv', 'tasks: [{id: a, command: []}]', /tasks\[0\]\.command: empty/],
  ['an empty program', 'tasks: [{id: a, command: ["", x]}]', /tasks\[0\]\.command: its first item/],
  ['an empty shell text', 'tasks: [{id: a, command: "  "}]', /tasks\[0\]\.command: empty/],
  ['a number in an argv', 'tasks: [{id: a, command: [sleep, 5]}]', /tasks\[0\]\.command\[1\]: expected string/],
  ['a mapping as a command', 'tasks: [{id: a, command: {x: y}}]', /tasks\[0\]\.command: a list of arguments/],
  ['nothing to do', 'tasks: [{id: a}]', /says nothing to do: give it command or skill or prompt or decision/],
  ['a command and a prompt', task('prompt: p'), /has both command and prompt/],
  ['an agent without prompt', task('kind: agent'), /kind agent needs prompt, but the task has command/],
  ['an agent beside a command', task('agent: x'), /tasks\[0\]\.agent: goes with prompt or skill only/],
  ['with without skill', task('with: {}'), /tasks\[0\]\.with: goes with skill only/],
  [
    'a default that is no option',
    'tasks: [{id: a, decision: {question: q, otherwise: maybe}}]',
    /decision\.otherwise: not one of/,
  ],
  ['an option twice', 'tasks: [{id: a, decision: {question: q, options: [x, x]}}]', /decision\.options: one option/],
  ['a decision without question', 'tasks: [{id: a, decision: {}}]', /decision\.question/],
  ...[
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'NODE_OPTIONS',
    'DYLD_INSERT_LIBRARIES',
    'BASH_ENV',
    'ENV',
    'PYTHONPATH',
    'PYTHONSTARTUP',
  ]
    .concat([
      'PERL5OPT',
      'RUBYOPT',
      'GIT_SSH_COMMAND',
      'GIT_EXTERNAL_DIFF',
      'BATON_TASK_ID',
      'PATH',
      'Path',
      '"a=b"',
      '""',
      '"a b"',
    ])
    .map((name): [string, string, RegExp] => [`env ${name}`, task(`env: {${name}: x}`), /tasks\[0\]\.env/]),
  ...['/etc', '../x', 'a/../../b', '~/x', 'C:\\x', '\\\\host', '""', 'a\\..\\..\\b'].map(
    (cwd): [string, string, RegExp] => [
      `cwd ${cwd}`,
      task(`cwd: ${cwd.startsWith('"') ? cwd : `'${cwd}'`}`),
      /tasks\[0\]\.cwd: /,
    ],
  ),
  ...[
    '/etc/**',
    '../**',
    'a/../b',
    '{a,{b,c}}',
    '{a,b}'.repeat(9),
    `{${'a,'.repeat(300)}b}`,
    '{1..1000000}',
    '+(a)'.repeat(5),
    '!../x',
    '{a',
  ]
    .concat('x'.repeat(513))
    .flatMap((glob) =>
      ['touches', 'inputs', 'outputs'].map((field): [string, string, RegExp] => [
        `${field} ${glob.slice(0, 30)}`,
        task(`${field}: ['${glob}']`),
        new RegExp(`tasks\\[0\\]\\.${field}\\[0\\]: `),
      ]),
    ),
];

describe('an attack is refused with a clear error', () => {
  it.each(ATTACKS)('%s', (_, text, pattern) => {
    const error = refusal(text);
    expect(error.code).toBe('bad_input');
    expect(error.message).toMatch(pattern);
    expect(error.message).toMatch(/^plan\.yaml/);
    expect(error.hint).toBeTruthy();
  });

  it('a file over the limit is refused before it is read', () => {
    expect(refusal(`#${'x'.repeat(LIMITS.planFileBytes)}`).message).toMatch(/larger than 4 MiB/);
  });

  it('100,000 tasks are over the limit, in YAML and in JSON', () => {
    const tasks = Array.from({ length: 100_000 }, (_, i) => ({ id: `t${i}`, prompt: 'p' }));
    expect(refusal(JSON.stringify({ tasks })).message).toMatch(/more than 20000 tasks/);
    expect(refusal(`tasks:\n${tasks.map(({ id }) => `- {id: ${id}, prompt: p}`).join('\n')}`).message).toMatch(
      /more than 20000 tasks/,
    );
  });
});

describe('whatever the text or value', () => {
  const refusesOnly = (run: () => unknown): void => {
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(BatonError);
    }
  };
  const pieces = [
    '- ',
    ': ',
    '[',
    ']',
    '{',
    '}',
    '\n',
    '  ',
    '&a ',
    '*a',
    '"',
    "'",
    '|\n',
    '? ',
    '!t ',
    'tasks',
    'id',
    'command',
    ',',
    '#',
    '---\n',
    '%',
    '\t',
    '<<',
    '5',
  ];

  it('a text gives a draft or a BatonError', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => refusesOnly(() => parse(text))));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (parts) =>
        refusesOnly(() => parse(parts.join(''))),
      ),
      { numRuns: 2000 },
    );
  });

  it('a JSON value gives a draft or a BatonError', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => refusesOnly(() => parsePlanValue(value))));
    fc.assert(fc.property(fc.jsonValue(), (value) => refusesOnly(() => parsePlanValue({ tasks: [value] }))));
    const field = fc.constantFrom(
      'id',
      'command',
      'env',
      'decision',
      'with',
      'touches',
      'cwd',
      'estimate',
      'kind',
      'prompt',
    );
    const odd = fc.array(
      fc.dictionary(field, fc.oneof(fc.jsonValue(), fc.string(), fc.array(fc.string())), { maxKeys: 6 }),
      { maxLength: 3 },
    );
    fc.assert(fc.property(odd, (tasks) => refusesOnly(() => parsePlanValue({ tasks }))));
  });

  it('JSON text and its value are understood alike', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.jsonValue({ maxDepth: 3 }), (prompt, extra) => {
        // As JSON writes it: it knows no -0.
        const value: unknown = JSON.parse(JSON.stringify({ tasks: [{ id: 'a', prompt, parameters: { extra } }] }));
        let expected: unknown;
        try {
          expected = { ...parsePlanValue(value), name: 'plan' };
        } catch {
          expected = undefined;
        }
        if (expected === undefined) refusal(JSON.stringify(value));
        else expect(parse(JSON.stringify(value))).toEqual(expected);
      }),
    );
  });
});

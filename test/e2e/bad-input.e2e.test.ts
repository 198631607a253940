import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox, type Ended } from './harness.js';
import { failure } from './shapes.js';

let sandbox: Sandbox;
beforeAll(() => {
  sandbox = new Sandbox();
});
afterAll(() => sandbox.end());

const SOON_MS = 2000;

interface Refused {
  /** What the answer's `error.path` is. */
  path: string | undefined;
  /** What the message says besides. */
  says: RegExp;
  code?: string;
  /** The whole command takes less than two seconds. */
  soon?: boolean;
}

/** Nothing was started: no server, no worker, no request. What was all the same is ended, so that the next test tells of itself alone. */
async function expectNothingStarted(): Promise<void> {
  const traces = sandbox.traces();
  if (traces.length > 0) await sandbox.clear();
  expect(traces).toEqual([]);
}

/** Runs a command that is to be refused and checks everything that holds of every refusal. */
async function expectRefused(
  args: readonly string[],
  { path, says, code = 'bad_input', soon }: Refused,
): Promise<void> {
  const run = (): Promise<Ended> => sandbox.baton([...args, '--json']);
  let ended = await run();
  // Another process may have had the machine to itself for a moment; a command that is slow is slow twice.
  if (soon && ended.ms >= SOON_MS) ended = await run();
  if (soon) expect(ended.ms).toBeLessThan(SOON_MS);
  expect(ended).toMatchObject({ code: 2 });
  const { error } = failure.parse(JSON.parse(ended.stdout));
  expect(error).toMatchObject({ code, ...(path === undefined ? {} : { path }) });
  expect(error.message).toMatch(says);
  expect(ended.stderr).toBe(`error: ${error.message}\n${error.hint}\n`);
  if (path !== undefined && args.includes('--plan')) expect(error.message).toContain(path);
  expect(error.hint).toMatch(/baton|--\w+|leave the field out|the playbooks are/);
  expect(ended.stderr).not.toMatch(/\n\s+at /);
  await expectNothingStarted();
}

const command = ['true'];
const task = (more: object): object => ({ tasks: [{ id: 'a', command, ...more }] });
const chain = (...edges: [string, string][]): object => ({
  tasks: edges.map(([id, dependency]) => ({ id, command, dependencies: [dependency] })),
});
const bomb = [
  'x0: &x0 [a, a, a, a, a, a, a, a, a, a]',
  ...Array.from({ length: 9 }, (_, i) => `x${i + 1}: &x${i + 1} [${`*x${i}, `.repeat(9)}*x${i}]`),
  'tasks: *x9',
].join('\n');

const PLANS: Record<string, Refused & { plan: string | object }> = {
  'a cycle, named by its members': {
    plan: chain(['lint', 'deploy'], ['build', 'lint'], ['deploy', 'build']),
    path: 'tasks[0].dependencies[0]',
    says: /3 tasks .*lint → deploy → build → lint/,
    soon: true,
  },
  'a task that depends on itself': {
    plan: chain(['a', 'a']),
    path: 'tasks[0].dependencies[0]',
    says: /depends on itself/,
  },
  'a duplicate id': {
    plan: {
      tasks: [
        { id: 'a', command },
        { id: 'a', command },
      ],
    },
    path: 'tasks[1].id',
    says: /already that of tasks\[0\]/,
    soon: true,
  },
  'a missing dependency': {
    plan: {
      tasks: [
        { id: 'build', command },
        { id: 'test', command, dependencies: ['biuld'] },
      ],
    },
    path: 'tasks[1].dependencies[0]',
    says: /no task has the id "biuld"; did you mean "build"/,
    soon: true,
  },
  'an unknown field of a task': {
    plan: task({ comand: 'x' }),
    path: 'tasks[0].comand',
    says: /unknown field/,
    soon: true,
  },
  'an unknown field of the plan': { plan: { ...task({}), paralel: 2 }, path: 'paralel', says: /unknown field/ },
  'an unknown agent': {
    plan: { tasks: [{ id: 'a', prompt: 'Mend it', agent: 'nobody' }] },
    path: 'tasks[0].agent',
    says: /no agent "nobody"/,
    soon: true,
  },
  'an unknown skill': { plan: { tasks: [{ id: 'a', skill: 'alchemy' }] }, path: 'tasks[0].skill', says: /alchemy/ },
  'five megabytes': {
    plan: JSON.stringify({ ...task({}), description: 'x'.repeat(5_000_000) }),
    path: 'plan',
    says: /has 50000\d\d bytes; at most 4194304/,
    soon: true,
  },
  'a cwd above the workspace': {
    plan: task({ cwd: '../elsewhere' }),
    path: 'tasks[0].cwd',
    says: /leads out/,
    soon: true,
  },
  'a cwd that leads out on the way': { plan: task({ cwd: 'a/../../b' }), path: 'tasks[0].cwd', says: /leads out/ },
  'an empty file': { plan: '', path: undefined, says: /empty/ },
  'a list at the root': { plan: [{ id: 'a', command }], path: undefined, says: /not a list/ },
  'a text cut short': { plan: '{"tasks": [{"id": "a", "command": ["tr', path: undefined, says: /.+/ },
  'several documents': { plan: 'tasks: []\n---\ntasks: []\n', path: undefined, says: /several documents/ },
  'a key given twice in YAML': {
    plan: 'tasks:\n  - id: a\n    id: b\n    command: [ls]\n',
    path: 'tasks[0].id',
    says: /plan:3:5 tasks\[0\]\.id: given twice/,
  },
  'a key given twice in JSON': {
    plan: '{"tasks": [{"id": "a", "command": ["ls"], "command": ["rm"]}]}',
    path: 'tasks[0].command',
    says: /given twice/,
  },
  'aliases that multiply': { plan: bomb, path: undefined, says: /alias/ },
  'an unknown tag': { plan: 'tasks: !!js/function "x"\n', path: undefined, says: /tag/i },
  NaN: { plan: 'tasks: [{id: a, command: [ls], risk: .nan}]', path: 'tasks[0].risk', says: /NaN/ },
  'an infinite number': {
    plan: '{"tasks": [{"id": "a", "command": ["ls"], "risk": 1e400}]}',
    path: 'tasks[0].risk',
    says: /Infinity/,
  },
  'a million retries': { plan: task({ retries: 1_000_000 }), path: 'tasks[0].retries', says: /from 0 to 100/ },
  'a number as text': { plan: task({ retries: '5' }), path: 'tasks[0].retries', says: /number/ },
  'a time limit of 0': { plan: task({ timeLimit: '0s' }), path: 'tasks[0].timeLimit', says: /longer than 0/ },
  'a time limit without unit': { plan: task({ timeLimit: 90 }), path: 'tasks[0].timeLimit', says: /unit/ },
  'maxParallel 0': { plan: { maxParallel: 0, ...task({}) }, path: 'maxParallel', says: /from 1 to 100/ },
  'an id that is a path': { plan: task({ id: '../x' }), path: 'tasks[0].id', says: /not an id/ },
  'an id with a newline': { plan: task({ id: 'a\nb' }), path: 'tasks[0].id', says: /not an id/ },
  'an id with NUL': { plan: task({ id: 'a\0b' }), path: 'tasks[0].id', says: /NUL/ },
  'an id of 65 characters': { plan: task({ id: 'x'.repeat(65) }), path: 'tasks[0].id', says: /not an id/ },
  'LD_PRELOAD in env': {
    plan: task({ env: { LD_PRELOAD: '/tmp/x.so' } }),
    path: 'tasks[0].env.LD_PRELOAD',
    says: /may not set/,
  },
  'BATON_TASK_KEY in env': {
    plan: task({ env: { BATON_TASK_KEY: 'x' } }),
    path: 'tasks[0].env.BATON_TASK_KEY',
    says: /set by Baton/,
  },
  'no tasks': { plan: { tasks: [] }, path: 'tasks', says: /at least one task/ },
  'a task that does nothing': { plan: { tasks: [{ id: 'a' }] }, path: 'tasks[0]', says: /nothing to do/ },
};

const LATER: Record<string, object> = {
  compensate: task({ compensate: ['git', 'checkout', '.'] }),
  checkpoint: task({ checkpoint: true }),
  plan: { tasks: [{ id: 'a', command, plan: { tasks: [] } }] },
};

describe('baton run refuses a plan, before anything starts, for', () => {
  it.each(Object.entries(PLANS))('%s', async (name, { plan, ...refused }) => {
    const file = sandbox.write(`plans/${Object.keys(PLANS).indexOf(name)}.plan`, plan);
    await expectRefused(['run', '--plan', file], refused);
  });

  it.each(Object.entries(LATER))('%s, a field of later work', async (field, plan) => {
    const file = sandbox.write(`plans/${field}.json`, plan);
    const path = `tasks[0].${field}`;
    await expectRefused(['run', '--plan', file], { path, says: /is not supported yet/, code: 'not_supported' });
  });

  it('onFailure compensate, of later work', async () => {
    const file = sandbox.write('plans/saga.json', { onFailure: 'compensate', ...task({}) });
    await expectRefused(['run', '--plan', file], {
      path: 'onFailure',
      says: /not supported yet/,
      code: 'not_supported',
    });
  });

  it('a file that is not there', async () => {
    await expectRefused(['run', '--plan', `${sandbox.folder}/none.yaml`], { path: undefined, says: /none\.yaml/ });
  });

  it('several faults at once, and names each', async () => {
    const file = sandbox.write(
      'plans/many.yaml',
      'maxParallel: 0\ntasks:\n  - id: a b\n    command: [ls]\n    tpye: x\n',
    );
    const { stderr } = await sandbox.baton(['run', '--plan', file]);
    expect(stderr).toContain(`${file}:1:1 maxParallel: `);
    expect(stderr).toContain(`${file}:3:5 tasks[0].id: `);
    expect(stderr).toContain(`${file}:5:5 tasks[0].tpye: unknown field`);
    await expectNothingStarted();
  });
});

describe('baton plan and simulate refuse the same plan', () => {
  it.each(['plan', 'simulate'])('%s', async (name) => {
    const file = sandbox.write('plans/cycle.json', chain(['a', 'b'], ['b', 'a']));
    await expectRefused([name, '--plan', file], { path: 'tasks[0].dependencies[0]', says: /a → b → a/ });
  });
});

describe('baton run refuses', () => {
  const good = (): string => sandbox.write('good.json', task({}));

  it('a workspace that does not exist', async () => {
    await expectRefused(['run', '--plan', good(), '--workspace', `${sandbox.folder}/nowhere`], {
      path: 'workspace',
      says: /nowhere does not exist/,
      code: 'workspace_missing',
      soon: true,
    });
  });

  it('a workspace that is a file', async () => {
    await expectRefused(['run', '--plan', good(), '--workspace', good()], {
      path: 'workspace',
      says: /good\.json is not a folder/,
      code: 'workspace_missing',
    });
  });

  it('a workspace that does not exist, for a request in words', async () => {
    await expectRefused(['run', 'Analyze this repository', '--workspace', '../nowhere'], {
      path: 'workspace',
      says: /does not exist/,
      code: 'workspace_missing',
      soon: true,
    });
  });

  it.each(['../x', 'a/b', '-x', '', 'x'.repeat(201), 'a b'])('the request id %j', async (id) => {
    await expectRefused(['run', '--plan', good(), `--id=${id}`], { path: undefined, says: /id/ });
  });

  it('nothing to do', async () => {
    await expectRefused(['run'], { path: 'description', says: /say what is to be done/ });
  });

  it('a playbook that is not there', async () => {
    await expectRefused(['run', 'Do it', '--playbook', 'alchemy'], { path: 'playbook', says: /alchemy/ });
  });

  it('with nothing on standard output where no JSON was asked for', async () => {
    const ended = await sandbox.baton(['run', '--plan', good(), '--workspace', '/nowhere']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(2);
  });
});

describe('a command line that cannot be understood ends with 2, starts nothing, and says where to look', () => {
  it.each<[string, string[], RegExp]>([
    ['unknown command', ['brew'], /unknown command 'brew'/],
    ['unknown option', ['run', '--colour'], /unknown option '--colour'/],
    ['missing argument', ['status'], /missing required argument/],
    ['too many arguments', ['status', 'a', 'b'], /too many arguments/],
    ['--max-parallel 0', ['run', 'x', '--max-parallel', '0'], /whole number from 1 to 100/],
    ['--max-parallel NaN', ['run', 'x', '--max-parallel', 'NaN'], /whole number from 1 to 100/],
    ['--priority', ['run', 'x', '--priority', 'urgent'], /low, normal, high, critical/],
    ['--interaction', ['run', 'x', '--interaction', 'none'], /minimal, checkpoint, collaborative/],
  ])('%s', async (_, args, says) => {
    const ended = await sandbox.baton(args);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toMatch(/baton .*--help/);
    await expectNothingStarted();
  });

  it('with --json as one document', async () => {
    const ended = await sandbox.baton(['status', 'x', '--colour', '--json']);
    expect(ended.code).toBe(2);
    expect(failure.parse(JSON.parse(ended.stdout)).error).toMatchObject({ code: 'bad_input' });
  });
});

describe('where no server runs', () => {
  it.each([
    ['status', 'none'],
    ['report', 'none'],
  ])('%s ends with 5, says how to start one, and starts none', async (...args) => {
    const ended = await sandbox.baton([...args, '--json']);
    expect(ended.code).toBe(5);
    expect(failure.parse(JSON.parse(ended.stdout)).error).toMatchObject({
      code: 'no_server',
      hint: expect.stringContaining('baton up') as string,
    });
    await expectNothingStarted();
  });
});

describe('an id that is not there ends with 2', () => {
  beforeAll(async () => {
    await sandbox.json(['run', '--plan', sandbox.write('good.json', task({})), '--id', 'known']);
  });

  it.each([
    ['status', 'unknown'],
    ['watch', 'unknown'],
    ['report', 'unknown'],
    ['decisions', 'unknown'],
    ['cancel', 'unknown'],
    ['cancel', 'unknown/task'],
    ['pause', 'unknown'],
    ['decide', 'unknown/d1', 'approve'],
    ['status', '../../etc/passwd'],
  ])('%s %s', async (...args) => {
    const ended = await sandbox.baton([...args, '--json']);
    expect(ended).toMatchObject({ code: 2 });
    const { error } = failure.parse(JSON.parse(ended.stdout));
    expect(error).toMatchObject({ code: 'unknown_id', hint: expect.stringContaining('baton') as string });
  });

  it('a decision without its request is not an id', async () => {
    const ended = await sandbox.baton(['decide', 'd1', 'approve', '--json']);
    expect(ended.code).toBe(2);
    expect(failure.parse(JSON.parse(ended.stdout)).error).toMatchObject({ code: 'bad_input' });
  });

  it('what is known is shown', async () => {
    expect(await sandbox.json(['status', 'known'])).toMatchObject({ requestId: 'known', status: 'complete' });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './harness.js';
import { failure, preview, type Preview } from './shapes.js';

let sandbox: Sandbox;
let workspace: string;
beforeAll(() => {
  sandbox = new Sandbox();
  workspace = sandbox.repository('repo', {
    'src/parser.ts': '// TODO: mend\nexport const parse = 1;\n',
    'src/login.ts': 'export const login = 1;\n',
    'package.json': '{"name": "x", "scripts": {"test": "node --test", "lint": "eslint ."}}',
    'README.md': '# Something\n',
  });
});
afterEach(() => expect(sandbox.traces()).toEqual([]));
afterAll(() => sandbox.end());

const QUALITY = 'Analyze this repository for quality problems';
const NO_PATTERN = 'Refactor the parser so that it reads streams';

/** Two branches of 2 s and 5 s between a first task of 1 s and a last one of 3 s. */
const DIAMOND = {
  name: 'diamond',
  tasks: [
    { id: 'first', command: ['true'], estimate: '1s' },
    { id: 'quick', command: ['true'], estimate: '2s', dependencies: ['first'] },
    { id: 'slow', command: ['true'], estimate: '5s', dependencies: ['first'] },
    { id: 'last', command: ['true'], estimate: '3s', dependencies: ['quick', 'slow'] },
  ],
};
const diamond = (): string => sandbox.write('diamond.json', DIAMOND);
const planOf = async (...args: string[]): Promise<Preview> => preview.parse(await sandbox.json(['plan', ...args]));

describe('baton plan of a request', () => {
  it('has the fields that scripts rely on, and at least eight skills side by side', async () => {
    const { analysis, plan, estimate } = await planOf(QUALITY, '--workspace', workspace);
    const reading = plan.tasks.filter((task) => task.kind === 'skill' && task.dependencies.length === 0);
    expect(reading.length).toBeGreaterThanOrEqual(8);
    expect(plan.levels[0]).toEqual(expect.arrayContaining(reading.map(({ id }) => id)));
    expect(plan.levels.flat().sort()).toEqual(plan.tasks.map(({ id }) => id).sort());
    expect(plan.groups.flat()).toEqual(plan.levels.flat());
    expect(plan.allocations.map(({ task }) => task).sort()).toEqual(plan.tasks.map(({ id }) => id).sort());
    expect(analysis.intent.confidence).toBeGreaterThan(0.5);
    expect(estimate.lowerBoundMs).toBeLessThanOrEqual(estimate.makespanMs);
    expect(estimate.makespanMs).toBeLessThan(estimate.sequentialMs);
  });

  it("puts the project's own commands behind one decision", async () => {
    const { plan } = await planOf(QUALITY, '--workspace', workspace);
    const [decision, ...others] = plan.tasks.filter(({ kind }) => kind === 'decision');
    expect(others).toEqual([]);
    const behind = plan.tasks.filter(({ dependencies }) => dependencies.includes(decision?.id ?? ''));
    const commands = behind.map((task) => (task as { action?: { with?: { argv?: string[] } } }).action?.with?.argv);
    expect(commands.map((argv) => argv?.join(' ')).sort()).toEqual(['npm run lint', 'npm test']);
  });

  it('gives the same plan, by its digest, for the same request', async () => {
    const [one, other] = [
      await planOf(QUALITY, '--workspace', workspace),
      await planOf(QUALITY, '--workspace', workspace),
    ];
    expect(one.plan.digest).toBe(other.plan.digest);
    const elsewhere = await planOf(QUALITY, '--workspace', `${workspace}/src`);
    expect(elsewhere.plan.digest).not.toBe(one.plan.digest);
  });

  it('as text names every task, the critical path and the estimates, in plain lines', async () => {
    const ended = await sandbox.baton(['plan', '--plan', diamond()]);
    expect(ended.code).toBe(0);
    for (const { id } of DIAMOND.tasks) expect(ended.stdout).toMatch(new RegExp(`\\b${id}\\b`));
    expect(ended.stdout).toMatch(/first → slow → last/);
    expect(ended.stdout).toContain('9.0s');
    expect(ended.stdout).toContain('11.0s');
    // eslint-disable-next-line no-control-regex
    expect(ended.stdout + ended.stderr).not.toMatch(/[\x1b\r]/);
  });

  it('as Mermaid is a graph with the edges of the plan', async () => {
    const { code, stdout } = await sandbox.baton(['plan', '--plan', diamond(), '--mermaid']);
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(/^(flowchart|graph) /);
    const names = new Map(
      lines.flatMap((line) => [...line.matchAll(/(\w+)\["?(\w+)/g)].map((m) => [m[1], m[2]] as const)),
    );
    const edges = lines.flatMap((line) => {
      const match = /^\s*(\w+) -+> (\w+)/.exec(line);
      return match ? [`${names.get(match[1])} → ${names.get(match[2])}`] : [];
    });
    expect(edges.sort()).toEqual(['first → quick', 'first → slow', 'quick → last', 'slow → last']);
  });
});

describe('baton simulate', () => {
  const simulate = async (...args: string[]): Promise<Record<string, unknown>> =>
    sandbox.json(['simulate', '--plan', diamond(), ...args]);

  it('predicts makespan, work, bound and utilisation of a plan by its estimates', async () => {
    expect(await simulate()).toMatchObject({
      v: 1,
      tasks: 4,
      makespanMs: 9000,
      sequentialMs: 11_000,
      lowerBoundMs: 9000,
      costUsd: 0,
    });
  });

  it('is as slow as the work with one task at once', async () => {
    expect(await simulate('--max-parallel', '1')).toMatchObject({ maxParallel: 1, makespanMs: 11_000, utilisation: 1 });
  });

  it('starts no task before what it depends on has ended', async () => {
    const { schedule } = (await simulate()) as { schedule: { id: string; startMs: number; endMs: number }[] };
    const at = Object.fromEntries(schedule.map((span) => [span.id, span]));
    const early = DIAMOND.tasks.flatMap(({ id, dependencies = [] }) =>
      dependencies.filter((dependency) => at[id]!.startMs < at[dependency]!.endMs),
    );
    expect(schedule).toHaveLength(4);
    expect(early).toEqual([]);
  });

  it('takes a playbook', async () => {
    const found = await sandbox.json<{ tasks: number }>([
      'simulate',
      '--playbook',
      'quality-analysis',
      '--workspace',
      workspace,
    ]);
    expect(found.tasks).toBeGreaterThanOrEqual(8);
  });

  it('prints the same figures for people', async () => {
    const { code, stdout } = await sandbox.baton(['simulate', '--plan', diamond()]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/makespan +9\.0s/);
    expect(stdout).toMatch(/one after another +11\.0s/);
  });
});

describe('a request that fits no pattern', () => {
  it('is planned as one agent task before the checks of the project, behind approval; plan ends with 0 and names what is missing', async () => {
    const ended = await sandbox.baton(['plan', NO_PATTERN, '--workspace', workspace, '--json']);
    expect(ended.code).toBe(0);
    const { plan, analysis, ...more } = preview.parse(JSON.parse(ended.stdout));
    const [agent, ...others] = plan.tasks.filter(({ kind }) => kind === 'agent');
    expect(others).toEqual([]);
    const checks = plan.tasks.filter(({ kind }) => kind === 'skill');
    expect(checks.length).toBe(2);
    for (const check of checks) expect(check.dependencies).toContain(agent?.id);
    expect(more).toMatchObject({ needsApproval: true, missing: [expect.stringContaining('Claude Code') as string] });
    expect(analysis.files.map(({ path }) => path)[0]).toBe('src/parser.ts');
    expect(ended.stderr).toContain('missing: ');
    expect(ended.stderr).toContain('npm install -g @anthropic-ai/claude-code');
  });

  it('cannot be run: run ends with 2 and says what to install', async () => {
    const ended = await sandbox.baton(['run', NO_PATTERN, '--workspace', workspace, '--json']);
    expect(ended.code).toBe(2);
    const { error } = failure.parse(JSON.parse(ended.stdout));
    expect(error.code).toBe('not_installed');
    expect(error.message).toContain('npm install -g @anthropic-ai/claude-code');
    expect(error.hint).toContain('baton plan');
  });

  it('neither can a plan file with an agent task', async () => {
    const file = sandbox.write('agent.json', { tasks: [{ id: 'a', prompt: 'Mend it' }] });
    expect((await sandbox.baton(['plan', '--plan', file])).code).toBe(0);
    const ended = await sandbox.baton(['run', '--plan', file, '--json']);
    expect(ended.code).toBe(2);
    const { error } = failure.parse(JSON.parse(ended.stdout));
    expect(`${error.code}: ${error.message}`).toMatch(/not_installed: .*npm install -g @anthropic-ai\/claude-code/);
  });
});

describe('baton alone', () => {
  it('prints three commands to try', async () => {
    const { code, stdout } = await sandbox.baton([]);
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => line.startsWith('  baton '))).toHaveLength(3);
  });

  it('explains every command', async () => {
    const { stdout } = await sandbox.baton(['--help']);
    const names = [...stdout.matchAll(/^ {2}([a-z]+)\b/gm)].map((match) => match[1]!);
    const promised = [
      'run',
      'plan',
      'simulate',
      'status',
      'watch',
      'list',
      'report',
      'decisions',
      'decide',
      'cancel',
      'up',
      'down',
      'doctor',
    ];
    expect(names).toEqual(expect.arrayContaining(promised));
    const helps = await Promise.all(['run', 'help', 'decide'].map((name) => sandbox.baton([name, '--help'])));
    expect(helps.map(({ code, stdout: help }) => [code, help.startsWith('Usage: baton')])).toEqual([
      [0, true],
      [0, true],
      [0, true],
    ]);
    expect(helps[0]?.stdout).toMatch(/--workspace[^]*--no-wait[^]*--id/);
  });
});

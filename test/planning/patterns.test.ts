import { describe, expect, it } from 'vitest';
import { analyzeRequest } from '../../src/analysis/analyze.js';
import type { WorkspaceFacts } from '../../src/contract/facts.js';
import type { RequestInput } from '../../src/contract/request.js';
import { compilePlan } from '../../src/planning/compile.js';
import { planFor } from '../../src/planning/patterns.js';

const FACTS: WorkspaceFacts = {
  v: 1,
  path: '/w',
  repository: '/w',
  head: 'a'.repeat(40),
  branch: 'main',
  dirty: false,
  files: 100,
  bytes: 1000,
  truncated: false,
  languages: [],
  manifests: ['package.json'],
  commands: [
    { purpose: 'test', argv: ['npm', 'run', 'test'], cwd: '.', source: 'package.json' },
    { purpose: 'test', argv: ['npm', 'run', "it's"], cwd: 'sub', source: 'sub/package.json' },
    { purpose: 'format', argv: ['npm', 'run', 'format'], cwd: '.', source: 'package.json' },
  ],
  agents: [],
};

function propose(request: RequestInput, facts: WorkspaceFacts | null = FACTS) {
  const proposal = planFor({ analysis: analyzeRequest(request, facts), facts, request, decisionDeadlineMs: 600_000 });
  return { ...proposal, plan: compilePlan(proposal.draft, { maxParallel: 10 }) };
}

describe('a request to analyze the quality of a repository', () => {
  const { plan, ...proposal } = propose({ description: 'Analyze this repository for quality problems' });

  it('becomes skills in parallel that need no approval', () => {
    expect(proposal).toMatchObject({ pattern: 'quality-analysis', needsApproval: false });
    const skills = plan.tasks.filter(({ level, kind }) => level === 0 && kind === 'skill');
    expect(skills.map(({ id }) => id)).toEqual([
      'inventory',
      'languages',
      'todo-comments',
      'large-files',
      'duplicate-code',
      'dependencies',
      'git-hotspots',
      'secrets',
      'documentation',
      'tests',
      'project-commands',
    ]);
  });

  it('runs the project’s commands only behind a decision that names them', () => {
    const decision = plan.tasks.find(({ id }) => id === 'run-project-commands');
    expect(decision?.action).toMatchObject({ options: ['approve', 'skip'], otherwise: 'skip', deadlineMs: 600_000 });
    expect(decision?.action).toMatchObject({
      question: expect.stringContaining(`npm run test; npm run 'it'\\''s' (in sub); npm run format`),
    });
    const runs = plan.tasks.filter(({ action }) => action.kind === 'skill' && action.name === 'project-command');
    expect(runs.map(({ id, dependencies }) => [id, dependencies])).toEqual(
      ['run-test', 'run-test-2', 'run-format'].map((id) => [id, ['run-project-commands']]),
    );
    expect(runs[1]?.action).toMatchObject({ with: { purpose: 'test', argv: ['npm', 'run', "it's"], cwd: 'sub' } });
  });

  it('asks nothing if the project has no commands or was not measured', () => {
    for (const facts of [{ ...FACTS, commands: [] }, null]) {
      const tasks = propose({ description: 'Review the codebase' }, facts).plan.tasks;
      expect(tasks).toHaveLength(11);
      expect(tasks.every(({ kind }) => kind === 'skill')).toBe(true);
    }
  });
});

describe('a request that fits no pattern', () => {
  it('becomes one agent task and the project’s checks, behind approval', () => {
    const { plan, ...proposal } = propose({ description: 'Add a dark mode to the page', priority: 'high' });
    expect(proposal).toMatchObject({ pattern: null, needsApproval: true });
    expect(plan.tasks.map(({ id, type, dependencies }) => [id, type, dependencies])).toEqual([
      ['work', 'general', []],
      ['run-test', 'test', ['work']],
      ['run-test-2', 'test', ['work']],
    ]);
    expect(plan.tasks[0]).toMatchObject({
      action: { kind: 'agent', prompt: 'Add a dark mode to the page' },
      priority: 'high',
    });
    expect(plan.tasks[2]).toMatchObject({ cwd: 'sub', action: { kind: 'command', argv: ['npm', 'run', "it's"] } });
  });

  it.each([
    'Analyze this repository for quality problems and fix them',
    'Investigate the problem with the login',
    'Review the code in login.ts for races',
    'Please refactor the repository',
  ])('%s is not only read', (description) => {
    expect(propose({ description }).pattern).toBeNull();
  });
});

describe('a playbook that the request names', () => {
  it('is taken whatever the text says', () => {
    expect(propose({ description: 'x', playbook: 'quality-analysis' }).pattern).toBe('quality-analysis');
  });

  it.each(['nope', 'constructor', '__proto__'])('is refused if it does not exist: %s', (playbook) => {
    expect(() => propose({ description: 'x', playbook })).toThrow(
      expect.objectContaining({ code: 'bad_input', path: 'playbook' }),
    );
  });
});

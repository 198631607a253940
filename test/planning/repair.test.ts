import { expect, it } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import { TASK_ID_PATTERN } from '../../src/contract/names.js';
import { compilePlan } from '../../src/planning/compile.js';
import { withRepair } from '../../src/planning/repair.js';
import { toGraph } from '../../src/planning/to-graph.js';
import { draftOf } from './drafts.js';

const long = 'x'.repeat(64);
const plan = compilePlan(
  draftOf([
    { id: 'other' },
    { id: long, title: 'Y'.repeat(200), cwd: 'sub', action: { kind: 'agent', prompt: 'Edit a.txt.', agent: 'mender' } },
    { id: 'after', dependencies: [long] },
  ]),
  { maxParallel: 2 },
);
const conflict = { branch: 'baton-agents/r/x.0', commit: 'c0ffee', files: ['a.txt', 'b.txt'], against: ['other'] };

it('a repair is one more task, for the same agent in the same folder, that merges the commit in conflict', () => {
  const repaired = withRepair(plan, { task: long, conflict });
  expect(repaired.tasks.slice(0, 3)).toEqual(plan.tasks);
  const [task] = repaired.tasks.slice(3);
  expect(task).toMatchObject({
    title: expect.stringMatching(/^Y+ \(merged with other\)$/) as string,
    kind: 'agent',
    cwd: 'sub',
    dependencies: [],
    delivers: false,
    action: { agent: 'mender', repairs: { task: long, commit: 'c0ffee', branch: 'baton-agents/r/x.0' } },
  });
  expect(task?.id).toMatch(TASK_ID_PATTERN);
  expect(task?.timeLimitMs).toBeLessThanOrEqual(LIMITS.taskTimeLimitMs);
  const { prompt } = task?.action as { prompt: string };
  for (const told of ['task other', 'a.txt, b.txt', 'git show c0ffee', 'Edit a.txt.']) expect(prompt).toContain(told);
  expect(toGraph(repaired)[3]).toMatchObject({ repairs: 1, agent: 'mender' });
});

it('each further repair has an id of its own, and only an agent’s task has one', () => {
  const twice = withRepair(withRepair(plan, { task: long, conflict }), { task: long, conflict });
  expect(new Set(twice.tasks.map(({ id }) => id)).size).toBe(5);
  expect(() => withRepair(plan, { task: 'other', conflict })).toThrow('no task of an agent');
});

it('of a broken check tells the agent what broke and how, and has the same checks to pass', () => {
  const checks = [{ kind: 'command' as const, argv: ['npm', 'test'] }];
  const [fix] = compilePlan(draftOf([{ id: 'fix', checks, action: { kind: 'agent', prompt: 'Edit.' } }]), {
    maxParallel: 1,
  }).tasks;
  const check = { command: 'npm test', message: 'npm ended with exit code 1', tail: 'expected 2, got 3' };
  const repaired = withRepair({ ...plan, tasks: [fix!] }, { task: 'fix', conflict: { ...conflict, files: [], check } });
  const [, task] = repaired.tasks;
  expect(task).toMatchObject({ title: 'fix (repaired)', checks, action: { repairs: { check: 'npm test' } } });
  const { prompt } = task?.action as { prompt: string };
  for (const told of ['`npm test`', 'exit code 1', 'expected 2, got 3', 'task other']) expect(prompt).toContain(told);
  expect(prompt).not.toContain('conflict markers');
  expect(toGraph(repaired)[1]).toMatchObject({ checks: 1, repairs: 0 });
});

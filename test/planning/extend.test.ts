import { expect, test } from 'vitest';
import { compilePlan } from '../../src/planning/compile.js';
import { extendPlan } from '../../src/planning/extend.js';
import { taskDraft } from '../../src/planning/playbooks/task-draft.js';

const command = (id: string, dependencies: string[] = []) =>
  taskDraft({ id, dependencies, action: { kind: 'command', argv: ['true'] } });

const plan = compilePlan(
  { v: 1, name: 'p', description: '', onFailure: 'continue', tasks: [command('a'), command('build', ['a'])] },
  { maxParallel: 2 },
);

test('what the plan had keeps its place, and what is added may depend on it and on each other', () => {
  const longer = extendPlan(plan, [command('c', ['build']), command('d', ['c'])]);
  expect(longer.tasks.slice(0, 2)).toEqual(plan.tasks);
  expect(longer.tasks.map(({ id, level, kind }) => [id, level, kind])).toEqual([
    ['a', 0, 'skill'],
    ['build', 1, 'skill'],
    ['c', 2, 'skill'],
    ['d', 3, 'skill'],
  ]);
});

test('an id that is taken and a dependency that is not there are named by their path', () => {
  expect(() => extendPlan(plan, [command('a')])).toThrow('id: the plan has a task a already');
  expect(() => extendPlan(plan, [command('c', ['a', 'buidl'])])).toThrow(
    'dependencies[1]: the plan has no task buidl; did you mean build?',
  );
});

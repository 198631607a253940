import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatonError } from '../../src/contract/errors.js';
import { canonicalJson } from '../../src/contract/json.js';
import type { PlanDraft } from '../../src/contract/plan.js';
import { compilePlan } from '../../src/planning/compile.js';
import type { Action } from '../../src/contract/plan.js';
import { labelOf, toGraph } from '../../src/planning/to-graph.js';
import { draftOf } from './drafts.js';

const compile = (draft: PlanDraft) => compilePlan(draft, { maxParallel: 10 });
const dependenciesOf = (draft: PlanDraft) =>
  Object.fromEntries(compile(draft).tasks.map((t) => [t.id, t.dependencies]));

function refusal(draft: PlanDraft): BatonError {
  try {
    compile(draft);
  } catch (error) {
    if (error instanceof BatonError) return error;
    throw error;
  }
  throw new Error('accepted');
}

/** Drafts without cycles: `edges[i]` picks dependencies among the tasks before i; the definition is shuffled. */
const drafts = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 25 })
  .map((edges) =>
    edges.map((picks, i) => ({ id: `t${i}`, dependencies: i === 0 ? [] : picks.map((p) => `t${p % i}`) })),
  )
  .chain((tasks) => fc.shuffledSubarray(tasks, { minLength: tasks.length }))
  .map((tasks) => draftOf(tasks));

describe('a compiled plan', () => {
  it('is in topological order with its defaults filled in', () => {
    const plan = compile(
      draftOf([
        { id: 'c', dependencies: ['a', 'b'] },
        { id: 'a' },
        { id: 'b', action: { kind: 'agent', prompt: 'p' } },
        { id: 'd', action: { kind: 'decision', question: 'q', options: ['approve'] } },
      ]),
    );
    expect(plan.tasks.map(({ id, level, kind, estimateMs }) => [id, level, kind, estimateMs])).toEqual([
      ['a', 0, 'skill', 30_000],
      ['b', 0, 'agent', 300_000],
      ['c', 1, 'skill', 30_000],
      ['d', 0, 'decision', 0],
    ]);
    expect(plan).toMatchObject({ strategy: 'parallel', maxParallel: 10, notes: [] });
  });

  it('is sequential when it is a chain', () => {
    expect(compile(draftOf([{ id: 'a' }, { id: 'b', dependencies: ['a'] }], { maxParallel: 2 }))).toMatchObject({
      strategy: 'sequential',
      maxParallel: 2,
    });
  });

  it('has the same canonical text each time, and its graph depends backwards only', () => {
    fc.assert(
      fc.property(drafts, (draft) => {
        const plan = compile(draft);
        expect(canonicalJson(compile(structuredClone(draft)))).toBe(canonicalJson(plan));
        expect(plan.tasks.map(({ id }) => id).sort()).toEqual(draft.tasks.map(({ id }) => id).sort());
        toGraph(plan).forEach(({ dependencies }, i) => dependencies.forEach((d) => expect(d).toBeLessThan(i)));
      }),
    );
  });

  it('may be a chain of 5,000', () => {
    const tasks = Array.from({ length: 5000 }, (_, i) => ({ id: `t${i}`, dependencies: i ? [`t${i - 1}`] : [] }));
    expect(compile(draftOf(tasks)).tasks.at(-1)?.level).toBe(4999);
  });
});

describe('a draft is refused', () => {
  it('with both places of a duplicate id', () => {
    const error = refusal(draftOf([{ id: 'a' }, { id: 'b' }, { id: 'a' }]));
    expect(error).toMatchObject({ code: 'bad_input', path: 'tasks[2].id' });
    expect(error.message).toContain('tasks[0]');
  });

  it('with a suggestion for a missing dependency', () => {
    const error = refusal(
      draftOf([{ id: 'build' }, { id: 'b', dependencies: ['biuld'] }, { id: 'c', dependencies: ['zzz'] }]),
    );
    expect(error.path).toBe('tasks[1].dependencies[0]');
    expect(error.message.split('\n')).toEqual([
      'tasks[1].dependencies[0]: no task has the id "biuld"; did you mean "build"?',
      'tasks[2].dependencies[0]: no task has the id "zzz"',
    ]);
  });

  it('when a task depends on itself', () => {
    expect(refusal(draftOf([{ id: 'a', dependencies: ['a'] }])).message).toMatch(/depends on itself/);
  });

  it('when it has no tasks', () => {
    expect(refusal(draftOf([])).path).toBe('tasks');
  });

  it('with the members of a cycle in order', () => {
    const error = refusal(
      draftOf([
        { id: 'x' },
        { id: 'a', dependencies: ['x', 'b'] },
        { id: 'b', dependencies: ['c'] },
        { id: 'c', dependencies: ['a'] },
      ]),
    );
    expect(error.path).toBe('tasks[1].dependencies[1]');
    expect(error.message).toContain('a → b → c → a');
  });

  it('with a cycle of 5,000', () => {
    const tasks = Array.from({ length: 5000 }, (_, i) => ({ id: `t${i}`, dependencies: [`t${(i + 1) % 5000}`] }));
    expect(refusal(draftOf(tasks)).message).toMatch(/^tasks\[0\]\.dependencies\[0\]: 5000 tasks .* 4992 more/);
  });

  it('once a back edge closes a cycle, and the named cycle is one', () => {
    fc.assert(
      fc.property(drafts, fc.nat(), (draft, pick) => {
        const plan = compile(draft);
        const task = plan.tasks[pick % plan.tasks.length];
        const dependency = task?.dependencies[0];
        fc.pre(task !== undefined && dependency !== undefined);
        const tasks = draft.tasks.map((t) =>
          t.id === dependency ? { ...t, dependencies: [...t.dependencies, task.id] } : t,
        );
        const named = /cycle: (.*) \(/.exec(refusal({ ...draft, tasks }).message)?.[1]?.split(' → ') ?? [];
        expect(named.length).toBeGreaterThan(2);
        fc.pre(!named.some((id) => id.startsWith('…')));
        named.slice(1).forEach((id, i) => {
          expect(tasks.find((t) => t.id === named[i])?.dependencies).toContain(id);
        });
        expect(named[0]).toBe(named.at(-1));
      }),
    );
  });
});

describe('dependencies inferred from inputs and outputs', () => {
  it.each<[string, string, boolean]>([
    ['dist/a.js', 'dist/a.js', true],
    ['./dist/a.js', 'dist/a.js', true],
    ['dist/**', 'dist/a.js', true],
    ['dist/', 'dist/x/a.js', true],
    ['dist/a.js', 'dist/**', true],
    ['dist/x/**', 'dist/**', true],
    ['dist', 'dist/**', true],
    ['dist/**', 'dist', true],
    ['**', 'a', true],
    ['dist/**', 'distant/a.js', false],
    ['*.js', 'a.js', false],
    ['*.js', '*.js', true],
    ['a', 'b', false],
  ])('output %s and input %s: %s', (output, input, meets) => {
    const draft = draftOf([
      { id: 'use', inputs: [input] },
      { id: 'make', outputs: [output] },
    ]);
    expect(dependenciesOf(draft)['use']).toEqual(meets ? ['make'] : []);
    if (meets) expect(compile(draft).notes[0]).toContain('"use" waits for "make"');
  });

  it('are not added to what is said already, nor to the task itself', () => {
    const draft = draftOf([
      { id: 'a', outputs: ['x'], inputs: ['x'] },
      { id: 'b', inputs: ['x', './x'], dependencies: ['a', 'a'] },
    ]);
    expect(dependenciesOf(draft)).toEqual({ a: [], b: ['a'] });
    expect(compile(draft).notes).toEqual([]);
  });

  it('yield to an explicit one that says the opposite', () => {
    const draft = draftOf([
      { id: 'a', inputs: ['x'] },
      { id: 'b', outputs: ['x'], dependencies: ['a'] },
    ]);
    expect(dependenciesOf(draft)).toEqual({ a: [], b: ['a'] });
    expect(compile(draft).notes[0]).toMatch(/cycle \(a → b → a\); "a" does not wait for "b"/);
  });

  it('that form a cycle are broken at the lowest priority, else at the task defined last', () => {
    const ring = (priority: 'low' | 'normal') =>
      draftOf([
        { id: 'a', inputs: ['z'], outputs: ['x'], priority },
        { id: 'b', inputs: ['x'], outputs: ['y'] },
        { id: 'c', inputs: ['y'], outputs: ['z'] },
      ]);
    expect(dependenciesOf(ring('normal'))).toEqual({ a: ['c'], b: ['a'], c: [] });
    expect(dependenciesOf(ring('low'))).toEqual({ a: ['c'], b: [], c: ['b'] });
  });

  it('are bounded', () => {
    const tasks = Array.from({ length: 1000 }, (_, i) => ({ id: `t${i}`, inputs: ['**'], outputs: ['**'] }));
    expect(refusal(draftOf(tasks)).message).toMatch(/more than 200000 dependencies/);
  });

  it('note two tasks that put out the same', () => {
    const notes = compile(
      draftOf([
        { id: 'a', outputs: ['x'] },
        { id: 'b', outputs: ['./x'] },
      ]),
    ).notes;
    expect(notes).toEqual(['"a", "b" put out the same: x']);
  });
});

describe('a label', () => {
  it.each([
    [{ kind: 'command', argv: ['/usr/bin/npm', 'test'] }, 'command:npm'],
    [{ kind: 'command', argv: ['a b\n;'] }, 'command:a_b__'],
    [{ kind: 'command', argv: ['x'.repeat(200)] }, `command:${'x'.repeat(52)}`],
    [{ kind: 'shell', script: 'ls' }, 'shell'],
    [{ kind: 'skill', name: 'inventory', with: {} }, 'skill:inventory'],
    [{ kind: 'agent', prompt: 'p', agent: 'ä' }, 'agent:_'],
    [{ kind: 'decision', question: 'q', options: [] }, 'decision'],
  ] as const)('of %j is %s', (action, label) => {
    expect(labelOf({ action: structuredClone(action) as Action })).toBe(label);
  });
});

it('what a task touches is for the engine to heed where it shares a folder with others; an agent has one of its own', () => {
  const plan = compilePlan(
    draftOf([
      { id: 'format', touches: ['src/**'] },
      { id: 'fix', touches: ['src/**'], action: { kind: 'agent', prompt: 'Fix.' } },
      { id: 'look' },
    ]),
    { maxParallel: 2 },
  );
  expect(toGraph(plan).map(({ touches }) => touches)).toEqual([['src/**'], undefined, undefined]);
});

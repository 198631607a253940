import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/contract/plan.js';
import { compilePlan } from '../../src/planning/compile.js';
import { planJson, previewPlan as previewWith } from '../../src/planning/preview.js';
import { toGraph } from '../../src/planning/to-graph.js';
import { listSchedule } from './list-schedule.js';
import { renderMermaid } from '../../src/planning/render-mermaid.js';
import { renderPlanText } from '../../src/planning/render-text.js';
import { draftOf } from './drafts.js';

const previewPlan = (plan: Plan) => {
  const nodes = toGraph(plan);
  return previewWith(plan, listSchedule(nodes, [...nodes.keys()], plan.maxParallel));
};

const compile = (...args: Parameters<typeof draftOf>) => compilePlan(draftOf(...args), { maxParallel: 2 });
const EVIL = 'x"]; click n0 "javascript:alert(1)" %%{init}%% <script>`;\n\u001b[31mred\u202E';

describe('a preview', () => {
  const plan = compile([
    { id: 'a', estimateMs: 1000 },
    { id: 'b', estimateMs: 3000 },
    { id: 'ok', action: { kind: 'decision', question: 'Go?', options: ['approve', 'skip'], otherwise: 'skip' } },
    { id: 'c', estimateMs: 2000, dependencies: ['a', 'b', 'ok'] },
  ]);

  it('tells levels, critical path and estimates', () => {
    expect(previewPlan(plan)).toMatchObject({
      levels: [['a', 'b', 'ok'], ['c']],
      groups: [['a', 'b', 'ok'], ['c']],
      criticalPath: ['b', 'c'],
      estimate: { makespanMs: 5000, sequentialMs: 6000, lowerBoundMs: 5000, costUsd: 0 },
      checkpoints: [],
      milestones: [
        { tasks: 3, atMs: 3000 },
        { tasks: 4, atMs: 5000 },
      ],
      decisions: [{ task: 'ok', question: 'Go?', otherwise: 'skip' }],
      coordination: { synchronizationPoints: ['c'] },
    });
    expect(previewPlan(plan).parallelismRate).toBeCloseTo(2 / 6);
    expect(previewPlan(plan).allocations.map(({ agent }) => agent)).toEqual([
      'command',
      'command',
      'person',
      'command',
    ]);
  });

  it('groups at most 5 tasks of one level', () => {
    const wide = compile(Array.from({ length: 12 }, (_, i) => ({ id: `t${i}` })));
    expect(previewPlan(wide).groups.map(({ length }) => length)).toEqual([5, 5, 2]);
  });

  it('has at most 20 milestones, the last of which is the end', () => {
    const chain = compile(
      Array.from({ length: 5000 }, (_, i) => ({ id: `t${i}`, dependencies: i ? [`t${i - 1}`] : [] })),
    );
    const { milestones, estimate } = previewPlan(chain);
    expect(milestones.length).toBeLessThanOrEqual(20);
    expect(milestones.at(-1)).toMatchObject({ tasks: 5000, atMs: estimate.makespanMs });
  });

  it('as JSON has the fields that scripts read', () => {
    const json = planJson(plan, { digest: 'd', preview: previewPlan(plan) });
    expect(Object.keys(json.plan)).toEqual(
      expect.arrayContaining([
        'digest',
        'strategy',
        'tasks',
        'levels',
        'groups',
        'criticalPath',
        'checkpoints',
        'milestones',
        'allocations',
        'coordination',
      ]),
    );
    expect(json.estimate.makespanMs).toBe(5000);
  });

  it('as text has each task, its dependencies and the question', () => {
    const text = renderPlanText(plan, previewPlan(plan));
    expect(text).toMatch(/^ {2}\* b {2}\[command, 3\.0s\]$/m);
    expect(text).toMatch(/^ {2}\* c .* after a, b, ok$/m);
    expect(text).toContain('Decision ok: Go? (approve / skip; without an answer skip)');
    expect(text).toContain('Critical path: b → c');
  });

  it('as text holds nothing that a terminal acts on', () => {
    const evil = compile([{ id: 'a', title: EVIL }], { name: EVIL, description: EVIL });
    expect(renderPlanText(evil, previewPlan(evil))).not.toMatch(/[^\P{C}\n]/u);
  });

  it('of a big plan is cut and counted', () => {
    const big = compile(Array.from({ length: 1000 }, (_, i) => ({ id: `t${i}` })));
    expect(renderPlanText(big, previewPlan(big))).toContain('… and 900 more tasks');
    expect(renderMermaid(big)).toContain('and 800 more tasks');
    expect(renderMermaid(big).split('\n').length).toBeLessThan(210);
  });
});

describe('a Mermaid chart', () => {
  it('has a node for each task and an arrow for each dependency', () => {
    const chart = renderMermaid(
      compile([
        { id: 'a', title: 'Build it' },
        { id: 'b', dependencies: ['a'] },
      ]),
    );
    expect(chart).toBe('flowchart LR\n  n0["a: Build it"]\n  n1["b"]\n  n0 --> n1\n');
  });

  it('is not changed by what a title says', () => {
    const lines = renderMermaid(compile([{ id: 'a', title: EVIL }]))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^ {2}n0\["[\p{L}\p{N} .,:_#;-]*"\]$/u);
  });
});

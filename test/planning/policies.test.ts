import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import type { Plan, TaskDraft } from '../../src/contract/plan.js';
import type { Policy } from '../../src/contract/policy.js';
import { approvalFor } from '../../src/planning/approval.js';
import { compilePlan } from '../../src/planning/compile.js';
import { applyPolicies, refuseDenied, toolDenial } from '../../src/planning/policies.js';
import { agent, given } from '../allocation/agents.js';
import { draftOf } from './drafts.js';

const policy = (more: Partial<Policy>): Policy => ({
  name: 'p',
  on: 'task',
  when: {},
  then: 'deny',
  who: [],
  reason: '',
  ...more,
});

type Given = Partial<TaskDraft> & { id: string };

function planOf(...tasks: Given[]): Plan {
  const made = compilePlan(draftOf(tasks), { maxParallel: 4 });
  const allocation = given(agent('mender', { tools: ['Read', 'Bash(npm test:*)'] }));
  return { ...made, tasks: made.tasks.map((task) => (task.kind === 'agent' ? { ...task, allocation } : task)) };
}

const deploy: Given = { id: 'deploy', type: 'deployment', action: { kind: 'command', argv: ['npm', 'publish'] } };
const mend: Given = { id: 'mend', action: { kind: 'agent', prompt: 'Mend.' } };
const apply = (policies: Policy[], plan: Plan, trusted = true) =>
  applyPolicies(policies, { plan, trusted, workspace: '/w' }).map(({ policy: name, then, path }) => [name, then, path]);

describe('a policy', () => {
  it('counts where all that it names fits: texts with *, numbers, lists, bounds', () => {
    const plan = planOf({ ...deploy, risk: 0.6 }, mend);
    const fits = (when: Policy['when']): boolean => apply([policy({ when })], plan).length > 0;
    expect(fits({ type: 'deploy*', command: '*npm pub*' })).toBe(true);
    expect(fits({ type: 'deploy' })).toBe(false);
    expect(fits({ type: ['test', 'deployment'], risk: { min: 0.5 } })).toBe(true);
    expect(fits({ risk: { min: 0.5, max: 0.55 } })).toBe(false);
    expect(fits({ agent: 'mender', mode: 'code' })).toBe(true);
    expect(fits({ nothing: 'x' })).toBe(false);
  });

  it('of commands holds for the checks of a task too, and names the one it is about', () => {
    const checks = [
      { kind: 'command' as const, argv: ['npm', 'test'] },
      { kind: 'shell' as const, script: 'rm -rf x' },
    ];
    const plan = planOf({ ...mend, checks });
    expect(apply([policy({ when: { command: 'rm *' } })], plan)).toEqual([['p', 'deny', 'tasks[0].checks[1]']]);
    expect(apply([policy({ when: { agent: 'mender' } })], plan)).toEqual([['p', 'deny', 'tasks[0]']]);
  });

  it('is about the request, the plan, a task or a tool', () => {
    const plan = planOf(deploy, mend);
    expect(apply([policy({ on: 'request', when: { trusted: false } })], plan, false)).toEqual([['p', 'deny', '']]);
    expect(apply([policy({ on: 'request', when: { trusted: false } })], plan)).toEqual([]);
    expect(apply([policy({ on: 'plan', when: { tasks: { min: 2 } } })], plan)).toEqual([['p', 'deny', '']]);
    expect(apply([policy({ on: 'tool', when: { tool: 'Bash*' } })], plan)).toEqual([
      ['p', 'deny', expect.stringMatching(/^tasks\[[01]\]$/) as string],
    ]);
  });

  it('that denies is found behind more demands than are shown', () => {
    const many = Array.from({ length: LIMITS.planNotes + 20 }, (_, n) => ({ ...deploy, id: `d${n}` }));
    const rules = [policy({ when: { id: 'last' } }), policy({ name: 'ask', then: 'require' })];
    const found = apply(rules, planOf(...many, { ...deploy, id: 'last' }));
    expect(found).toHaveLength(LIMITS.planNotes + 1);
    expect(found.filter(([, then]) => then === 'deny')).toHaveLength(1);
  });

  it('that stands first counts, so that an exception stands above its rule', () => {
    const rules = [policy({ name: 'ours', when: { id: 'deploy' }, then: 'allow' }), policy({ name: 'none' })];
    expect(apply(rules, planOf(deploy))).toEqual([]);
    expect(apply([...rules].reverse(), planOf(deploy))).toEqual([['none', 'deny', 'tasks[0]']]);
  });

  it('that denies refuses the plan, with its name and the place', () => {
    const plan = planOf(deploy);
    const results = applyPolicies([policy({ name: 'no-deploy', reason: 'frozen' })], {
      plan,
      trusted: true,
      workspace: '/w',
    });
    expect(() => refuseDenied(results)).toThrow('policy no-deploy denies tasks[0] (deploy): frozen');
    expect(() => refuseDenied(results.map((result) => ({ ...result, then: 'require' as const })))).not.toThrow();
  });

  it('that requires a decision has the plan asked about, so that no standing yes answers', () => {
    const plan = planOf(deploy);
    const policies = applyPolicies(
      [policy({ name: 'four-eyes', then: 'require', who: ['ann'], reason: 'production' })],
      {
        plan,
        trusted: true,
        workspace: '/w',
      },
    );
    const facts = {
      digest: 'd',
      isUsers: true,
      isTrusted: true,
      needsApproval: false,
      allowShell: false,
      uncommitted: 0,
    };
    expect(approvalFor({ ...facts, plan, policies: [] })).toBeNull();
    expect(approvalFor({ ...facts, plan, policies })).toMatchObject({
      question: 'A policy requires a decision on this plan. Go on?',
      criticality: 0.9,
      context: { 'policy four-eyes': 'deploy; production; for ann' },
    });
  });
});

it('a text with * is matched as the regular expression of the same meaning', () => {
  const short = fc.stringMatching(/^[ab*]{0,6}$/);
  fc.assert(
    fc.property(short, fc.stringMatching(/^[ab]{0,8}$/), (pattern, value) => {
      const found = apply([policy({ when: { type: pattern } })], planOf({ ...deploy, type: value || 'a' }));
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(value || 'a');
      expect(found.length > 0).toBe(expected);
    }),
  );
});

describe('a policy on tools', () => {
  const call = { kind: 'tool' as const, server: 'files', tool: 'write', with: {}, output: null };

  it('is about the tool of a server that a task calls, also when it is called', () => {
    const plan = planOf({ id: 'a', action: call }, { id: 'b', action: { ...call, tool: 'read', mode: 'ask' } });
    const deny = policy({ name: 'no-writing', on: 'tool', when: { tool: 'mcp__files__write' } });
    const ask = policy({ name: 'ask-first', on: 'tool', when: { mode: 'ask', task: 'b' }, then: 'require' });
    expect(apply([deny, ask], plan)).toEqual([
      ['no-writing', 'deny', 'tasks[0]'],
      ['ask-first', 'require', 'tasks[1]'],
    ]);
    expect(plan.tasks.map((task) => toolDenial([deny, ask], task)?.name)).toEqual(['no-writing', undefined]);
    const allow = policy({ on: 'tool', then: 'allow' });
    expect(plan.tasks.map((task) => toolDenial([allow, deny], task))).toEqual([undefined, undefined]);
    expect(apply([policy({ when: { skill: 'mcp:files/*' } })], plan)).toHaveLength(2);
  });
});

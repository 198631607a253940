import { expect, test } from 'vitest';
import { approvalFor } from '../../src/planning/approval.js';
import type { Action, Check, Plan } from '../../src/contract/plan.js';
import { compilePlan } from '../../src/planning/compile.js';
import { agent, given } from '../allocation/agents.js';
import { draftOf } from './drafts.js';

const plan = (...actions: Action[]) =>
  compilePlan(draftOf(actions.map((action, i) => ({ id: `t${i}`, action }))), { maxParallel: 2 });
const command: Action = { kind: 'command', argv: ['rm', '-r', 'out'] };
const script: Action = { kind: 'shell', script: 'make && make install' };
const decision: Action = { kind: 'decision', question: '?', options: ['approve', 'reject'] };
const projectCommand: Action = {
  kind: 'skill',
  name: 'project-command',
  with: { argv: ['npm', 'test'], cwd: '.', purpose: 'test' },
};
const reading: Action = { kind: 'skill', name: 'inventory', with: {} };
const usual = {
  digest: 'd',
  isUsers: true,
  isTrusted: true,
  needsApproval: false,
  allowShell: false,
  uncommitted: 0,
  policies: [],
};

test('commands run freely only where the plan carries the mark of Baton’s own client', () => {
  expect(approvalFor({ ...usual, plan: plan(command) })).toBeNull();
  expect(approvalFor({ ...usual, plan: plan(command), isTrusted: false })).toMatchObject({
    digest: 'd',
    context: { t0: 'rm -r out' },
  });
});

test('what is approved shows the folder and the variables of a command too', () => {
  const draft = draftOf([{ id: 't0', action: command, cwd: 'sub', env: { CI: '1' } }]);
  const { context } = approvalFor({ ...usual, plan: compilePlan(draft, { maxParallel: 2 }), isTrusted: false }) ?? {};
  expect(context).toEqual({ t0: 'rm -r out   (in sub, with CI=1)' });
});

test('the checks of a task are approved as its command is, and shown beside it', () => {
  const checked = (checks: Check[], action: Action = reading) =>
    compilePlan(draftOf([{ id: 't0', action, checks }]), { maxParallel: 2 });
  const make: Check = { kind: 'command', argv: ['make', 'check'] };
  const text: Check = { kind: 'shell', script: 'make && ./run' };
  expect(approvalFor({ ...usual, plan: checked([make]) })).toBeNull();
  expect(approvalFor({ ...usual, plan: checked([make]), isTrusted: false })?.context).toMatchObject({
    'checks of t0': 'make check',
  });
  expect(approvalFor({ ...usual, plan: checked([make, text], command) })).toMatchObject({
    question: expect.stringContaining('to the shell') as string,
    context: { t0: 'rm -r out', 'checks of t0': 'make check; make && ./run' },
  });
  expect(approvalFor({ ...usual, plan: checked([text]), allowShell: true })).toBeNull();
});

test('a project command that a plan names as a skill counts as a command', () => {
  expect(approvalFor({ ...usual, plan: plan(projectCommand), isTrusted: false })?.context).toEqual({
    t0: '["npm","test"]',
  });
});

test('a text for the shell must be approved, whoever sent it, unless the configuration allows it', () => {
  expect(approvalFor({ ...usual, plan: plan(script) })?.context).toEqual({ t0: 'make && make install' });
  expect(approvalFor({ ...usual, plan: plan(script), allowShell: true })).toBeNull();
  expect(approvalFor({ ...usual, plan: plan(script), allowShell: true, isTrusted: false })).not.toBeNull();
});

test('what only reads or asks needs no approval, also started raw', () => {
  expect(approvalFor({ ...usual, plan: plan(reading, decision), isTrusted: false })).toBeNull();
});

test('a plan of Baton’s own needs approval only where the planner says so', () => {
  expect(approvalFor({ ...usual, plan: plan(projectCommand), isUsers: false, isTrusted: false })).toBeNull();
  expect(approvalFor({ ...usual, plan: plan(reading), isUsers: false, needsApproval: true })).not.toBeNull();
});

test('of many commands twenty are shown and the rest is counted', () => {
  const { context = {} } =
    approvalFor({ ...usual, plan: plan(...Array<Action>(50).fill(command)), isTrusted: false }) ?? {};
  expect(Object.keys(context)).toHaveLength(21);
  expect(context['…']).toBe('and 30 more');
});

const agentTask: Action = { kind: 'agent', prompt: 'Mend it.' };
const mender = given(agent('mender', { tools: ['Read', 'Edit'], model: 'sonnet', source: 'workspace' }));
const withAgent = (): Plan => {
  const made = plan(agentTask);
  return { ...made, tasks: made.tasks.map((task) => ({ ...task, allocation: mender })) };
};

test('an agent of a plan that did not come through Baton’s own client is shown with its tools and its prompt', () => {
  expect(approvalFor({ ...usual, plan: withAgent() })).toBeNull();
  expect(approvalFor({ ...usual, plan: withAgent(), isTrusted: false })).toMatchObject({
    question: "This plan was not submitted through Baton's own client. Run its 1 agent task?",
    context: {
      t0: 'agent mender (tools: Read, Edit): Mend it.',
      'agent mender': 'claude-code, of the workspace: /agents/mender.md; model sonnet; mode code; tools: Read, Edit',
    },
  });
  const long = plan({ kind: 'agent', prompt: 'x'.repeat(100_000) });
  expect(approvalFor({ ...usual, plan: long, isTrusted: false })?.context['t0']).toHaveLength(300);
});

test('uncommitted changes that an agent would not see are asked about, also with the user’s own plan', () => {
  expect(approvalFor({ ...usual, plan: withAgent(), uncommitted: 3 })).toMatchObject({
    question: expect.stringContaining('uncommitted changes') as string,
    context: {
      t0: 'agent mender (tools: Read, Edit): Mend it.',
      uncommitted: expect.stringContaining('3 changed') as string,
    },
  });
});

import { expect, test } from 'vitest';
import type { Action } from '../../src/contract/plan.js';
import { approvalFor } from '../../src/planning/approval.js';
import { compilePlan } from '../../src/planning/compile.js';
import { gated } from '../../src/planning/gate.js';
import { agent, given } from '../allocation/agents.js';
import { draftOf } from './drafts.js';

const facts = { digest: 'd', isUsers: true, needsApproval: false, allowShell: false, uncommitted: 0, policies: [] };

function asked(action: Action, { isTrusted, tools = [] }: { isTrusted: boolean; tools?: string[] }) {
  const draft = draftOf([{ id: 's1', action, criticality: 0.2 }]);
  const plan = compilePlan(draft, { maxParallel: 1 });
  const [task] = plan.tasks;
  if (task && action.kind === 'agent') {
    task.allocation = given({ ...agent('scribe'), tools });
  }
  const approval = approvalFor({ what: 'task', plan, isTrusted, ...facts });
  if (!approval || !draft.tasks[0]) return undefined;
  return gated(draft.tasks[0], approval, { deadlineMs: 1000, isTrusted });
}

test('a stranger’s agent is asked about with its tools and what it is told, and no standing yes answers', () => {
  const [question, task] = asked({ kind: 'agent', prompt: 'Delete it.' }, { isTrusted: false, tools: ['Bash'] }) ?? [];
  expect(question).toMatchObject({ id: 's1-approval', criticality: 0.9, action: { otherwise: 'reject' } });
  const text = question?.action.kind === 'decision' ? question.action.question : '';
  expect(text).toMatch(/^This task was not submitted through Baton's own client\. Run its 1 agent task\?/);
  expect(text).toContain('tools: Bash');
  expect(text).toContain('Delete it.');
  expect(task?.dependencies).toEqual(['s1-approval']);
});

test('the user’s own text for the shell is asked about as that, at the task’s own criticality', () => {
  const [question] = asked({ kind: 'shell', script: 'make' }, { isTrusted: true }) ?? [];
  const text = question?.action.kind === 'decision' ? question.action.question : '';
  expect(text).toMatch(/^This task hands 1 text to the shell\. Run it\?\ns1: make/);
  expect(question?.criticality).toBe(0.2);
});

test('the user’s own command is not asked about', () => {
  expect(asked({ kind: 'command', argv: ['true'] }, { isTrusted: true })).toBeUndefined();
});

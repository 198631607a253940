import type { PlanDraft, TaskDraft } from '../../src/contract/plan.js';
import { taskDraft } from '../../src/planning/playbooks/task-draft.js';

/** A draft of command tasks, each given by what differs from the defaults. */
export function draftOf(tasks: ({ id: string } & Partial<TaskDraft>)[], more: Partial<PlanDraft> = {}): PlanDraft {
  return {
    v: 1,
    name: 'p',
    description: '',
    onFailure: 'continue',
    tasks: tasks.map((task) => taskDraft({ action: { kind: 'command', argv: ['true'] }, ...task })),
    ...more,
  };
}

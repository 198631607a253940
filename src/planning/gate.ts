import type { PlanHead } from '../contract/orders.js';
import type { TaskDraft } from '../contract/plan.js';
import { taskDraft } from './playbooks/task-draft.js';

/** Over the criticality that a standing "yes" of the user answers: whoever added this is not known to be that user. */
const CRITICALITY_OF_STRANGERS = 0.9;
const QUESTION_CHARS = 2000;

/**
 * A task behind the question whether it may run: with what exactly it would do, rejected where nobody answers by the deadline (ms). What
 * does not carry the mark of Baton's own client is always for a person to answer.
 */
export function gated(
  task: TaskDraft,
  approval: NonNullable<PlanHead['approval']>,
  { deadlineMs, isTrusted }: { deadlineMs: number; isTrusted: boolean },
): TaskDraft[] {
  const id = `${task.id}-approval`;
  const shown = Object.entries(approval.context).map(([name, text]) => `${name}: ${text}`);
  const asks = taskDraft({
    id,
    title: `Whether ${task.id} may run`,
    type: 'approval',
    dependencies: task.dependencies,
    action: {
      kind: 'decision',
      question: [approval.question, ...shown].join('\n').slice(0, QUESTION_CHARS),
      options: ['approve', 'reject'],
      deadlineMs,
      otherwise: 'reject',
    },
    risk: task.risk,
    criticality: isTrusted ? task.criticality : CRITICALITY_OF_STRANGERS,
    delivers: false,
  });
  return [asks, { ...task, dependencies: [...task.dependencies, id] }];
}

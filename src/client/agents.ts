import { BatonError } from '../contract/errors.js';
import type { Plan, PlanDraft } from '../contract/plan.js';

/** No agent is known by name in this version; one that a plan names is therefore a mistake in the plan. */
export function checkAgents(draft: PlanDraft): void {
  draft.tasks.forEach((task, position) => {
    if (task.action.kind !== 'agent' || task.action.agent === undefined) return;
    throw new BatonError(
      'bad_input',
      `tasks[${position}].agent: there is no agent ${JSON.stringify(task.action.agent)}`,
      {
        path: `tasks[${position}].agent`,
        hint: 'leave the field out, or use a command',
      },
    );
  });
}

/** What a plan needs that this version cannot bring. */
export function agentsMissing(plan: Plan): string[] {
  return plan.tasks.some((task) => task.kind === 'agent') ? [AGENT_NEEDED] : [];
}

const AGENT_NEEDED = 'an agent: Claude Code (npm install -g @anthropic-ai/claude-code)';

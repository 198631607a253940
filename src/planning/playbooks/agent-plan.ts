import { LIMITS } from '../../contract/limits.js';
import type { PlanDraft } from '../../contract/plan.js';
import type { Material } from './material.js';
import { commandIds, spoken, taskDraft } from './task-draft.js';

/** Commands that say whether the project still works; a formatter would change files. */
const CHECKS = ['test', 'lint', 'typecheck', 'build'];

/** What was asked for is a change of files. */
const CHANGES: readonly string[] = ['create', 'modify', 'fix'];

/** One agent that does what was asked, then the project's own checks, side by side. */
export function agentPlan({ analysis, facts, request }: Material): PlanDraft {
  const commands = (facts?.commands ?? []).filter(({ purpose }) => CHECKS.includes(purpose));
  const ids = commandIds(commands);
  const intent = analysis.intent.primary;
  const work = taskDraft({
    id: 'work',
    title: request.description.replace(/\s+/g, ' ').trim().slice(0, 80),
    type: intent === 'unknown' ? 'general' : intent,
    // Only words that ask for a change make an answer without one a failure.
    action: { kind: 'agent', prompt: request.description, ...(CHANGES.includes(intent) ? {} : { effect: 'optional' }) },
    ...(request.priority === undefined ? {} : { priority: request.priority }),
    estimateMs: Math.max(1000, Math.min(analysis.durationMs, LIMITS.taskTimeLimitMs)),
  });
  return {
    v: 1,
    name: 'agent',
    description: request.description,
    ...(request.maxParallel === undefined ? {} : { maxParallel: request.maxParallel }),
    onFailure: 'continue',
    tasks: [
      work,
      ...commands.map((command, i) =>
        taskDraft({
          id: ids[i] ?? `run-${i}`,
          title: `${command.purpose}: ${spoken(command)}`.slice(0, LIMITS.titleChars),
          type: 'test',
          dependencies: ['work'],
          action: { kind: 'command', argv: command.argv },
          cwd: command.cwd,
          delivers: false,
        }),
      ),
    ],
  };
}

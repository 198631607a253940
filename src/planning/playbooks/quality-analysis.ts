import { LIMITS } from '../../contract/limits.js';
import type { PlanDraft, TaskDraft } from '../../contract/plan.js';
import type { SkillName } from '../../contract/skills.js';
import { SKILL_NAMES } from '../../contract/skills.js';
import type { Material } from './material.js';
import { commandIds, spoken, taskDraft } from './task-draft.js';

/** Skills that only read, each a task without dependencies. */
const READING: SkillName[] = [
  'inventory',
  'languages',
  'todo-comments',
  'large-files',
  'duplicate-code',
  'dependencies',
  'git-hotspots',
  'secrets',
  'documentation',
  'tests',
  'project-commands',
];
const APPROVAL = 'run-project-commands';

/** Every built-in skill that reads, in parallel; the project's own commands behind one decision, which is left out if there are none. */
export function qualityAnalysis({ facts, request, decisionDeadlineMs }: Material): PlanDraft {
  const reading = READING.map((name) => {
    const skill = SKILL_NAMES.find((candidate) => candidate.name === name);
    return taskDraft({
      id: name,
      title: skill?.title ?? name,
      type: 'analysis',
      action: { kind: 'skill', name, with: {} },
      ...(skill ? { estimateMs: skill.estimateMs } : {}),
    });
  });
  return {
    v: 1,
    name: 'quality-analysis',
    description: request.description,
    ...(request.maxParallel === undefined ? {} : { maxParallel: request.maxParallel }),
    onFailure: 'continue',
    tasks: [...reading, ...commandTasks(facts?.commands ?? [], decisionDeadlineMs)],
  };
}

function commandTasks(commands: NonNullable<Material['facts']>['commands'], deadlineMs: number): TaskDraft[] {
  if (commands.length === 0) return [];
  const list = commands.map(spoken).join('; ');
  const approval = taskDraft({
    id: APPROVAL,
    title: "Run the project's own commands?",
    type: 'decision',
    delivers: false,
    action: {
      kind: 'decision',
      question: `Run the project's own commands? They may execute any code of the project: ${list}`.slice(
        0,
        LIMITS.questionChars,
      ),
      options: ['approve', 'skip'],
      deadlineMs,
      otherwise: 'skip',
    },
  });
  const ids = commandIds(commands);
  const runs = commands.map((command, i) =>
    taskDraft({
      id: ids[i] ?? `run-${i}`,
      title: `${command.purpose}: ${spoken(command)}`.slice(0, LIMITS.titleChars),
      type: 'analysis',
      dependencies: [APPROVAL],
      action: {
        kind: 'skill',
        name: 'project-command',
        with: { purpose: command.purpose, argv: command.argv, cwd: command.cwd },
      },
    }),
  );
  return [approval, ...runs];
}

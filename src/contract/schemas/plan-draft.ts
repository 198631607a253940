import type { z } from 'zod';
import type { Action, Check, PlanDraft, TaskDraft } from '../plan.js';
import type { TaskFields } from './task-schema.js';

/** A plan's own fields, its tasks being drafts already. */
type PlanFields = { [K in keyof Omit<PlanDraft, 'v' | 'tasks'>]?: PlanDraft[K] | undefined } & Pick<PlanDraft, 'tasks'>;

/** The fields of which a task has exactly one, and the kind that each makes. */
const KIND_OF = { command: 'skill', skill: 'skill', prompt: 'agent', decision: 'decision' } as const;
type ActionField = keyof typeof KIND_OF;
const ACTION_FIELDS = Object.keys(KIND_OF) as ActionField[];

/** Fields that mean something beside some actions only. */
const BELONGS_TO: Partial<Record<keyof TaskFields, readonly ActionField[]>> = {
  with: ['skill'],
  agent: ['prompt', 'skill'],
  mode: ['prompt', 'skill'],
  effect: ['prompt', 'skill'],
};

/** A plan's checked fields as a draft, with what they leave open filled in. */
export function toPlanDraft(fields: PlanFields): PlanDraft {
  return {
    v: 1,
    name: fields.name ?? '',
    description: fields.description ?? '',
    ...(fields.maxParallel === undefined ? {} : { maxParallel: fields.maxParallel }),
    onFailure: fields.onFailure ?? 'continue',
    tasks: fields.tasks,
  };
}

/** One task's checked fields as a draft; says in `context` what does not go together. */
export function toTaskDraft(fields: TaskFields, context: z.RefinementCtx): TaskDraft {
  const given = ACTION_FIELDS.filter((field) => fields[field] !== undefined);
  checkAction(fields, given, context);
  const action = actionOf(fields, given[0]);
  return {
    id: fields.id,
    title: fields.title?.trim() || fields.id,
    type: fields.type ?? (action.kind === 'decision' ? 'decision' : 'general'),
    action,
    dependencies: fields.dependencies ?? [],
    inputs: fields.inputs ?? [],
    outputs: fields.outputs ?? [],
    touches: fields.touches ?? [],
    capabilities: fields.capabilities ?? [],
    ...(fields.preferredCapabilities === undefined ? {} : { preferredCapabilities: fields.preferredCapabilities }),
    ...(fields.preferredSpecializations === undefined
      ? {}
      : { preferredSpecializations: fields.preferredSpecializations }),
    ...(fields.estimate === undefined ? {} : { estimateMs: fields.estimate }),
    ...(fields.timeLimit === undefined ? {} : { timeLimitMs: fields.timeLimit }),
    retries: fields.retries ?? 0,
    priority: fields.priority ?? 'normal',
    risk: fields.risk ?? 0,
    criticality: fields.criticality ?? 0,
    ...variablesOf(fields.env ?? {}),
    cwd: fields.cwd ?? '.',
    parameters: fields.parameters ?? {},
    ...(fields.resources === undefined ? {} : { resources: fields.resources }),
    ...(fields.once === undefined ? {} : { once: fields.once }),
    ...(fields.checks === undefined ? {} : { checks: fields.checks.map(commandOf) }),
    delivers: action.kind !== 'decision',
  };
}

function variablesOf(given: NonNullable<TaskFields['env']>): Pick<TaskDraft, 'env' | 'secrets'> {
  const env: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'string') env[name] = value;
    else secrets[name] = value.secret;
  }
  return { env, ...(Object.keys(secrets).length === 0 ? {} : { secrets }) };
}

function checkAction(fields: TaskFields, given: ActionField[], context: z.RefinementCtx): void {
  const say = (message: string, path: string[] = []): void => context.addIssue({ code: 'custom', message, path });
  if (given.length > 1) {
    say(`has both ${given.join(' and ')}: a task does one thing, so keep one and make a task of the other`, [
      String(given[1]),
    ]);
  }
  const wanted = fields.kind && ACTION_FIELDS.filter((field) => KIND_OF[field] === fields.kind);
  const [first] = given;
  if (first === undefined) say(`says nothing to do: give it ${(wanted ?? ACTION_FIELDS).join(' or ')}`);
  else if (given.length === 1 && wanted && !wanted.includes(first)) {
    say(`kind ${String(fields.kind)} needs ${wanted.join(' or ')}, but the task has ${first}`, ['kind']);
  }
  for (const [field, owners] of Object.entries(BELONGS_TO) as [keyof TaskFields, ActionField[]][]) {
    if (fields[field] !== undefined && !owners.some((owner) => given.includes(owner)))
      say(`goes with ${owners.join(' or ')} only`, [field]);
  }
  if (fields.resources !== undefined && first === 'decision') say('a question uses nothing', ['resources']);
  if (fields.once !== undefined && first !== undefined && KIND_OF[first] !== 'skill')
    say('goes with command and skill only', ['once']);
  if (fields.checks !== undefined && first === 'decision')
    say('a question makes nothing that could be checked', ['checks']);
}

function actionOf(fields: TaskFields, field: ActionField | undefined): Action {
  switch (field) {
    case 'skill':
      return {
        kind: 'skill',
        name: fields.skill ?? '',
        with: fields.with ?? {},
        ...(fields.agent === undefined ? {} : { agent: fields.agent }),
        ...(fields.mode === undefined ? {} : { mode: fields.mode }),
        ...(fields.effect === undefined ? {} : { effect: fields.effect }),
      };
    case 'prompt':
      return {
        kind: 'agent',
        prompt: fields.prompt ?? '',
        ...(fields.agent === undefined ? {} : { agent: fields.agent }),
        ...(fields.mode === undefined ? {} : { mode: fields.mode }),
        ...(fields.effect === 'optional' ? { effect: 'optional' } : {}),
      };
    case 'decision': {
      const { question = '', options = ['approve', 'reject'], deadline, otherwise } = fields.decision ?? {};
      return {
        kind: 'decision',
        question,
        options,
        ...(deadline === undefined ? {} : { deadlineMs: deadline }),
        ...(otherwise === undefined ? {} : { otherwise }),
      };
    }
    case 'command':
    case undefined:
      return commandOf(fields.command ?? []);
  }
}

const commandOf = (given: string | string[]): Check =>
  typeof given === 'string' ? { kind: 'shell', script: given } : { kind: 'command', argv: given };

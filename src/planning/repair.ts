import { BatonError } from '../contract/errors.js';
import type { Plan, PlanTask, TaskDraft } from '../contract/plan.js';
import type { BrokenCheck, MergeConflict } from '../contract/task.js';
import { extendPlan, freeId } from './extend.js';

/** Leaves room for a number within the length of an id. */
const ID_CHARS = 50;
const TITLE_CHARS = 80;

/**
 * The plan with a task in which the agent of another one merges what it changed with what others changed meanwhile. Nothing depends on the new
 * task: whoever waits for the other one goes on waiting for that.
 */
export function withRepair(plan: Plan, { task: id, conflict }: { task: string; conflict: MergeConflict }): Plan {
  const author = plan.tasks.find((task) => task.id === id);
  if (author?.action.kind !== 'agent') throw new BatonError('internal', `${id} is no task of an agent`);
  const { tasks } = extendPlan(plan, [draftOf(plan, author, conflict)]);
  const { allocation } = author;
  return {
    ...plan,
    tasks: tasks.map((task, at) => (at < plan.tasks.length || !allocation ? task : { ...task, allocation })),
  };
}

function draftOf(plan: Plan, author: PlanTask, conflict: MergeConflict): TaskDraft {
  const { id, title, type, capabilities, env, cwd, risk, criticality, timeLimitMs, action } = author;
  const { agent } = action as { agent?: string };
  const { commit, branch } = conflict;
  const prompt = promptOf(author, conflict);
  const check = conflict.check && { check: conflict.check.command };
  return {
    id: freeId(plan, `${id.slice(0, ID_CHARS)}-repair`),
    title: titleOf(title, conflict),
    type,
    action: {
      kind: 'agent',
      prompt,
      repairs: { task: id, commit, branch, ...check },
      ...(agent === undefined ? {} : { agent }),
    },
    ...{ capabilities, env, cwd, risk, criticality, timeLimitMs },
    ...(author.secrets === undefined ? {} : { secrets: author.secrets }),
    ...(author.checks === undefined ? {} : { checks: author.checks }),
    ...{ dependencies: [], inputs: [], outputs: [], touches: [], parameters: {} },
    retries: 0,
    priority: 'critical',
    delivers: false,
  };
}

/** It is the subject of the commit that holds both. */
function titleOf(title: string, { against, check }: MergeConflict): string {
  const others = check ? ' (repaired)' : against.length === 0 ? '' : ` (merged with ${against.join(', ')})`;
  return `${title.slice(0, Math.max(20, TITLE_CHARS - others.length))}${others}`.slice(0, TITLE_CHARS);
}

function promptOf({ id, title, action }: PlanTask, { files, against, commit, check }: MergeConflict): string {
  const others = against.length === 0 ? 'somebody else' : against.map((other) => `task ${other}`).join(', ');
  const alone = against.length === 0 && files.length === 0;
  return [
    alone
      ? `You did the task ${id} (${title}). What you changed is in your working folder.`
      : `You did the task ${id} (${title}) while ${others} changed ${files.length > 0 ? 'some of the same files' : 'other things'}. Both versions are in your working folder now.`,
    ...(files.length > 0 ? [`${MARKED}: ${files.join(', ')}.`, MERGE] : []),
    ...(check ? [brokenOf(check)] : []),
    `${MENDED} Do not undo what the others did, and change nothing that has nothing to do with this.`,
    `What you had changed: git show ${commit}`,
    `Your task was:\n\n${action.kind === 'agent' ? action.prompt : ''}`,
  ].join('\n\n');
}

const MARKED = 'These files hold both between conflict markers (<<<<<<<, =======, >>>>>>>)';
const MERGE = 'Edit them so that the intent of both is kept, and remove the markers.';
const MENDED = 'Edit what is needed so that it is whole again.';

const brokenOf = ({ command, message, tail }: BrokenCheck): string =>
  [
    `Put together it breaks a check: \`${command}\` (${message}).`,
    ...(tail === '' ? [] : [`The end of its output:\n\n${tail}`]),
  ].join(' ');

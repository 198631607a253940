import { toStored } from '../allocation/stored.js';
import { canonicalJson, type Json } from '../contract/json.js';
import { BatonError } from '../contract/errors.js';
import type { Extension } from '../contract/orders.js';
import type { Plan, TaskDraft } from '../contract/plan.js';
import { SKILL_NAMES } from '../contract/skills.js';
import { parsePlanValue } from '../contract/schemas/plan-value.js';
import { parseSubmission } from '../contract/schemas/submission.js';
import { markedSubmission, type Submission } from '../contract/submission.js';
import { extendPlan } from '../planning/extend.js';
import { toGraph } from '../planning/to-graph.js';
import { workspaceOf } from './analyze.js';
import type { Deps } from './deps.js';
import { limited, readPlan, uncommittedFor, withAgents } from './plan.js';

export interface ExtendOrder {
  request: string;
  /** Digest of the plan that the task is added to. */
  plan: string;
  n: number;
  submission: unknown;
}

/**
 * Writes down the plan with a submitted task, and before it, where a command or an agent was not submitted through Baton's own client, the
 * question whether it may run. The same order gives the same plan again.
 */
export async function extend(deps: Deps, { request, plan, n, submission }: ExtendOrder): Promise<Extension> {
  const checked = parseSubmission(submission);
  const before = await readPlan(deps, plan);
  const workspace = await workspaceOf(deps, { request, run: request });
  const settings = deps.settings(workspace);
  const task = draftOf(checked, freeId(`s${n}`, new Set(before.tasks.map(({ id }) => id))));
  const { signature } = checked;
  const isTrusted = signature !== undefined && deps.verify(markedSubmission(request, checked), signature);
  const mustAsk = (!isTrusted && acts(task)) || (task.action.kind === 'shell' && !settings.allowShell);
  const uncommitted = await uncommittedFor(deps, { tasks: [task], workspace, request });
  const why = [...(mustAsk ? [NOT_OURS] : []), ...(uncommitted > 0 ? [UNCOMMITTED] : [])].join(' ');
  const drafts = why === '' ? [task] : gated(task, why, settings.decisionDeadlineMs);
  const longer = extendPlan(before, drafts);
  const added = { ...longer, tasks: longer.tasks.slice(before.tasks.length) };
  const { tasks } = await withAgents(deps, { plan: added, draft: { ...before, tasks: drafts }, workspace });
  const made: Plan = { ...before, tasks: [...before.tasks, ...tasks.map((each) => limited(each, settings))] };
  const text = canonicalJson(toStored(made));
  const { sha256: digest } = await deps.artifacts.put('plan.json', text);
  await deps.files.writeText(request, 'plan.json', text);
  return { digest, nodes: toGraph(made).slice(before.tasks.length) };
}

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  let id = wanted;
  for (let suffix = 2; taken.has(id); suffix += 1) id = `${wanted}-${suffix}`;
  return id;
}

/** Read as a task of a plan file is, so that one set of rules holds for both. */
function draftOf({ type, description, parameters = {}, dependencies = [] }: Submission, id: string): TaskDraft {
  const title = description.replace(/\s+/g, ' ').trim().slice(0, 80);
  const value = { id, title, type, dependencies, ...actionOf(type, description, parameters) };
  const [task] = parsePlanValue({ name: id, tasks: [value] }).tasks;
  if (!task) throw new BatonError('internal', 'a plan of one task has none');
  return task;
}

function actionOf(type: string, description: string, parameters: Record<string, Json>): Record<string, unknown> {
  const { command, agent, capabilities, ...rest } = parameters;
  if (type === 'command' && command === undefined) {
    throw new BatonError('bad_input', 'parameters.command: a submitted command needs its argv', {
      path: 'parameters.command',
      hint: `for example --parameters '{"command": ["npm", "test"]}'`,
    });
  }
  if (command !== undefined) return { command, ...given({ parameters: rest }) };
  if (SKILL_NAMES.some(({ name }) => name === type)) return { skill: type, with: parameters };
  return { kind: 'agent', prompt: description, ...given({ agent, capabilities, parameters: rest }) };
}

const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Whether it does more than read. */
const acts = ({ action }: TaskDraft): boolean => action.kind !== 'skill' || action.name === 'project-command';

/** Over the criticality that a standing "yes" of the user answers: whoever submitted this is not known to be that user. */
const CRITICALITY = 0.9;
const SHOWN_CHARS = 1000;

const NOT_OURS = "A task was submitted, but not through Baton's own client.";
const UNCOMMITTED = 'There are uncommitted changes; the submitted agent starts from the last commit, without them.';

function gated(task: TaskDraft, why: string, deadlineMs: number): TaskDraft[] {
  const asks = `${task.id}-approval`;
  const question: TaskDraft = {
    ...task,
    id: asks,
    title: `Whether ${task.id} may run`,
    type: 'approval',
    action: {
      kind: 'decision',
      question: `${why} Run it? ${shown(task)}`,
      options: ['approve', 'reject'],
      deadlineMs,
      otherwise: 'reject',
    },
    capabilities: [],
    parameters: {},
    criticality: CRITICALITY,
    delivers: false,
  };
  return [question, { ...task, dependencies: [...task.dependencies, asks] }];
}

function shown({ action }: TaskDraft): string {
  const what: Partial<Record<string, string>> = {
    command: action.kind === 'command' ? JSON.stringify(action.argv) : '',
    shell: action.kind === 'shell' ? action.script : '',
    agent: action.kind === 'agent' ? `An agent is asked to: ${action.prompt}` : '',
  };
  return (what[action.kind] ?? action.kind).slice(0, SHOWN_CHARS);
}

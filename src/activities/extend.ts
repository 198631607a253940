import { toStored } from '../allocation/stored.js';
import { canonicalJson, type Json } from '../contract/json.js';
import { BatonError } from '../contract/errors.js';
import type { Extension, ExtensionWanted } from '../contract/orders.js';
import { mcpNameOf } from '../contract/mcp.js';
import type { Plan, TaskDraft } from '../contract/plan.js';
import { parsePlanValue } from '../contract/schemas/plan-value.js';
import { parseSubmission } from '../contract/schemas/submission.js';
import { markedSubmission, type Submission } from '../contract/submission.js';
import { approvalFor } from '../planning/approval.js';
import { extendPlan, freeId } from '../planning/extend.js';
import { gated } from '../planning/gate.js';
import { withRepair } from '../planning/repair.js';
import { toGraph } from '../planning/to-graph.js';
import { readSkills } from '../workspace/skills/read.js';
import { workspaceOf } from './analyze.js';
import type { Deps } from './deps.js';
import { judged, limited, readPlan, uncommittedFor, withAgents, withSkills } from './plan.js';

export type ExtendOrder = {
  request: string;
  /** Digest of the plan that the task is added to. */
  plan: string;
  n: number;
} & ExtensionWanted;

/** Writes down the plan with one more task. The same order gives the same plan again. */
export async function extend(deps: Deps, order: ExtendOrder): Promise<Extension> {
  const before = await readPlan(deps, order.plan);
  const made = 'repairs' in order ? withRepair(before, order.repairs) : await withSubmission(deps, before, order);
  const text = canonicalJson(toStored(made));
  const { sha256: digest } = await deps.artifacts.put('plan.json', text);
  await deps.files.writeText(order.request, 'plan.json', text);
  return { digest, nodes: toGraph(made).slice(before.tasks.length) };
}

/**
 * The plan with a submitted task, and before it, where a command or an agent was not submitted through Baton's own client, the
 * question whether it may run.
 */
async function withSubmission(
  deps: Deps,
  before: Plan,
  { request, plan, n, submission }: ExtendOrder & { submission: unknown },
): Promise<Plan> {
  const checked = parseSubmission(submission);
  const workspace = await workspaceOf(deps, request);
  const settings = deps.settings(workspace);
  const draft = await draftOf(deps, checked, { id: freeId(before, `s${n}`), workspace });
  const { signature } = checked;
  const isTrusted = signature !== undefined && deps.verify(markedSubmission(request, checked), signature);
  const alone = { ...before, tasks: extendPlan(before, [draft]).tasks.slice(-1) };
  const allocated = await withAgents(deps, {
    plan: alone,
    draft: { ...before, tasks: [draft] },
    workspace,
    modes: settings.modes,
  });
  const uncommitted = await uncommittedFor(deps, { tasks: allocated.tasks, workspace, request });
  const { allowShell, decisionDeadlineMs: deadlineMs } = settings;
  const policies = await judged(deps, { request, plan: allocated, isTrusted, workspace, settings });
  const circumstances = { isUsers: true, isTrusted, needsApproval: false, allowShell, uncommitted, policies };
  const approval = approvalFor({ what: 'task', plan: allocated, digest: plan, ...circumstances });
  const { tasks } = extendPlan(before, approval ? gated(draft, approval, { deadlineMs, isTrusted }) : [draft]);
  const allocation = allocated.tasks[0]?.allocation;
  return {
    ...before,
    tasks: tasks.map((task) => limited(task.id === draft.id && allocation ? { ...task, allocation } : task, settings)),
  };
}

/** Read as a task of a plan file is, so that one set of rules holds for both. */
async function draftOf(
  deps: Deps,
  { type, description, parameters = {}, dependencies = [] }: Submission,
  { id, workspace }: { id: string; workspace: string },
): Promise<TaskDraft> {
  const title = description.replace(/\s+/g, ' ').trim().slice(0, 80);
  const { skills } = await readSkills({ home: deps.installation, workspace });
  const isSkill = mcpNameOf(type) !== undefined || skills.some(({ name }) => name === type);
  const action = isSkill ? { skill: type, with: parameters } : actionOf(type, description, parameters);
  const parsed = parsePlanValue({ name: id, tasks: [{ id, title, type, dependencies, ...action }] });
  const [task] = (await withSkills(deps, parsed, workspace)).tasks;
  if (!task) throw new BatonError('internal', 'a plan of one task has none');
  return task;
}

function actionOf(type: string, description: string, parameters: Record<string, Json>): Record<string, unknown> {
  const { command, agent, mode, capabilities, ...rest } = parameters;
  if (type === 'command' && command === undefined) {
    throw new BatonError('bad_input', 'parameters.command: a submitted command needs its argv', {
      path: 'parameters.command',
      hint: `for example --parameters '{"command": ["npm", "test"]}'`,
    });
  }
  if (command !== undefined) return { command, ...given({ parameters: rest }) };
  return { kind: 'agent', prompt: description, ...given({ agent, mode, capabilities, parameters: rest }) };
}

const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

import { agentsMissing, allocatePlan } from '../allocation/allocate.js';
import { refuseTools } from '../allocation/tools.js';
import { fromStored, toStored, type StoredPlan } from '../allocation/stored.js';
import type { Patience } from '../contract/decision.js';
import { canonicalJson } from '../contract/json.js';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import type { GraphPiece, PlanHead } from '../contract/orders.js';
import type { ModeTable } from '../contract/mode.js';
import type { GraphNode, Plan, PlanDraft, PlanTask, TaskDraft } from '../contract/plan.js';
import { markedText, type RequestInput } from '../contract/request.js';
import { parsePlanValue } from '../contract/schemas/plan-value.js';
import { parseRequestInput } from '../contract/schemas/request.js';
import { compilePlan } from '../planning/compile.js';
import type { PolicyResult } from '../contract/policy.js';
import { approvalFor } from '../planning/approval.js';
import { applyPolicies, refuseDenied } from '../planning/policies.js';
import { refuseUnknownResources } from '../planning/resources.js';
import { refuseUnknownSecrets } from '../planning/secrets.js';
import { planFor } from '../planning/patterns.js';
import { resolveSkills } from '../planning/skills.js';
import { toGraph } from '../planning/to-graph.js';
import { unavailableAgents } from '../workspace/agents/available.js';
import { readAgents } from '../workspace/agents/read.js';
import { skillBook, type DiscoverTools } from '../workspace/skills/book.js';
import { requireGround } from '../workspace/worktree/ground.js';
import type { KeptAnalysis } from './analyze.js';
import { auditPlan, auditPolicies } from './audit.js';
import type { Deps, Settings } from './deps.js';

/** Makes the plan, keeps it under its digest, and says what of it must be approved before anything runs. */
export async function plan(
  deps: Deps,
  { request, input }: { request: string; input: RequestInput },
): Promise<PlanHead> {
  const checked = parseRequestInput(input);
  const kept = (await deps.files.readJson(request, 'analysis.json')) as KeptAnalysis | undefined;
  if (!kept) throw new BatonError('artifact_missing', `the analysis of ${request} is not there any more`);
  const settings = deps.settings(kept.workspace);
  const { draft, isUsers, needsApproval } = await draftFor(deps, {
    request: checked,
    kept,
    decisionDeadlineMs: settings.decisionDeadlineMs,
  });
  const limit = Math.min(settings.maxParallel, checked.maxParallel ?? settings.maxParallel);
  const compiled = await placedIn(checked.plan, async () => {
    refuseUnknownSecrets(draft, Object.keys(settings.secrets));
    refuseUnknownResources(draft, settings.resources);
    const { workspace } = kept;
    const resolved = isUsers ? await withSkills(deps, draft, workspace) : draft;
    const plan = compilePlan(resolved, { maxParallel: limit });
    return withAgents(deps, { plan, draft: resolved, workspace, modes: settings.modes });
  });
  const made: Plan = {
    ...compiled,
    maxParallel: Math.min(compiled.maxParallel, limit),
    tasks: compiled.tasks.map((task) => limited(task, settings)),
  };
  const uncommitted = await uncommittedFor(deps, { tasks: made.tasks, workspace: kept.workspace, request });
  const isTrusted = checked.signature !== undefined && deps.verify(markedText(request, input), checked.signature);
  const policies = await judged(deps, { request, plan: made, isTrusted, workspace: kept.workspace, settings });
  const text = canonicalJson(toStored(made));
  const { sha256: digest } = await deps.artifacts.put('plan.json', text);
  await deps.files.writeText(request, 'plan.json', text);
  await auditPlan(deps, { request, plan: made, digest, isTrusted });
  return {
    digest,
    tasks: made.tasks.length,
    maxParallel: made.maxParallel,
    maxAgents: settings.maxProcesses,
    onFailure: made.onFailure,
    approval: approvalFor({
      plan: made,
      digest,
      isUsers,
      isTrusted,
      needsApproval,
      allowShell: settings.allowShell,
      uncommitted,
      policies,
    }),
    budget: checked.constraints?.budget ?? null,
    yes: isTrusted && checked.yes === true,
    by: 'user',
    patience: patienceOf(settings),
  };
}

/** The draft with its skills as what carries them out. */
export async function withSkills(deps: Deps, draft: PlanDraft, workspace: string): Promise<PlanDraft> {
  const { mcp: servers } = deps.settings(workspace);
  const { environment: env, launcher, reaper: watch } = deps;
  const discover: DiscoverTools = async (names) => {
    const { discoverTools } = await import('../agents/mcp/discover.js');
    return discoverTools(names, { servers, cwd: workspace, env, start: launcher.start, watch });
  };
  return resolveSkills(draft, await skillBook(draft, { home: deps.installation, workspace, discover }));
}

/** What the policies say of a plan, written into the audit log. @throws BatonError `policy_denied` */
export async function judged(
  deps: Deps,
  given: { request: string; plan: Plan; isTrusted: boolean; workspace: string; settings: Settings },
): Promise<PolicyResult[]> {
  const { request, plan, isTrusted, workspace, settings } = given;
  const results = applyPolicies(settings.policies, { plan, trusted: isTrusted, workspace });
  await auditPolicies(deps, { request, results });
  refuseDenied(results);
  return results;
}

/** Problems of a plan that stands in the input are told by where they stand there: `plan.tasks[0].id`. */
async function placedIn<T>(given: RequestInput['plan'], compile: () => Promise<T>): Promise<T> {
  try {
    return await compile();
  } catch (error) {
    if (!(error instanceof BatonError) || error.path === undefined || !given || 'digest' in given) throw error;
    const message = error.message.replaceAll(/^tasks(?=[[:])/gm, 'plan.tasks');
    throw new BatonError(error.code, message, { path: `plan.${error.path}`, cause: error });
  }
}

const patienceOf = (settings: Settings): Patience => ({
  remindAfterMs: settings.decisionReminderMs,
  escalateAfterMs: settings.decisionEscalationMs,
  expireAfterMs: settings.decisionExpiryMs,
  escalateTo: [...settings.escalateTo],
});

/**
 * Uncommitted files that agents among the tasks would not see; none once an agent of the request has begun, for the next ones go on from there.
 * Throws `no_worktree` where agents could not work in this workspace.
 */
export async function uncommittedFor(
  deps: Deps,
  { tasks, workspace, request }: { tasks: readonly TaskDraft[]; workspace: string; request: string },
): Promise<number> {
  if (!tasks.some(({ action }) => action.kind === 'agent') || (await deps.worktrees.kept(request))) return 0;
  return (await requireGround(workspace, request)).uncommitted;
}

async function draftFor(
  deps: Deps,
  { request, kept, decisionDeadlineMs }: { request: RequestInput; kept: KeptAnalysis; decisionDeadlineMs: number },
): Promise<{ draft: PlanDraft; isUsers: boolean; needsApproval: boolean }> {
  const given = request.plan;
  if (given === undefined) {
    const proposal = planFor({ analysis: kept.analysis, facts: kept.facts, request, decisionDeadlineMs });
    return { draft: proposal.draft, isUsers: false, needsApproval: proposal.needsApproval };
  }
  const draft =
    'digest' in given ? parsePlanValue(JSON.parse(await deps.artifacts.getText(given.digest)) as unknown) : given;
  return { draft, isUsers: true, needsApproval: false };
}

/** A task's limit never exceeds what the configuration allows. */
export function limited(task: PlanTask, settings: { taskTimeLimitMs: number }): PlanTask {
  return { ...task, timeLimitMs: Math.min(task.timeLimitMs, settings.taskTimeLimitMs) };
}

/** The plan with an agent for each task that needs one. Throws `not_installed` where this worker cannot start one of them. */
export async function withAgents(
  deps: Deps,
  { plan, draft, workspace, modes }: { plan: Plan; draft: PlanDraft; workspace: string; modes: ModeTable },
): Promise<Plan> {
  refuseTools(draft, modes);
  if (!plan.tasks.some(({ kind }) => kind === 'agent')) return plan;
  const { runtimes, endpoints, models } = deps.settings(workspace);
  const { agents } = await readAgents({ home: deps.installation, workspace, modes, runtimes, endpoints });
  const unavailable = unavailableAgents(agents, { env: deps.environment, runtimes, endpoints, models });
  const allocated = allocatePlan(plan, { draft, agents, unavailable, modes });
  const missing = agentsMissing(allocated, { unavailable });
  if (missing.length === 0) return allocated;
  throw new BatonError(
    'not_installed',
    `the plan needs ${missing.join(', ')}, which the worker on ${deps.host} does not find on its PATH`,
  );
}

/** A piece of the graph from a position on, at most a mebibyte of JSON. */
export async function graph(
  deps: Deps,
  { plan: digest, from }: { request: string; plan: string; from: number },
): Promise<GraphPiece> {
  const all = toGraph(await readPlan(deps, digest));
  const nodes: GraphNode[] = [];
  let bytes = 0;
  for (let position = from; position < all.length; position += 1) {
    const node = all[position];
    if (!node) break;
    bytes += Buffer.byteLength(JSON.stringify(node));
    if (bytes > LIMITS.graphPieceBytes && nodes.length > 0) return { nodes, next: position };
    nodes.push(node);
  }
  return { nodes, next: null };
}

interface KnownPlan {
  plan: Plan;
  tasks: Map<string, PlanTask>;
  /** Ids of the tasks that come after one of an agent. */
  afterAgents: Set<string>;
}

const plans = new Map<string, KnownPlan>();
const PLANS_KEPT = 8;

/** The plan that a digest names. The store checks the digest, so what is read is what was accepted. */
export const readPlan = async (deps: Deps, digest: string): Promise<Plan> => (await knownPlan(deps, digest)).plan;

export async function readTask(deps: Deps, digest: string, id: string): Promise<PlanTask> {
  const task = (await knownPlan(deps, digest)).tasks.get(id);
  if (!task) throw new BatonError('plan_changed', `the plan has no task ${id}`);
  return task;
}

/** Whether a task comes after an agent's, directly or not, so that it is about what the agent made. */
export const buildsOnAgents = async (deps: Deps, digest: string, id: string): Promise<boolean> =>
  (await knownPlan(deps, digest)).afterAgents.has(id);

/** Tasks stand in topological order. */
function afterAgents(plan: Plan): Set<string> {
  const agents = new Set(plan.tasks.flatMap(({ id, kind }) => (kind === 'agent' ? [id] : [])));
  const after = new Set<string>();
  for (const { id, dependencies } of plan.tasks)
    if (dependencies.some((dependency) => agents.has(dependency) || after.has(dependency))) after.add(id);
  return after;
}

async function knownPlan(deps: Deps, digest: string): Promise<KnownPlan> {
  const known = plans.get(digest);
  if (known) return known;
  const plan = fromStored(JSON.parse(await deps.artifacts.getText(digest)) as StoredPlan);
  const found = { plan, tasks: new Map(plan.tasks.map((task) => [task.id, task])), afterAgents: afterAgents(plan) };
  plans.set(digest, found);
  for (const oldest of plans.keys()) if (plans.size > PLANS_KEPT) plans.delete(oldest);
  return found;
}

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { BatonError } from '../contract/errors.js';
import { canonicalJson } from '../contract/json.js';
import { LIMITS } from '../contract/limits.js';
import type { Plan } from '../contract/plan.js';
import { REQUEST_ID_PATTERN, TASK_QUEUE, WORKFLOW_TYPE } from '../contract/names.js';
import { markedText, type Interaction, type RequestInput } from '../contract/request.js';
import type { Priority } from '../contract/task.js';
import { loadConfig } from '../local/config.js';
import { ensureHome, resolveHome } from '../local/home.js';
import { ensureKey, sign } from '../local/key.js';
import { applyPolicies, refuseDenied } from '../planning/policies.js';
import { keptOf } from '../workspace/artifacts/kept.js';
import { createRequestFiles } from '../workspace/artifacts/requests.js';
import { createArtifactStore } from '../workspace/artifacts/store.js';
import { requireGround } from '../workspace/worktree/ground.js';
import { withAgents } from './agents.js';
import type { Place } from './place.js';
import { readPlan } from './plan-source.js';
import { preview } from './preview.js';
import { workspaceFolder } from './workspace.js';

export interface RunOptions {
  text: string;
  workspace?: string | undefined;
  planFile?: string | undefined;
  playbook?: string | undefined;
  interaction?: Interaction | undefined;
  yes: boolean;
  id?: string | undefined;
  priority?: Priority | undefined;
  maxParallel?: number | undefined;
  budgetUsd?: number | undefined;
}

/** A request that was checked as far as this machine can; nothing has started. */
export interface Prepared {
  id: string;
  input: RequestInput;
}

/**
 * Checks everything that can be checked before a server is even looked for: the plan, the workspace, what must be installed. Throws
 * `bad_input`, `workspace_missing`, `not_supported`, `not_installed`, `no_worktree`.
 */
export async function prepare(options: RunOptions): Promise<Prepared> {
  const id = options.id ?? newId();
  if (!REQUEST_ID_PATTERN.test(id)) {
    throw new BatonError('bad_input', `--id: ${JSON.stringify(id)} does not match ${REQUEST_ID_PATTERN.source}`, {
      path: 'id',
    });
  }
  if (options.text.length > LIMITS.descriptionChars) {
    throw new BatonError('bad_input', `TEXT: longer than ${LIMITS.descriptionChars} characters`, {
      path: 'description',
    });
  }
  const path = workspaceFolder(options.workspace);
  const plan = await planPart(options, path, id);
  const input: RequestInput = {
    v: 1,
    description: options.text || plan.name,
    workspace: { host: process.env['BATON_HOST'] ?? hostname(), path },
    ...(options.interaction ? { interaction: options.interaction } : {}),
    ...(options.priority ? { priority: options.priority } : {}),
    ...(options.playbook === undefined ? {} : { playbook: options.playbook }),
    ...(options.maxParallel === undefined ? {} : { maxParallel: options.maxParallel }),
    ...(options.budgetUsd === undefined ? {} : { constraints: { budget: { usd: options.budgetUsd } } }),
    ...(options.yes ? { yes: true } : {}),
    ...(plan.plan ? { plan: plan.plan as NonNullable<RequestInput['plan']> } : {}),
  };
  const home = ensureHome(resolveHome()).home;
  return { id, input: { ...input, signature: sign(ensureKey(home), markedText(id, input)) } };
}

/** The plan as the input carries it: small ones in full, so that Temporal Web shows them, large ones by their digest. */
async function planPart(options: RunOptions, workspace: string, id: string): Promise<{ name: string; plan?: unknown }> {
  const { config } = loadConfig({ home: resolveHome(), workspace });
  if (options.planFile === undefined) {
    const { plan, missing } = await preview(options);
    if (missing.length > 0) {
      throw new BatonError('not_installed', `this request needs ${missing.join(', ')}`, {
        hint: `see what would be done with: baton plan ${JSON.stringify(options.text)}`,
      });
    }
    refuseDenied(applyPolicies(config.policies, { plan, trusted: true, workspace }));
    await requireGroundFor(plan, workspace, id);
    return { name: options.text };
  }
  const { draft, plan, value } = await readPlan(options.planFile, { workspace, config });
  const { plan: allocated, missing } = await withAgents(plan, { draft, workspace, modes: config.modes });
  if (missing.length > 0) {
    throw new BatonError('not_installed', `the plan needs ${missing.join(', ')}`, {
      hint: `see it with: baton plan --plan ${options.planFile}`,
    });
  }
  refuseDenied(applyPolicies(config.policies, { plan: allocated, trusted: true, workspace }));
  await requireGroundFor(plan, workspace, id);
  const text = canonicalJson(value);
  if (Buffer.byteLength(text) <= LIMITS.inlinePlanBytes) return { name: draft.name, plan: value };
  const store = createArtifactStore(ensureHome(resolveHome()).artifacts);
  const { sha256 } = await store.put('plan-file.json', text);
  return { name: draft.name, plan: { digest: sha256 } };
}

/** Throws `no_worktree` where the plan has agents, and they could not work in the workspace. */
async function requireGroundFor({ tasks }: Plan, workspace: string, id: string): Promise<void> {
  if (tasks.some(({ kind }) => kind === 'agent')) await requireGround(workspace, id);
}

/** Starts a prepared request. Throws `refused` where its id was used before. */
export async function submit({ client, home }: Place, { id, input }: Prepared): Promise<void> {
  const { WorkflowExecutionAlreadyStartedError } = await import('../sdk/client.js');
  const withdraw = await referToPlan(home, id, input);
  try {
    await client.workflow.start(WORKFLOW_TYPE, {
      taskQueue: TASK_QUEUE,
      workflowId: id,
      args: [input],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: oneLine(input.description),
      memo: { description: oneLine(input.description) },
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    await withdraw();
    throw new BatonError('refused', `a request ${id} exists already`, { hint: `look at it with: baton status ${id}` });
  }
}

/** Until a worker takes the request up, which may be long after, this alone keeps its plan from being cleaned up. */
async function referToPlan(home: string, id: string, { plan }: RequestInput): Promise<() => Promise<void>> {
  if (!plan || !('digest' in plan)) return () => Promise.resolve();
  const files = createRequestFiles(home);
  const isNew = (await keptOf(home, id)) === undefined;
  await files.writeJson(id, 'input.json', { v: 1, plan });
  return async () => {
    if (isNew) await files.remove(id);
  };
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 200);

function newId(): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  return `req-${day}-${randomBytes(4).toString('hex')}`;
}

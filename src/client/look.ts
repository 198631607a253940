import { BatonError, ERRORS, type ErrorCode } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { WORKFLOW_TYPE, type QueryName } from '../contract/names.js';
import type { RequestStatus } from '../contract/phase.js';
import type { DecisionView, RequestView, TaskView } from '../contract/view.js';
import { ensureHome, resolveHome } from '../local/home.js';
import { createRequestFiles, type RequestFile } from '../workspace/artifacts/requests.js';
import type { Client } from '@temporalio/client';
import { withHostWaits } from './host-waits.js';
import { withProcesses } from './measured.js';
import type { Place } from './place.js';

const unknownRequest = (id: string): BatonError =>
  new BatonError('unknown_id', `there is no request ${id}`, { hint: 'list them with: baton list' });

const files = () => createRequestFiles(ensureHome(resolveHome()).home);

/** The answer that was kept when the request ended; undefined where it has not, or ended elsewhere. Needs no server. */
export async function keptResult(id: string): Promise<RequestView | undefined> {
  try {
    return (await files().readJson(id, 'result.json')) as RequestView | undefined;
  } catch (error) {
    if (error instanceof BatonError && error.code === 'bad_input') throw unknownRequest(id);
    throw error;
  }
}

export async function keptText(id: string, file: RequestFile): Promise<string | undefined> {
  return files().readText(id, file);
}

/** A request as it is now, from its workflow: all pages of tasks and decisions. Throws `unknown_id`, or `no_server` where no worker answers. */
export async function currentView(place: Place, id: string): Promise<RequestView> {
  const tasks: TaskView[] = [];
  const decisions: DecisionView[] = [];
  let view: (RequestView & { next: number | null }) | undefined;
  for (let from: number | null = 0; from !== null; from = view.next) {
    view = await query<RequestView & { next: number | null }>(place, id, 'state', { from });
    tasks.push(...view.tasks);
    decisions.push(...view.decisions);
  }
  const { v, requestId, status, state, makespanMs, lowerBoundMs, sequentialMs, ...rest } = view as RequestView;
  const { cost, budget, usageLimits, artifacts, report, error } = rest;
  return {
    v,
    requestId,
    status,
    state,
    tasks: await withProcesses(files(), id, await withHostWaits(place, id, tasks)),
    makespanMs,
    lowerBoundMs,
    sequentialMs,
    decisions,
    cost,
    ...(budget ? { budget } : {}),
    ...(usageLimits ? { usageLimits } : {}),
    artifacts,
    result: await keptBranch(id),
    report,
    ...(error ? { error } : {}),
  };
}

/** What agents have put on the request's branch so far, where the request runs on this machine; a query can read no files. */
async function keptBranch(id: string): Promise<RequestView['result']> {
  const kept = (await files().readJson(id, 'branch.json')) as { branch: string; tip: string | null } | undefined;
  return kept?.tip ? { branch: kept.branch, commit: kept.tip } : null;
}

/** Asks a workflow, by this machine's clock; a query needs a worker. */
export async function query<T>({ client }: Place, id: string, name: QueryName, input: object = {}): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + LIMITS.queryMs, () =>
      client.workflow.getHandle(id).query<T, [object]>(name, { now: Date.now(), ...input }),
    );
  } catch (error) {
    throw await translated(error, id);
  }
}

async function translated(error: unknown, id: string): Promise<unknown> {
  const { WorkflowNotFoundError, isGrpcServiceError, QueryNotRegisteredError } = await import('../sdk/client.js');
  if (error instanceof WorkflowNotFoundError) return unknownRequest(id);
  if (error instanceof QueryNotRegisteredError) return new BatonError('unknown_id', `${id} is not a request of Baton`);
  if (isGrpcServiceError(error)) {
    return new BatonError('no_server', `no worker answers for ${id}: ${error.details || error.message}`, {
      hint: 'start one with: baton up',
      cause: error,
    });
  }
  return error;
}

/**
 * How a closed workflow ended where nothing was kept of it: refused input, a termination from Temporal's side. Undefined while it runs.
 */
export async function closedView({ client }: Place, id: string): Promise<RequestView | undefined> {
  const { WorkflowNotFoundError } = await import('../sdk/client.js');
  const handle = client.workflow.getHandle(id);
  const found = await handle.describe().catch((error: unknown) => {
    throw error instanceof WorkflowNotFoundError ? unknownRequest(id) : error;
  });
  if (found.status.name === 'RUNNING' || found.type !== WORKFLOW_TYPE) return undefined;
  const result: unknown = await handle.result().catch((error: unknown) => error);
  if (!(result instanceof Error)) return result as RequestView;
  const status: RequestStatus = found.status.name === 'CANCELLED' ? 'cancelled' : 'failed';
  return emptyView(id, status, failureOf(result));
}

function failureOf(error: Error): { code: ErrorCode; message: string } {
  const cause = (error.cause ?? error) as Error & { type?: string };
  const code = cause.type !== undefined && Object.hasOwn(ERRORS, cause.type) ? (cause.type as ErrorCode) : 'internal';
  return { code, message: cause.message };
}

function emptyView(requestId: string, status: RequestStatus, error: { code: ErrorCode; message: string }): RequestView {
  return {
    v: 1,
    requestId,
    status,
    state: status === 'failed' ? 'ERROR' : 'IDLE',
    tasks: [],
    makespanMs: 0,
    lowerBoundMs: 0,
    sequentialMs: 0,
    decisions: [],
    cost: { usd: 0, inputTokens: 0, outputTokens: 0 },
    artifacts: [],
    result: null,
    report: null,
    error,
  };
}

export interface ListRow {
  requestId: string;
  status: string;
  description: string;
  startedAt: string | null;
  finishedAt: string | null;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The requests that Temporal knows, newest first; of one that went on as a new run, or was taken up again, the latest run. */
export async function listRequests(client: Client, options: { openOnly?: boolean } = {}): Promise<ListRow[]> {
  const { defineSearchAttributeKey } = await import('../sdk/common.js');
  const BATON_STATE = defineSearchAttributeKey('BatonState', 'KEYWORD');
  const rows: ListRow[] = [];
  const seen = new Set<string>();
  const filter = options.openOnly ? ` AND ExecutionStatus="Running"` : '';
  for await (const found of client.workflow.list({ query: `WorkflowType="${WORKFLOW_TYPE}"${filter}` })) {
    if (seen.has(found.workflowId)) continue;
    seen.add(found.workflowId);
    const state = found.typedSearchAttributes.get(BATON_STATE);
    rows.push({
      requestId: found.workflowId,
      status: listedStatus(found.status.name, state),
      description: textOf(found.memo?.['description']),
      startedAt: found.startTime.toISOString(),
      finishedAt: found.closeTime?.toISOString() ?? null,
    });
    if (rows.length >= LIMITS.listedRequests) break;
  }
  return rows;
}

/** One that was ended from Temporal's side, or that failed at once, could not write its own end down. */
function listedStatus(closed: string, state: string | undefined): string {
  const isStale = state === undefined || state === 'running' || state === 'waiting' || state === 'paused';
  if (closed === 'RUNNING' || !isStale) return state ?? 'running';
  if (closed === 'COMPLETED') return 'complete';
  return closed === 'CANCELLED' ? 'cancelled' : 'failed';
}

/** The requests whose end was kept on this machine, where no server can be asked. */
export async function keptRequests(): Promise<ListRow[]> {
  const rows: ListRow[] = [];
  for (const id of await files().list()) {
    const view = await keptResult(id);
    if (!view) continue;
    const kept = (await files().readJson(id, 'analysis.json')) as { description?: string } | undefined;
    const times = view.tasks.flatMap((task) => (task.startedAt ? [task.startedAt] : []));
    const ends = view.tasks.flatMap((task) => (task.finishedAt ? [task.finishedAt] : []));
    rows.push({
      requestId: id,
      status: view.status,
      description: kept?.description ?? '',
      startedAt: times.sort()[0] ?? null,
      finishedAt: ends.sort().at(-1) ?? null,
    });
    if (rows.length >= LIMITS.listedRequests) break;
  }
  return rows;
}

export const openDecisionsOf = async (place: Place, id: string): Promise<DecisionView[]> =>
  (await query<{ decisions: DecisionView[] }>(place, id, 'decisions')).decisions.filter(
    ({ state }) => state === 'open',
  );

/** Open decisions of all requests that run, by urgency, then age; `silent` are the requests that did not answer. */
export async function allOpenDecisions(place: Place): Promise<{ decisions: DecisionView[]; silent: string[] }> {
  const silent: string[] = [];
  const ids = (await listRequests(place.client, { openOnly: true })).map((row) => row.requestId);
  const found = await Promise.all(
    ids.map((id) =>
      openDecisionsOf(place, id).catch((error: unknown) => {
        if (!(error instanceof BatonError)) throw error;
        silent.push(id);
        return [];
      }),
    ),
  );
  return { decisions: byUrgency(found.flat()), silent };
}

const WEIGHT = { high: 0, normal: 1, low: 2 } as const;

export const byUrgency = (decisions: DecisionView[]): DecisionView[] =>
  decisions.sort((a, b) => WEIGHT[a.urgency] - WEIGHT[b.urgency] || (a.raisedAt < b.raisedAt ? -1 : 1));

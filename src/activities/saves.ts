import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import type { SavedState } from '../contract/saved-state.js';
import { buildGraph } from '../engine/graph.js';
import { taskState } from '../engine/lifecycle.js';
import { open } from '../engine/model.js';
import { reopenable } from '../engine/reopen.js';
import type { EngineState } from '../engine/state.js';
import { toGraph } from '../planning/to-graph.js';
import type { KeptAnalysis } from './analyze.js';
import type { Deps } from './deps.js';
import { readPlan } from './plan.js';
import { readRecords } from './records.js';

/** Keeps a state of a running request (INT-8): the engine's, with the plan, the artifacts and the commit that it stands on. */
export async function save(deps: Deps, { state, n, by }: { state: EngineState; n: number; by: string }): Promise<void> {
  const { request } = state;
  const analysis = (await deps.files.readJson(request, 'analysis.json')) as KeptAnalysis | undefined;
  const artifacts: SavedState['artifacts'] = [];
  for (const { result } of (await readRecords(deps, request)).values())
    if (result.kind === 'completed' || result.kind === 'failed') artifacts.push(...result.artifacts);
  const saved: SavedState = {
    v: 1,
    request,
    n,
    at: new Date().toISOString(),
    by,
    plan: state.plan,
    decisions: state.decisions.filter((decision) => decision.state === 'open').map(({ id }) => id),
    artifacts,
    commits: { base: analysis?.facts?.head ?? null },
    tasks: { total: state.tasks.length, completed: countCompleted(state) },
    state: state as unknown as SavedState['state'],
  };
  await deps.files.writeJson(request, `saved-${n}.json`, saved);
  if (n > LIMITS.savedStates) await deps.files.removeFile(request, `saved-${n - LIMITS.savedStates}.json`);
}

function countCompleted(state: EngineState): number {
  return state.tasks.filter((_, task) => taskState(state, task) === 'completed').length;
}

/**
 * The kept state of a closed request that is to be retried; null where it had no plan yet, so that it begins anew. From here on it counts as
 * running: the answer that was kept at its end goes. Throws `refused` where there is nothing to retry, `unknown_id` where nothing was kept.
 */
export async function recall(
  deps: Deps,
  { request, task }: { request: string; task?: string },
): Promise<EngineState | null> {
  const state = (await deps.files.readJson(request, 'state.json')) as EngineState | undefined;
  if (!state) throw new BatonError('unknown_id', `nothing was kept of a closed request ${request}`);
  if (state.plan !== null) {
    const engine = open(state, buildGraph(state.plan.digest, toGraph(await readPlan(deps, state.plan.digest))));
    if (task !== undefined && !engine.graph.positions.has(task))
      throw new BatonError('unknown_id', `no task ${task} in this request`, { path: 'retry.task' });
    if (reopenable(engine, task).length === 0)
      throw new BatonError('refused', task === undefined ? 'nothing has failed' : `${task} has not failed`);
  }
  await deps.files.removeFile(request, 'result.json');
  return state.plan === null ? null : state;
}

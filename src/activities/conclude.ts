import { LIMITS } from '../contract/limits.js';
import { ENDED_STATES } from '../contract/task.js';
import type { ReportInput } from '../contract/report.js';
import type { ArtifactView, RequestView } from '../contract/view.js';
import { open, type Engine } from '../engine/model.js';
import { buildGraph, EMPTY_GRAPH } from '../engine/graph.js';
import { statusOf } from '../engine/moves.js';
import type { EngineState } from '../engine/state.js';
import { toGraph } from '../planning/to-graph.js';
import { reportJson, reportMarkdown } from '../progress/report.js';
import { requestView } from '../progress/view.js';
import type { KeptAnalysis } from './analyze.js';
import { audit } from './audit.js';
import type { Deps } from './deps.js';
import { readPlan } from './plan.js';
import { readRecords, recordKey } from './records.js';

/**
 * Writes down how a request ended: report (Markdown, JSON), final state, and the answer of `status`, which are found there without a worker or a
 * history. Gives the workflow's result: tasks inline up to 500, beyond that a reference.
 */
export async function conclude(
  deps: Deps,
  { state, description }: { state: EngineState; description: string },
): Promise<RequestView> {
  const { request } = state;
  const plan = state.plan ? await readPlan(deps, state.plan.digest) : undefined;
  const engine = open(state, plan ? buildGraph(state.plan?.digest ?? '', toGraph(plan)) : EMPTY_GRAPH);
  const now = state.endedAt ?? Date.now();
  const view: RequestView = { ...requestView(engine, { now }), state: state.phase === 'ERROR' ? 'ERROR' : 'IDLE' };
  const material = await gather(deps, engine, view, { description, notes: plan?.notes ?? [] });
  const markdown = await deps.files.path(request, 'report.md');
  const json = await deps.files.path(request, 'report.json');
  view.artifacts = material.artifacts;
  view.report = { markdown, json };
  view.result = await deps.worktrees.result(request);
  await deps.files.writeText(request, 'report.md', reportMarkdown(material.input));
  await deps.files.writeJson(request, 'report.json', reportJson(material.input));
  await deps.files.writeJson(request, 'state.json', state);
  const answer = fitsInline(view) ? view : await byReference(deps, view);
  if (answer.tasksRef) await deps.files.writeJson(request, 'references.json', [answer.tasksRef.sha256]);
  await audit(deps, { request, decisions: state.decisions });
  // Last, for by it the request counts as ended.
  await deps.files.writeJson(request, 'result.json', view);
  await clearWorktrees(deps, request);
  return answer;
}

/** What a crash left of worktrees. That it cannot be removed does not concern the request. */
async function clearWorktrees(deps: Deps, request: string): Promise<void> {
  await deps.worktrees.clear(request).catch((error: unknown) => {
    deps.log.warn({ request, error: String(error) }, 'worktrees could not be removed');
  });
}

const fitsInline = (view: RequestView): boolean =>
  view.tasks.length <= LIMITS.resultInlineTasks && Buffer.byteLength(JSON.stringify(view)) <= LIMITS.resultInlineBytes;

async function byReference(deps: Deps, view: RequestView): Promise<RequestView> {
  const ref = await deps.artifacts.put('tasks.json', JSON.stringify(view.tasks));
  const tasksRef = { ...ref, path: deps.artifacts.path(ref.sha256) };
  return { ...view, tasks: [], tasksRef, artifacts: view.artifacts.slice(0, LIMITS.resultInlineTasks) };
}

/** Reads what the tasks left: reports of skills, ends of outputs, artifacts. */
async function gather(
  deps: Deps,
  engine: Engine,
  view: RequestView,
  { description, notes }: { description: string; notes: string[] },
): Promise<{ input: ReportInput; artifacts: ArtifactView[] }> {
  const { request } = engine.state;
  const analysis = (await deps.files.readJson(request, 'analysis.json')) as KeptAnalysis | undefined;
  const records = await readRecords(deps, request);
  const artifacts: ArtifactView[] = [];
  const input: ReportInput = {
    request: view,
    description,
    workspace: analysis?.workspace ?? '',
    analysis: analysis?.analysis ?? null,
    skills: [],
    outputs: [],
    agents: [],
    notes,
  };
  for (const [task, node] of engine.graph.nodes.entries()) {
    const status = statusOf(engine, task);
    if (node.kind === 'decision' || !ENDED_STATES.includes(status)) continue;
    const record = records.get(recordKey({ task: node.id, epoch: engine.state.details[task]?.epoch ?? 0 }));
    // Of a task that a person skipped, only what an agent had changed until then is of interest.
    const isCutOff = record !== undefined && ['cancelled', 'parked', 'limited'].includes(record.result.kind);
    if (!record || (status === 'skipped' && !isCutOff)) continue;
    const { result } = record;
    // The engine's state keeps only some errors, and cut short; the record has them all.
    const shown = view.tasks[task];
    if (result.kind === 'failed' && shown?.status === 'failed') {
      const { code, message, exitCode } = result.error;
      shown.error = { code, message, ...(exitCode === undefined ? {} : { exitCode }) };
    }
    const refs = result.artifacts ?? [];
    const own = refs.map((ref) => ({ ...ref, path: deps.artifacts.path(ref.sha256) }));
    artifacts.push(...own);
    if (record.report) input.skills.push({ task: node.id, report: record.report });
    else if (record.agent) {
      const mender = engine.graph.nodes[engine.state.details[task]?.repair ?? -1]?.id;
      if (shown && record.agent.processes) shown.processes = record.agent.processes;
      const isMerged = status === 'completed' && mender !== undefined;
      input.agents.push({ task: node.id, ...record.agent, ...(isMerged ? { mergedBy: mender, changes: null } : {}) });
    }
    // A command that printed nothing left no file.
    else if (record.output) input.outputs.push({ task: node.id, ...record.output, path: own[0]?.path ?? '' });
  }
  return { input, artifacts };
}

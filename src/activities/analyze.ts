import { analyzeRequest } from '../analysis/analyze.js';
import type { Analysis } from '../contract/analysis.js';
import { BatonError } from '../contract/errors.js';
import type { WorkspaceFacts } from '../contract/facts.js';
import type { AnalysisSummary } from '../contract/orders.js';
import type { RequestInput } from '../contract/request.js';
import { parseRequestInput } from '../contract/schemas/request.js';
import { requireFolder } from '../workspace/folder.js';
import { listWorkspace } from '../workspace/listing.js';
import { surveyWorkspace } from '../workspace/survey.js';
import type { Deps } from './deps.js';
import { pathOf } from './intake.js';
import { Context } from '../sdk/activity.js';

/** What is kept of the analysis for the plan and the report. */
export interface KeptAnalysis {
  v: 1;
  analysis: Analysis;
  facts: WorkspaceFacts | null;
  workspace: string;
  description: string;
  /** The digest of the user's plan where that is an artifact, so that it stays as long as this does. */
  plan?: string;
}

const workspaces = new Map<string, string>();
const WORKSPACES_KEPT = 64;

/** The workspace of a request, as its analysis found it. Asked for by each task, so it is kept for each run of a workflow. */
export async function workspaceOf(deps: Deps, request: string): Promise<string> {
  const run = Context.current().info.workflowExecution?.runId ?? request;
  const known = workspaces.get(run);
  if (known !== undefined) return known;
  const kept = (await deps.files.readJson(request, 'analysis.json')) as KeptAnalysis | undefined;
  if (!kept) throw new BatonError('artifact_missing', `what was kept of ${request} is not there any more`);
  workspaces.set(run, kept.workspace);
  for (const oldest of workspaces.keys()) if (workspaces.size > WORKSPACES_KEPT) workspaces.delete(oldest);
  return kept.workspace;
}

/**
 * Measures the workspace and analyses the request. Where the user brought a plan nothing has to be found out, so the workspace is only
 * looked at and a plan starts at once, however large the repository.
 */
export async function analyze(
  deps: Deps,
  { request, input }: { request: string; input: RequestInput },
): Promise<AnalysisSummary> {
  const checked = parseRequestInput(input);
  const workspace = await requireFolder(pathOf(checked.workspace));
  const { facts, paths } = checked.plan ? { facts: null, paths: [] } : await measure(workspace);
  const analysis = analyzeRequest(checked, facts, paths);
  const given = checked.plan && 'digest' in checked.plan ? checked.plan.digest : undefined;
  // Put once more it counts as used now, so that no clean-up takes it before the line below refers to it.
  if (given !== undefined) await deps.artifacts.put('plan-file.json', await deps.artifacts.get(given));
  // What an earlier request of this id left behind must not be taken for this one's.
  await deps.files.remove(request);
  const kept: KeptAnalysis = {
    v: 1,
    analysis,
    facts,
    workspace,
    description: checked.description,
    ...(given === undefined ? {} : { plan: given }),
  };
  await deps.files.writeJson(request, 'analysis.json', kept);
  const { primary, secondary, confidence } = analysis.intent;
  return {
    intent: primary,
    workspace,
    data: { intent: primary, secondary, confidence, complexity: analysis.complexity.level },
  };
}

async function measure(workspace: string): Promise<{ facts: WorkspaceFacts; paths: string[] }> {
  const signal = Context.current().cancellationSignal;
  const listing = await listWorkspace(workspace, { signal });
  const facts = await surveyWorkspace(workspace, { signal, listing });
  return { facts, paths: listing.files.map((file) => file.path) };
}

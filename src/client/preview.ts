import { createHash } from 'node:crypto';
import { toStored } from '../allocation/stored.js';
import { analyzeRequest } from '../analysis/analyze.js';
import type { Analysis } from '../contract/analysis.js';
import type { WorkspaceFacts } from '../contract/facts.js';
import { canonicalJson } from '../contract/json.js';
import type { Plan } from '../contract/plan.js';
import type { RequestInput } from '../contract/request.js';
import { buildGraph } from '../engine/graph.js';
import { runVirtual, type VirtualRun } from '../engine/virtual.js';
import { loadConfig } from '../local/config.js';
import { resolveHome } from '../local/home.js';
import { compilePlan } from '../planning/compile.js';
import { planFor } from '../planning/patterns.js';
import { planJson, previewPlan, type Preview } from '../planning/preview.js';
import { renderMermaid } from '../planning/render-mermaid.js';
import { renderPlanText } from '../planning/render-text.js';
import { toGraph } from '../planning/to-graph.js';
import { listWorkspace } from '../workspace/listing.js';
import { surveyWorkspace } from '../workspace/survey.js';
import { withAgents } from './agents.js';
import { readPlan } from './plan-source.js';
import { workspaceFolder } from './workspace.js';

export interface PreviewOptions {
  text: string;
  workspace?: string | undefined;
  planFile?: string | undefined;
  playbook?: string | undefined;
  maxParallel?: number | undefined;
}

/** Analysis and plan of a request, with what it lacks on this machine. Nothing runs, and no server is needed. */
export interface PreviewResult {
  analysis: Analysis;
  facts: WorkspaceFacts | null;
  plan: Plan;
  digest: string;
  missing: string[];
  needsApproval: boolean;
  pattern: string | null;
}

export async function preview(options: PreviewOptions): Promise<PreviewResult> {
  const workspace = workspaceFolder(options.workspace);
  const { config } = loadConfig({ home: resolveHome(), workspace });
  const maxParallel = Math.min(config.maxParallel, options.maxParallel ?? config.maxParallel);
  const request: RequestInput = {
    description: options.text,
    workspace,
    ...(options.playbook === undefined ? {} : { playbook: options.playbook }),
  };
  if (options.planFile !== undefined) {
    const { draft } = await readPlan(options.planFile, { workspace, config: { ...config, maxParallel } });
    const compiled = narrowed(compilePlan(draft, { maxParallel }), maxParallel);
    const { plan, missing } = await withAgents(compiled, { draft, workspace, modes: config.modes });
    const analysis = analyzeRequest({ ...request, description: options.text || draft.description || draft.name }, null);
    return {
      analysis,
      facts: null,
      plan,
      digest: digestOf(plan),
      missing,
      needsApproval: false,
      pattern: null,
    };
  }
  const listing = await listWorkspace(workspace);
  const facts = await surveyWorkspace(workspace, { listing });
  const paths = listing.files.map((file) => file.path);
  const analysis = analyzeRequest(request, facts, paths);
  const { draft, needsApproval, pattern } = planFor({
    analysis,
    facts,
    request,
    decisionDeadlineMs: config.decisionDeadlineMs,
  });
  const compiled = narrowed(compilePlan(draft, { maxParallel }), maxParallel);
  const { plan, missing } = await withAgents(compiled, { draft, workspace, modes: config.modes });
  return {
    analysis,
    facts,
    plan,
    digest: digestOf(plan),
    missing,
    needsApproval,
    pattern,
  };
}

const narrowed = (plan: Plan, most: number): Plan => ({ ...plan, maxParallel: Math.min(plan.maxParallel, most) });

const digestOf = (plan: Plan): string =>
  createHash('sha256')
    .update(canonicalJson(toStored(plan)))
    .digest('hex');

/** What the engine that would conduct the plan makes of it, on a virtual clock and by its estimates. */
const conducted = (plan: Plan): VirtualRun => runVirtual(buildGraph('preview', toGraph(plan)), plan.maxParallel);

const previewOf = (plan: Plan): Preview => previewPlan(plan, conducted(plan));

/** The JSON that `baton plan --json` prints. */
export function previewJson({
  analysis,
  plan,
  digest,
  missing,
  needsApproval,
}: PreviewResult): Record<string, unknown> {
  const { plan: planPart, estimate } = planJson(plan, { digest, preview: previewOf(plan) });
  return { v: 1, analysis, plan: planPart, estimate, missing, needsApproval };
}

export const previewText = ({ plan }: PreviewResult): string => renderPlanText(plan, previewOf(plan));

export const previewMermaid = ({ plan }: PreviewResult): string => renderMermaid(plan);

export interface Simulation {
  v: 1;
  tasks: number;
  maxParallel: number;
  makespanMs: number;
  sequentialMs: number;
  lowerBoundMs: number;
  /** 0 … 1 */
  utilisation: number;
  costUsd: number;
  schedule: { id: string; startMs: number; endMs: number }[];
}

/** Runs a plan on a virtual clock by its estimates, with the engine that would conduct it. */
export function simulatePlan(plan: Plan): Simulation {
  const run = conducted(plan);
  const { estimate } = previewPlan(plan, run);
  return {
    v: 1,
    tasks: plan.tasks.length,
    maxParallel: plan.maxParallel,
    makespanMs: run.makespanMs,
    sequentialMs: estimate.sequentialMs,
    lowerBoundMs: estimate.lowerBoundMs,
    utilisation: run.utilisation,
    costUsd: estimate.costUsd,
    schedule: plan.tasks.map(({ id }, task) => ({ id, startMs: run.startMs[task] ?? 0, endMs: run.endMs[task] ?? 0 })),
  };
}

import {
  preview,
  previewJson,
  previewMermaid,
  previewText,
  simulatePlan,
  type PreviewResult,
} from '../../client/preview.js';
import { formatDuration } from '../../contract/durations.js';
import { BatonError } from '../../contract/errors.js';
import { print, printJson, say } from '../end.js';

export interface PlanOptions {
  workspace?: string;
  plan?: string;
  playbook?: string;
  maxParallel?: number;
  json?: boolean;
  mermaid?: boolean;
}

/** Analysis and plan; nothing runs, and no server is needed. */
export async function plan(text: string, options: PlanOptions): Promise<void> {
  const result = await previewOf(text, options);
  if (options.json) printJson(previewJson(result));
  else if (options.mermaid) print(previewMermaid(result));
  else print(`${analysisText(result)}\n${previewText(result)}`);
  for (const missing of result.missing) say(`missing: ${missing}`);
}

export async function simulate(text: string, options: PlanOptions): Promise<void> {
  const simulation = simulatePlan((await previewOf(text, options)).plan);
  if (options.json) return printJson(simulation);
  const { tasks, maxParallel, makespanMs, sequentialMs, lowerBoundMs, utilisation, costUsd } = simulation;
  print(
    [
      `${tasks} tasks, up to ${maxParallel} at once`,
      `makespan          ${formatDuration(makespanMs)}`,
      `one after another ${formatDuration(sequentialMs)}`,
      `at best           ${formatDuration(lowerBoundMs)}`,
      `utilisation       ${(100 * utilisation).toFixed(1)} %`,
      `cost              $${costUsd.toFixed(2)}`,
    ].join('\n'),
  );
}

async function previewOf(text: string, options: PlanOptions): Promise<PreviewResult> {
  requireText(text, options.plan ?? options.playbook);
  return preview({
    text,
    workspace: options.workspace,
    planFile: options.plan,
    playbook: options.playbook,
    maxParallel: options.maxParallel,
  });
}

/** A request needs words, unless a plan or a playbook says what is to be done. */
export function requireText(text: string, instead: string | undefined): void {
  if (text.trim() !== '' || instead !== undefined) return;
  throw new BatonError('bad_input', 'TEXT: say what is to be done, or name a plan with --plan FILE', {
    path: 'description',
    hint: 'for example: baton run "Analyze this repository for quality problems"',
  });
}

function analysisText({ analysis, pattern }: PreviewResult): string {
  const { intent, complexity, risks } = analysis;
  const second = intent.secondary ? `, then ${intent.secondary}` : '';
  return [
    `Intent: ${intent.primary}${second} (confidence ${intent.confidence.toFixed(2)}${intent.ambiguous ? ', ambiguous' : ''})`,
    `Complexity: ${complexity.level} (${complexity.score.toFixed(2)})`,
    ...(pattern ? [`Pattern: ${pattern}`] : []),
    ...risks.map(({ risk, mitigation }) => `Risk: ${risk} (${mitigation})`),
    '',
  ].join('\n');
}

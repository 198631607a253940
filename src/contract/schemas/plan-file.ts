import type { PlanDraft } from '../plan.js';
import { parsePlanText } from './plan-text.js';
import { checkPlan, PLAN_HINT } from './plan-value.js';
import { refuse, visible } from './problems.js';

/**
 * The text of a plan file, YAML 1.2 or JSON, as a draft: each task checked by itself, the graph not yet (`compilePlan` does). `file` is its
 * name in messages, and the plan's name if it has none. Throws nothing but BatonError: `bad_input`, or `not_supported` if fields of later work are
 * all that is wrong; the message has a line `file:line:column path: problem` for each of the first 20 problems.
 */
export function parsePlanFile(text: string, { file }: { file: string }): PlanDraft {
  return readPlanFile(text, { file }).draft;
}

/** As `parsePlanFile`, with the value that the text stands for, which can be sent as a request's plan. */
export function readPlanFile(
  text: string,
  { file }: { file: string },
): { draft: PlanDraft; value: Record<string, unknown> } {
  const source = visible(file);
  const parsed = parsePlanText(text);
  if (parsed.flaws.length > 0) refuse(parsed.flaws, { source, hint: PLAN_HINT, locate: parsed.locate });
  const result = checkPlan(parsed.value);
  if ('flaws' in result) refuse(result.flaws, { source, hint: PLAN_HINT, locate: parsed.locate });
  const name = result.draft.name === '' ? nameOf(file) : result.draft.name;
  return { draft: { ...result.draft, name }, value: { ...(parsed.value as Record<string, unknown>), name } };
}

function nameOf(file: string): string {
  const base = file.slice(file.lastIndexOf('/') + 1);
  return base.replace(/\.(ya?ml|json)$/i, '') || 'plan';
}

import { LIMITS } from '../limits.js';
import type { PlanDraft } from '../plan.js';
import { planSchema } from './plan-schema.js';
import type { Flaw } from './problems.js';
import { flawsOf, refuse } from './problems.js';
import { guardValue } from './value-guard.js';

export const PLAN_HINT = 'correct the plan; `baton plan --plan FILE` checks one without running anything';

/** A value of a plan file's shape, e.g. from JSON, as a draft. Throws BatonError `bad_input` or `not_supported` with every problem. */
export function parsePlanValue(value: unknown): PlanDraft {
  const result = checkPlan(value);
  return 'draft' in result ? result.draft : refuse(result.flaws, { source: '', hint: PLAN_HINT });
}

export function checkPlan(value: unknown): { draft: PlanDraft } | { flaws: Flaw[] } {
  const flaws = flawsBeforeSchema(value);
  if (flaws.length > 0) return { flaws };
  const result = planSchema.safeParse(value);
  return result.success ? { draft: result.data } : { flaws: flawsOf(result.error.issues) };
}

/** What makes it needless, or unwise, to run the schema. */
function flawsBeforeSchema(value: unknown): Flaw[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = value === null ? 'nothing' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    return [{ path: [], message: `a plan is a mapping with "tasks", not ${what}` }];
  }
  const { tasks } = value as { tasks?: unknown };
  if (Array.isArray(tasks) && tasks.length > LIMITS.planTasks) {
    return [{ path: ['tasks'], message: `more than ${LIMITS.planTasks} tasks (${tasks.length})` }];
  }
  return guardValue(value, { chars: LIMITS.planFileBytes });
}

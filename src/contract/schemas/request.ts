import { z } from 'zod';
import { AT_CAP } from '../budget.js';
import { LIMITS } from '../limits.js';
import type { PlanDraft } from '../plan.js';
import type { PlanRef, RequestInput } from '../request.js';
import { INTERACTIONS } from '../request.js';
import { PRIORITIES } from '../task.js';
import { duration, jsonRecord, nonBlank, taskId, wholeNumber } from './fields.js';
import { checkPlan } from './plan-value.js';
import type { Flaw } from './problems.js';
import { flawsOf, refuse } from './problems.js';
import { guardValue } from './value-guard.js';

const HINT =
  'the input is one object such as {"description": "…", "workspace": "/path"}; only the description is required';
const HEX_64 = /^[0-9a-f]{64}$/;
const sha256 = z.string().regex(HEX_64, '64 hexadecimal digits are needed');
const path = nonBlank(LIMITS.pathChars);
const amount = z.number().positive('more than 0 is needed');

const constraints = z
  .strictObject({
    deadline: z.union([z.iso.datetime({ offset: true }), z.iso.date()], 'a time in ISO 8601 is needed').optional(),
    budget: z
      .strictObject({
        usd: amount.max(LIMITS.budgetUsdMax).optional(),
        tokens: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER }).optional(),
        wallMs: amount.max(LIMITS.taskTimeLimitMaxMs).optional(),
        atCap: z.enum(AT_CAP).optional(),
        wallTime: duration({ min: 1, max: LIMITS.taskTimeLimitMaxMs }).optional(),
      })
      .refine(({ wallMs, wallTime }) => wallMs === undefined || wallTime === undefined, 'has both wallMs and wallTime')
      .transform(({ wallTime, ...rest }) => (wallTime === undefined ? rest : { ...rest, wallMs: wallTime }))
      .optional(),
    maintainCompatibility: z.boolean().optional(),
  })
  .optional();

const requestFields = z.strictObject({
  v: z.literal(1).optional(),
  description: nonBlank(LIMITS.descriptionChars),
  context: jsonRecord.optional(),
  priority: z.enum(PRIORITIES).optional(),
  constraints,
  preferences: jsonRecord.optional(),
  workspace: z
    .union([path, z.strictObject({ host: nonBlank(255), path })], 'a path, or {host, path}, is needed')
    .optional(),
  interaction: z.enum(INTERACTIONS).optional(),
  playbook: taskId.optional(),
  yes: z.boolean().optional(),
  maxParallel: wholeNumber({ min: 1, max: LIMITS.parallelTasksMax }).optional(),
  retry: z.strictObject({ task: taskId.optional(), by: nonBlank(LIMITS.requestIdChars).optional() }).optional(),
  signature: sha256.optional(),
});
const planRef = z.strictObject({ digest: sha256 });

/** Fields that may also be spelled in snake_case, by the object that holds them. */
const RENAMED: { at: string[]; fields: Record<string, string> }[] = [
  { at: [], fields: { max_parallel: 'maxParallel' } },
  { at: ['constraints'], fields: { maintain_compatibility: 'maintainCompatibility' } },
  { at: ['constraints', 'budget'], fields: { wall_ms: 'wallMs', wall_time: 'wallTime', at_cap: 'atCap' } },
];

/**
 * The workflow's one input (INT-1), from anywhere. Its plan is either `{digest}` or of the plan file's shape, which becomes a draft.
 * Throws nothing but BatonError (`bad_input`, `not_supported`) with the path of each problem.
 */
export function parseRequestInput(value: unknown): RequestInput {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    refuse([{ path: [], message: `a request is an object, not ${what}` }], { source: '', hint: HINT });
  }
  const guarded = guardValue(value, { chars: LIMITS.requestInputBytes });
  if (guarded.length > 0) refuse(guarded, { source: '', hint: HINT });
  const flaws: Flaw[] = [];
  const { plan, ...rest } = renamed(value as Record<string, unknown>, flaws);
  const result = requestFields.safeParse(rest);
  if (!result.success) flaws.push(...flawsOf(result.error.issues));
  const checkedPlan = plan === undefined ? undefined : parsePlan(plan, flaws);
  if (flaws.length > 0 || !result.success) refuse(flaws, { source: '', hint: HINT });
  // zod types an absent field as `undefined`, but leaves it out.
  return { ...(result.data as RequestInput), ...(checkedPlan ? { plan: checkedPlan } : {}) };
}

function parsePlan(plan: unknown, flaws: Flaw[]): PlanDraft | PlanRef | undefined {
  const isRef = typeof plan === 'object' && plan !== null && 'digest' in plan;
  if (isRef) {
    const result = planRef.safeParse(plan);
    if (result.success) return result.data;
    flaws.push(...flawsOf(result.error.issues, ['plan']));
    return undefined;
  }
  const result = checkPlan(plan);
  if ('draft' in result) return result.draft.name === '' ? { ...result.draft, name: 'plan' } : result.draft;
  flaws.push(...result.flaws.map((flaw) => ({ ...flaw, path: ['plan', ...flaw.path] })));
  return undefined;
}

function renamed(input: Record<string, unknown>, flaws: Flaw[]): Record<string, unknown> {
  const output = structuredClone(input);
  for (const { at, fields } of RENAMED) {
    const holder = at.reduce<unknown>((object, key) => (object as Record<string, unknown> | undefined)?.[key], output);
    if (typeof holder !== 'object' || holder === null) continue;
    const object = holder as Record<string, unknown>;
    for (const [from, to] of Object.entries(fields)) {
      if (!Object.hasOwn(object, from)) continue;
      if (Object.hasOwn(object, to)) flaws.push({ path: [...at, from], message: `given twice, also as ${to}` });
      object[to] = object[from];
      delete object[from];
    }
  }
  return output;
}

import { z } from 'zod';

/** Shapes of what the command line prints: exactly these fields, each of its type. */

const time = z.iso.datetime();
const count = z.int().min(0);
const UNDER_WAY = ['pending', 'ready', 'queued', 'running', 'paused', 'waiting'] as const;
const ENDED = ['completed', 'failed', 'skipped', 'cancelled', 'compensated'] as const;
const OUTCOMES = ['complete', 'partial', 'failed', 'cancelled', 'compensated'] as const;
const status = z.enum(['running', 'waiting', 'paused', ...OUTCOMES]);

const task = z.strictObject({
  id: z.string(),
  title: z.string(),
  kind: z.enum(['skill', 'agent', 'workflow', 'decision']),
  type: z.string(),
  agent: z.string(),
  status: z.enum([...UNDER_WAY, ...ENDED]),
  attempts: count,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  durationMs: count.nullable(),
  dependencies: z.array(z.string()),
  error: z.strictObject({ code: z.string(), message: z.string(), exitCode: z.int().nullable().optional() }).optional(),
  processes: z.strictObject({ cpuMs: count, peakMemoryBytes: count, peakProcesses: count }).optional(),
  note: z.string().optional(),
  queuePosition: count.optional(),
  waitsFor: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.enum(['maxParallel', 'maxProcesses']), limit: count }),
      z.strictObject({
        kind: z.literal('touches'),
        task: z.string(),
        runs: z.boolean(),
        touches: z.array(z.string()),
      }),
      z.strictObject({ kind: z.literal('usageLimit'), runtime: z.string(), since: time, until: time }),
      z.strictObject({ kind: z.literal('resource'), resources: z.array(z.string()) }),
      z.strictObject({ kind: z.literal('budget') }),
      z.strictObject({ kind: z.literal('host'), agents: z.boolean() }),
    ])
    .optional(),
});

const decision = z.strictObject({
  v: z.literal(1),
  id: z.string(),
  kind: z.enum(['plan', 'task', 'permission', 'budget', 'policy', 'recovery']),
  question: z.string(),
  options: z.array(z.string()).min(1),
  recommended: z.string().nullable(),
  subject: z.strictObject({ digest: z.string(), summary: z.string() }),
  risk: z.number(),
  criticality: z.number(),
  urgency: z.enum(['low', 'normal', 'high']),
  raisedAt: time,
  remindedAt: time.optional(),
  escalatedAt: time.optional(),
  deadline: time.nullable(),
  onDeadline: z.string().nullable(),
  who: z.array(z.string()),
  context: z.record(z.string(), z.string()),
  state: z.enum(['open', 'answered', 'expired', 'withdrawn']),
  answer: z
    .strictObject({ choice: z.string(), comment: z.string(), by: z.string(), via: z.string(), at: time })
    .nullable(),
  task: z.string().optional(),
  refused: z
    .array(z.strictObject({ choice: z.string(), by: z.string(), via: z.string(), at: time, why: z.string() }))
    .optional(),
});

/** Of `run`, `status` and the last event of `watch`. */
export const requestView = z.strictObject({
  v: z.literal(1),
  requestId: z.string(),
  status,
  state: z.enum(['IDLE', 'ANALYZING', 'PLANNING', 'EXECUTING', 'MONITORING', 'ESCALATING', 'COMPLETING', 'ERROR']),
  tasks: z.array(task),
  makespanMs: count,
  lowerBoundMs: count,
  sequentialMs: count,
  decisions: z.array(decision),
  cost: z.strictObject({ usd: z.number(), inputTokens: count, outputTokens: count }),
  artifacts: z.array(
    z.strictObject({
      name: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: count,
      path: z.string().startsWith('/'),
    }),
  ),
  result: z.strictObject({ branch: z.string(), commit: z.string() }).nullable(),
  report: z.strictObject({ markdown: z.string().startsWith('/'), json: z.string().startsWith('/') }).nullable(),
});
export type View = z.output<typeof requestView>;
export type TaskOfView = View['tasks'][number];

export const decisionList = z.strictObject({ v: z.literal(1), decisions: z.array(decision) });

/** Of `run --detach`. */
export const submitted = z.strictObject({
  v: z.literal(1),
  requestId: z.string(),
  status,
  estimatedCompletion: time.nullable(),
  plan: z.looseObject({}),
  needsApproval: z.boolean(),
});

/** Of `plan`; the analysis and the plan hold more than is promised. */
export const preview = z.looseObject({
  v: z.literal(1),
  analysis: z.looseObject({
    intent: z.looseObject({
      primary: z.string(),
      secondary: z.string().nullable(),
      confidence: z.number().min(0).max(1),
      ambiguous: z.boolean(),
    }),
    complexity: z.looseObject({
      score: z.number(),
      level: z.string(),
      factors: z.unknown().refine((f) => f !== undefined),
    }),
    durationMs: z.number(),
    risks: z.array(z.unknown()),
    successCriteria: z.array(z.unknown()),
    patterns: z.array(z.unknown()),
    files: z.array(z.looseObject({ path: z.string(), score: z.number(), why: z.string() })),
  }),
  plan: z.looseObject({
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    strategy: z.enum(['sequential', 'parallel', 'hierarchical', 'adaptive']),
    tasks: z.array(z.looseObject({ id: z.string(), kind: z.string(), dependencies: z.array(z.string()) })).min(1),
    levels: z.array(z.array(z.string())),
    groups: z.array(z.array(z.string())),
    criticalPath: z.array(z.string()).min(1),
    checkpoints: z.array(z.unknown()),
    milestones: z.array(z.looseObject({})),
    allocations: z.array(
      z.strictObject({
        task: z.string(),
        agent: z.string(),
        why: z.string(),
        candidates: z
          .array(z.looseObject({ agent: z.string(), score: z.number(), excluded: z.string().optional() }))
          .optional(),
      }),
    ),
    agents: z.array(z.looseObject({ name: z.string(), tools: z.array(z.string()), prompt: z.string() })),
    coordination: z.looseObject({}),
  }),
  estimate: z.strictObject({
    makespanMs: z.number(),
    sequentialMs: z.number(),
    lowerBoundMs: z.number(),
    costUsd: z.number(),
  }),
});
export type Preview = z.output<typeof preview>;

/** Of a command that could not do what it was asked. */
export const failure = z.strictObject({
  v: z.literal(1),
  error: z.strictObject({
    code: z.string(),
    message: z.string().min(1),
    path: z.string().optional(),
    hint: z.string().min(1),
  }),
});

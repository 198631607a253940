import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import type { Deps } from '../../src/activities/deps.js';
import { createTaskActivity } from '../../src/activities/index.js';
import { toStored } from '../../src/allocation/stored.js';
import { createBreaker } from '../../src/agents/limits/breaker.js';
import { createLauncher } from '../../src/agents/process/launcher.js';
import { runProcess } from '../../src/agents/process/run.js';
import { PRECONFIGURED } from '../../src/contract/runtimes/index.js';
import { RUNTIME_BY_NAME } from '../../src/agents/runtimes/index.js';
import type { AgentEnd, Runtime } from '../../src/agents/runtimes/port.js';
import type { AgentDefinition } from '../../src/contract/agent.js';
import { BUILT_IN_MODES } from '../../src/contract/modes.js';
import { canonicalJson } from '../../src/contract/json.js';
import { LIMITS } from '../../src/contract/limits.js';
import type { TaskBeat, TaskOrder } from '../../src/contract/orders.js';
import type { Plan, TaskDraft } from '../../src/contract/plan.js';
import type { TaskResult } from '../../src/contract/task.js';
import { compilePlan } from '../../src/planning/compile.js';
import { AuditLogs } from '../../src/workspace/audit/log.js';
import { createArtifactStore } from '../../src/workspace/artifacts/store.js';
import { createRequestFiles } from '../../src/workspace/artifacts/requests.js';
import { Worktrees } from '../../src/workspace/worktree/worktrees.js';
import { given } from '../allocation/agents.js';
import { draftOf } from '../planning/drafts.js';
import { folderWith } from '../workspace/folders.js';

/** The agents of a worker with these runtimes, on a workspace; each delivery is one call, as the worker makes it. */
export async function stage(
  workspace: string,
  runtimes: Partial<Deps['runtimes']>,
  drafts: (Partial<TaskDraft> & { id: string })[],
  more: Partial<AgentDefinition> = {},
) {
  const home = folderWith();
  const files = createRequestFiles(home);
  const settings = {
    allowShell: false,
    environment: [],
    maxProcesses: 5,
    resources: {},
    permissionWaitMs: 0,
    modes: BUILT_IN_MODES,
    policies: [],
    mcp: {},
    mcpWorkspaces: [],
    endpoints: {},
    maxParallel: 4,
    taskTimeLimitMs: 60_000,
    killGraceMs: 5000,
    decisionDeadlineMs: 1000,
    decisionReminderMs: 1000,
    decisionEscalationMs: 1000,
    decisionExpiryMs: 1000,
    escalateTo: [],
    runtimes: PRECONFIGURED,
    secrets: {},
    models: {},
    sandbox: 'off' as const,
    sandboxWritable: [],
  };
  const deps: Deps = {
    host: 'here',
    installation: home,
    encrypts: false,
    artifacts: createArtifactStore(join(home, 'artifacts')),
    files,
    audit: new AuditLogs({ home, mac: (text) => createHmac('sha256', 'key').update(text).digest('hex') }),
    settings: () => settings,
    verify: () => true,
    attributes: () => Promise.resolve([]),
    reaper: { add: () => undefined, started: () => undefined, remove: () => undefined, close: () => Promise.resolve() },
    launcher: createLauncher(null),
    breaker: createBreaker({ folder: join(home, 'usage-limits'), temporary: join(home, 'tmp'), salt: 'salt' }),
    ask: () => Promise.reject(new Error('nobody is asked here')),
    leases: { ask: () => Promise.reject(new Error('nothing is shared here')), gone: () => Promise.resolve([]) },
    worktrees: new Worktrees({ root: join(home, 'worktrees'), files }),
    runtimes: { ...RUNTIME_BY_NAME, ...runtimes },
    environment: { PATH: process.env['PATH'], SECRET: 'of the worker' },
    log: pino({ level: 'silent' }),
  };
  const compiled = compilePlan(draftOf(drafts), { maxParallel: 4 });
  const tasks = compiled.tasks.map((task) =>
    task.action.kind === 'agent' ? { ...task, allocation: given({ ...agent, ...more }, task.action.mode) } : task,
  );
  const plan: Plan = { ...compiled, tasks };
  const { sha256: digest } = await deps.artifacts.put('plan.json', canonicalJson(toStored(plan)));
  const kept = { v: 1, analysis: null, facts: null, workspace, description: '' };
  await files.writeJson('req', 'analysis.json', kept);
  const activity = createTaskActivity(deps);

  /** A delivery under way: `beat` is the newest, `ended` how it ended, `cancel` as Temporal cancels. */
  function deliver(task: string, info: { attempt?: number; beat?: TaskBeat; order?: Partial<TaskOrder> } = {}) {
    const given = {
      attempt: info.attempt ?? 1,
      ...(info.beat ? { heartbeatDetails: info.beat } : {}),
      workflowExecution: { workflowId: 'req', runId: home },
    };
    const environment = new MockActivityEnvironment(given, { logger: new DefaultLogger('ERROR') });
    const beats: TaskBeat[] = [];
    environment.on('heartbeat', (beat: TaskBeat) => beats.push({ ...beat }));
    const order: TaskOrder = { request: 'req', task, epoch: 0, attempt: 1, plan: digest, ...info.order };
    const ended = environment.run<[TaskOrder], TaskResult, typeof activity>(activity, order);
    ended.catch(() => undefined);
    return { ended, beats, cancel: (reason = 'CANCELLED') => environment.cancel(reason as never) };
  }
  return { deps, home, deliver, plan };
}

const agent: AgentDefinition = {
  v: 1,
  name: 'mender',
  description: 'Mends.',
  capabilities: [],
  specialization: '',
  runtime: 'command',
  command: ['true'],
  tools: [],
  mode: null,
  maxLoad: 1,
  model: null,
  limits: {},
  prompt: '',
  source: 'user',
  path: '/agents/mender.md',
};

export const done = (text: string, more: Partial<AgentEnd> = {}): AgentEnd =>
  ({ session: null, usage: null, turns: 1, denials: [], tail: '', kind: 'done', text, ...more }) as AgentEnd;

/** A runtime that runs a shell script in the agent's folder, with its prompt on standard input. */
export const shellRuntime =
  (script: string): Runtime =>
  async ({ cwd, env, taskKey, timeLimitMs, prompt }, hooks) => {
    const spec = { argv: ['sh', '-c', script], cwd, env, taskKey, timeLimitMs, stdin: prompt };
    const limits = { killGraceMs: 5000, outputBytes: LIMITS.outputBytes };
    const end = await runProcess(
      { ...spec, ...limits },
      { signal: hooks.signal, onStart: (pid) => hooks.onSpawn?.(pid) },
    );
    if (end.cause === 'cancel' || end.cause === 'shutdown') return done('', { kind: 'cancelled' });
    if (end.exitCode === 0) return done(end.output.toString());
    const error = { code: 'command_failed', message: `exit code ${end.exitCode ?? '?'}` };
    return done('', { kind: 'failed', error, tail: end.tail } as Partial<AgentEnd>);
  };

/** Waits until something is there. */
export async function until(look: () => unknown, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !look(); await sleep(20)) if (Date.now() > end) throw new Error('waited in vain');
}

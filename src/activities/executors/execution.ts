import { taskEnvironment, type TaskIdentity } from '../../agents/process/environment.js';
import type { ProcessSpec } from '../../agents/process/run.js';
import { LIMITS } from '../../contract/limits.js';
import type { TaskBeat, TaskOrder } from '../../contract/orders.js';
import type { PlanTask } from '../../contract/plan.js';
import type { TaskResult } from '../../contract/task.js';
import { safeJoin } from '../../workspace/artifacts/paths.js';
import type { Deps, Settings } from '../deps.js';
import type { TaskRecord } from '../records.js';

/** One attempt under way. */
export interface Execution {
  deps: Deps;
  order: TaskOrder;
  task: PlanTask;
  /** The folder that it is about: the user's, or a worktree of what agents have made of it. */
  workspace: string;
  settings: Settings;
  /** Its variables that stand for secrets, with their values. */
  secrets: Readonly<Record<string, string>>;
  identity: TaskIdentity;
  signal: AbortSignal;
  beat: TaskBeat;
  /** What an earlier delivery of this attempt last told of itself. */
  before: TaskBeat | undefined;
}

export interface Executed {
  result: TaskResult;
  details: Pick<TaskRecord, 'report' | 'output' | 'agent'>;
  /** What may be tidied up once the result is kept. */
  settle?: () => Promise<void>;
}

/** What its process is, with the argv given. */
export async function specOf(
  { deps, task, workspace, settings, secrets, identity }: Execution,
  argv: readonly string[],
): Promise<ProcessSpec> {
  const env = taskEnvironment({
    worker: deps.environment,
    declared: settings.environment,
    task: identity,
    extra: { ...task.env, ...secrets },
  });
  return {
    argv,
    cwd: await folderOf(task, workspace),
    env,
    taskKey: identity.taskKey,
    timeLimitMs: task.timeLimitMs,
    killGraceMs: settings.killGraceMs,
    outputBytes: LIMITS.outputBytes,
  };
}

/** What is done while its process runs. */
export function hooksOf({ deps, identity, signal, beat }: Execution) {
  return {
    signal,
    start: deps.launcher.start,
    onStart: (pid: number): void => {
      beat.pid = pid;
      deps.reaper.started(identity.taskKey, pid);
    },
  };
}

/** The task's own folder in a workspace. */
export const folderOf = async ({ cwd }: PlanTask, workspace: string): Promise<string> =>
  cwd === '.' ? workspace : safeJoin(workspace, cwd);

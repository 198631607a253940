import { fileURLToPath } from 'node:url';
import { CancelledFailure } from '@temporalio/common';
import { runProcess, type ProcessEnd, type ProcessSpec } from '../agents/process/run.js';
import { taskEnvironment, type TaskIdentity } from '../agents/process/environment.js';
import { formatDuration } from '../contract/durations.js';
import { BatonError } from '../contract/errors.js';
import type { SkillReport } from '../contract/facts.js';
import { LIMITS } from '../contract/limits.js';
import type { TaskBeat } from '../contract/orders.js';
import type { Action, PlanTask } from '../contract/plan.js';
import type { ArtifactRef, TaskError, TaskResult } from '../contract/task.js';
import { safeJoin } from '../workspace/artifacts/paths.js';
import type { Deps, Settings } from './deps.js';
import type { TaskRecord } from './records.js';

/** One attempt under way. */
export interface Execution {
  deps: Deps;
  task: PlanTask;
  workspace: string;
  settings: Settings;
  identity: TaskIdentity;
  signal: AbortSignal;
  beat: TaskBeat;
}

export interface Executed {
  result: TaskResult;
  details: Pick<TaskRecord, 'report' | 'output'>;
}

/** How each kind of action is carried out. */
export const EXECUTORS: {
  [K in Action['kind']]: (execution: Execution, action: Action & { kind: K }) => Promise<Executed>;
} = {
  command: (execution, action) => runCommand(execution, action.argv),
  shell: (execution, action) => runCommand(execution, ['sh', '-c', action.script]),
  skill: runSkill,
  agent: () => Promise.reject(new BatonError('not_supported', 'agents are not run by this version')),
  decision: () => Promise.reject(new BatonError('internal', 'a decision is asked by the workflow, not run')),
};

/** A command's exit code is its result. */
async function runCommand(execution: Execution, argv: readonly string[]): Promise<Executed> {
  const { deps, task } = execution;
  const end = await runProcess(await specOf(execution, argv), hooksOf(execution));
  if (end.cause === 'shutdown') throw new CancelledFailure('WORKER_SHUTDOWN');
  const artifacts: ArtifactRef[] =
    end.output.length > 0 ? [await deps.artifacts.put(`${task.id}.log`, end.output)] : [];
  const output = { exitCode: end.exitCode, preview: end.tail, truncated: end.truncated, bytes: end.outputBytes };
  const { startedAt } = end;
  if (end.cause === 'cancel') return { result: { kind: 'cancelled', startedAt }, details: { output } };
  const error = errorOf(end, argv);
  if (error) return { result: { kind: 'failed', startedAt, error, artifacts }, details: { output } };
  const summary = `exit code 0 after ${formatDuration(end.durationMs)}`;
  return {
    result: { kind: 'completed', startedAt, summary, output: { exitCode: 0, bytes: end.outputBytes }, artifacts },
    details: { output },
  };
}

/** Why an ended process is no success; undefined where it is one. */
function errorOf(end: ProcessEnd, argv: readonly string[]): TaskError | undefined {
  const program = argv[0] ?? '';
  const tail = end.tail === '' ? {} : { tail: end.tail };
  switch (end.cause) {
    case 'exit':
      if (end.exitCode === 0) return undefined;
      return {
        code: 'command_failed',
        message: `${program} ended with exit code ${end.exitCode ?? '?'}`,
        exitCode: end.exitCode,
        ...tail,
      };
    case 'signal':
      return {
        code: 'command_failed',
        message: `${program} was ended by ${end.signal ?? 'a signal'}`,
        exitCode: null,
        signal: end.signal ?? '',
        ...tail,
      };
    case 'not_started':
      return {
        code: 'command_not_started',
        message: end.failure?.message ?? `${program} could not be started`,
        ...tail,
      };
    case 'time_limit':
    case 'silence':
      return { code: 'time_limit', message: `${program} was ended: its time limit passed`, exitCode: null, ...tail };
    default:
      return {
        code: 'command_failed',
        message: end.failure?.message ?? `${program} was ended (${end.cause})`,
        exitCode: null,
        ...tail,
      };
  }
}

/**
 * A built-in skill runs in a process of its own, like any command: it uses another core, is ended with the task, and its memory is not the
 * worker's. It is handed its order on standard input and answers on standard output with lines of JSON: progress, then one report.
 */
async function runSkill(execution: Execution, action: Action & { kind: 'skill' }): Promise<Executed> {
  const order = JSON.stringify({ skill: action.name, workspace: execution.workspace, with: action.with });
  const lines = createLineReader((line) => readSkillLine(line, execution.beat));
  const spec = await specOf(execution, [process.execPath, SKILL_MAIN]);
  const end = await runProcess(
    { ...spec, stdin: order },
    {
      ...hooksOf(execution),
      onOutput: (chunk, stream) => {
        if (stream === 'stdout') lines.add(chunk);
      },
    },
  );
  if (end.cause === 'shutdown') throw new CancelledFailure('WORKER_SHUTDOWN');
  const { startedAt } = end;
  if (end.cause === 'cancel') return { result: { kind: 'cancelled', startedAt }, details: {} };
  const report = lines.result as SkillReport | undefined;
  if (end.cause !== 'exit' || end.exitCode !== 0 || !report) {
    const timedOut = end.cause === 'time_limit';
    const message = timedOut
      ? `${action.name} was ended: its time limit passed`
      : `${action.name}: ${lastLine(end.tail)}`;
    const error: TaskError = { code: timedOut ? 'time_limit' : 'skill_failed', message, tail: end.tail };
    return { result: { kind: 'failed', startedAt, error, artifacts: [] }, details: {} };
  }
  const ref = await execution.deps.artifacts.put(`${execution.task.id}.json`, JSON.stringify(report));
  return {
    result: { kind: 'completed', startedAt, summary: report.summary.slice(0, 500), output: null, artifacts: [ref] },
    details: { report },
  };
}

const SKILL_MAIN = fileURLToPath(new URL('../agents/skills/main.js', import.meta.url));

const lastLine = (tail: string): string => tail.trim().split('\n').at(-1) ?? 'it ended without a report';

function readSkillLine(line: string, beat: TaskBeat): unknown {
  const message = JSON.parse(line) as { kind: string; percent?: number; note?: string; report?: unknown };
  if (message.kind === 'report') return message.report;
  beat.percent = message.percent ?? beat.percent;
  beat.note = message.note ?? beat.note;
  return undefined;
}

/** Cuts a stream into lines, each at most LIMITS.outputBytes; keeps the last value that `read` gave. */
function createLineReader(read: (line: string) => unknown): { add(chunk: Buffer): void; result: unknown } {
  let rest = Buffer.alloc(0);
  const reader = {
    result: undefined as unknown,
    add(chunk: Buffer): void {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        reader.result = read(rest.subarray(0, end).toString('utf8')) ?? reader.result;
        rest = rest.subarray(end + 1);
      }
      if (rest.length > LIMITS.outputBytes) throw new Error('a line without end');
    },
  };
  return reader;
}

async function specOf(
  { deps, task, workspace, settings, identity }: Execution,
  argv: readonly string[],
): Promise<ProcessSpec> {
  const env = taskEnvironment({
    worker: deps.environment,
    declared: settings.environment,
    task: identity,
    extra: task.env,
  });
  return {
    argv,
    cwd: task.cwd === '.' ? workspace : await safeJoin(workspace, task.cwd),
    env,
    taskKey: identity.taskKey,
    timeLimitMs: task.timeLimitMs,
    killGraceMs: settings.killGraceMs,
    outputBytes: LIMITS.outputBytes,
  };
}

function hooksOf({ deps, identity, signal, beat }: Execution) {
  return {
    signal,
    start: deps.launcher.start,
    onStart: (pid: number): void => {
      beat.pid = pid;
      deps.reaper.started(identity.taskKey, pid);
    },
  };
}

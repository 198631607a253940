import { fileURLToPath } from 'node:url';
import { CancelledFailure } from '@temporalio/common';
import { runProcess } from '../../agents/process/run.js';
import type { SkillReport } from '../../contract/facts.js';
import { LIMITS } from '../../contract/limits.js';
import type { TaskBeat } from '../../contract/orders.js';
import type { Action } from '../../contract/plan.js';
import type { TaskError } from '../../contract/task.js';
import { hooksOf, specOf, type Executed, type Execution } from './execution.js';

/**
 * A built-in skill runs in a process of its own, like any command: it uses another core, is ended with the task, and its memory is not the
 * worker's. It is handed its order on standard input and answers on standard output with lines of JSON: progress, then one report.
 */
export async function runSkill(execution: Execution, action: Action & { kind: 'skill' }): Promise<Executed> {
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

const SKILL_MAIN = fileURLToPath(new URL('../../agents/skills/main.js', import.meta.url));

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

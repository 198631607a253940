import { fileURLToPath } from 'node:url';
import { runProcess } from '../../agents/process/run.js';
import { readObject } from '../../agents/stream/json.js';
import { LineSplitter, type Line } from '../../agents/stream/lines.js';
import type { SkillReport } from '../../contract/facts.js';
import type { TaskBeat } from '../../contract/orders.js';
import type { Action } from '../../contract/plan.js';
import type { TaskError } from '../../contract/task.js';
import { hooksOf, specOf, type Executed, type Execution } from './execution.js';
import { CancelledFailure } from '../../sdk/common.js';

/**
 * A built-in skill runs in a process of its own, like any command: it uses another core, is ended with the task, and its memory is not the
 * worker's. It is handed its order on standard input and answers on standard output with lines of JSON: progress, then one report.
 */
export async function runSkill(execution: Execution, action: Action & { kind: 'skill' }): Promise<Executed> {
  const order = JSON.stringify({ skill: action.name, workspace: execution.workspace, with: action.with });
  const splitter = new LineSplitter();
  let report: SkillReport | undefined;
  const take = (line: Line): void => {
    report = readSkillLine(line, execution.beat) ?? report;
  };
  const spec = await specOf(execution, [process.execPath, SKILL_MAIN]);
  const end = await runProcess(
    { ...spec, stdin: order },
    {
      ...hooksOf(execution),
      onOutput: (chunk, stream) => {
        if (stream === 'stdout') splitter.add(chunk).forEach(take);
      },
    },
  );
  splitter.finish().forEach(take);
  if (end.cause === 'shutdown') throw new CancelledFailure('WORKER_SHUTDOWN');
  const { startedAt } = end;
  if (end.cause === 'cancel') return { result: { kind: 'cancelled', startedAt }, details: {} };
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

const lastLine = (tail: string): string => tail.trim().split('\n').at(-1) || 'it ended without a report';

/** The report, if this line holds it. A line that is no message tells nothing: a run without a report is a failure anyway. */
function readSkillLine(line: Line, beat: TaskBeat): SkillReport | undefined {
  const message = readObject(line) as
    { kind: string; percent?: number; note?: string; report?: SkillReport } | undefined;
  if (message?.kind === 'report') return message.report;
  beat.percent = message?.percent ?? beat.percent;
  beat.note = message?.note ?? beat.note;
  return undefined;
}

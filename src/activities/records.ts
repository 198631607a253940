import type { SkillReport } from '../contract/facts.js';
import type { AgentWork } from '../contract/report.js';
import type { TaskOrder } from '../contract/orders.js';
import type { TaskResult } from '../contract/task.js';
import type { Deps } from './deps.js';

/** What is kept of a task outside of histories, for the report and for a delivery that comes again. */
export interface TaskRecord {
  v: 1;
  task: string;
  epoch: number;
  attempt: number;
  result: TaskResult;
  /** What a skill found. */
  report?: SkillReport;
  /** What a command printed: the end of it, how much there was. */
  output?: { exitCode: number | null; preview: string; truncated: boolean; bytes: number };
  /** What an agent did. */
  agent?: Omit<AgentWork, 'task'>;
}

export type RecordedEnd = Pick<TaskRecord, 'result' | 'report' | 'output' | 'agent'>;

export async function keepRecord(deps: Deps, order: TaskOrder, end: RecordedEnd): Promise<void> {
  const { task, epoch, attempt } = order;
  await deps.files.addRecord(order.request, { v: 1, task, epoch, attempt, ...end } satisfies TaskRecord);
}

/** The record of exactly this attempt, if it was kept. */
export async function readRecord(deps: Deps, order: TaskOrder): Promise<TaskRecord | undefined> {
  const record = (await readRecords(deps, order.request)).get(recordKey(order));
  return record?.attempt === order.attempt ? record : undefined;
}

/** The last record of each task and epoch, by `recordKey`. */
export async function readRecords(deps: Deps, request: string): Promise<Map<string, TaskRecord>> {
  const found = new Map<string, TaskRecord>();
  for await (const record of deps.files.records(request))
    found.set(recordKey(record as TaskRecord), record as TaskRecord);
  return found;
}

export const recordKey = ({ task, epoch }: { task: string; epoch: number }): string => `${task}/${epoch}`;

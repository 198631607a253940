import type { SkillReport } from '../contract/facts.js';
import type { TaskOrder } from '../contract/orders.js';
import type { TaskResult } from '../contract/task.js';
import type { Deps } from './deps.js';

/** What is kept of a task outside of histories, for the report and for a delivery that comes again. */
export interface TaskRecord {
  v: 1;
  attempt: number;
  result: TaskResult;
  /** What a skill found. */
  report?: SkillReport;
  /** What a command printed: the end of it, how much there was. */
  output?: { exitCode: number | null; preview: string; truncated: boolean; bytes: number };
}

export async function keepRecord(
  deps: Deps,
  order: TaskOrder,
  record: Omit<TaskRecord, 'v' | 'attempt'>,
): Promise<void> {
  const { task, epoch, attempt } = order;
  await deps.files.writeJson(order.request, { task, epoch }, { v: 1, attempt, ...record } satisfies TaskRecord);
}

/** The record of exactly this attempt, if it was kept. */
export async function readRecord(deps: Deps, order: TaskOrder): Promise<TaskRecord | undefined> {
  const record = await readAnyRecord(deps, order.request, order.task, order.epoch);
  return record?.attempt === order.attempt ? record : undefined;
}

export async function readAnyRecord(
  deps: Deps,
  request: string,
  task: string,
  epoch: number,
): Promise<TaskRecord | undefined> {
  return (await deps.files.readJson(request, { task, epoch })) as TaskRecord | undefined;
}

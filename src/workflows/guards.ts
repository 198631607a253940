import { ApplicationFailure, type WorkflowInfo } from '@temporalio/workflow';
import type { LeaseAsk } from '../contract/lease.js';
import { LIMITS } from '../contract/limits.js';
import { NOT_ENCRYPTED } from '../contract/names.js';
import type { RequestInput } from '../contract/request.js';
import type { Submission } from '../contract/submission.js';
import type { Asks } from '../contract/task.js';
import type { Carried } from './conductor.js';

/** Bad input fails at once with the path to the field, and is never retried. */
export const badInput = (message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, 'bad_input');

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The little that must hold before the first activity checks the whole input: this guard stays free of zod, which would make every cached
 * workflow three times as large.
 */
export function guardInput(input: unknown): RequestInput {
  if (input === NOT_ENCRYPTED) throw badInput(`input: ${NOT_ENCRYPTED}`);
  if (!isRecord(input)) throw badInput('input: expected one object such as {"description": "…", "workspace": "/path"}');
  if (typeof input['description'] !== 'string') throw badInput('input.description: expected a text');
  if (input['description'].length > LIMITS.descriptionChars) {
    throw badInput(`input.description: longer than ${LIMITS.descriptionChars} characters`);
  }
  return input as unknown as RequestInput;
}

/** A second argument counts only in a run that continues another: a start from outside could put any approval into it. */
export function guardCarried(carried: unknown, info: WorkflowInfo): Carried | undefined {
  if (carried === undefined || carried === null) return undefined;
  // A cron schedule, and Temporal's retry of a workflow, continue a run too, but with the arguments of the one that somebody started.
  const isOurs = info.continuedFromExecutionRunId !== undefined && !info.cronSchedule && info.attempt === 1;
  if (!isOurs) throw badInput('input: expected one object, found a second argument');
  return carried as Carried;
}

/** Bounded text of a field, or undefined where it is absent. */
export function optionalText(value: Record<string, unknown>, field: string, most: number): string | undefined {
  const text = value[field];
  if (text === undefined || text === null) return undefined;
  if (typeof text !== 'string') throw badInput(`${field}: expected a text`);
  if (text.length > most) throw badInput(`${field}: longer than ${most} characters`);
  return text;
}

export function text(value: Record<string, unknown>, field: string, most: number): string {
  const found = optionalText(value, field, most);
  if (found === undefined || found === '') throw badInput(`${field}: expected a text`);
  return found;
}

/** Refuses what nobody asked for, so that a misspelt field is never silently without effect. */
export function onlyFields(value: unknown, allowed: readonly string[]): Record<string, unknown> {
  const record = value === undefined || value === null ? {} : value;
  if (record === NOT_ENCRYPTED) throw badInput(NOT_ENCRYPTED);
  if (!isRecord(record)) throw badInput('expected one object');
  const unknown = Object.keys(record).filter((field) => !allowed.includes(field));
  if (unknown.length > 0) throw badInput(`${unknown[0] ?? ''}: unknown field; allowed are ${allowed.join(', ')}`);
  return record;
}

/** The little that must hold before an activity checks a submission whole. */
export function guardSubmission(input: unknown): Submission & { by?: string; request?: string } {
  const value = onlyFields(input, ['type', 'description', 'parameters', 'dependencies', 'signature', 'by', 'request']);
  text(value, 'type', LIMITS.taskIdChars);
  text(value, 'description', LIMITS.descriptionChars);
  optionalText(value, 'by', LIMITS.requestIdChars);
  if (JSON.stringify(value).length > LIMITS.submissionBytes)
    throw badInput(`longer than ${LIMITS.submissionBytes} bytes`);
  return value as unknown as Submission & { by?: string; request?: string };
}

/** What an agent asks for. */
export function guardAsk(input: unknown): { task: string; epoch: number; attempt: number; asks: Asks } {
  const value = onlyFields(input, ['task', 'epoch', 'attempt', 'asks']);
  const asks = onlyFields(value['asks'], ['question', 'digest', 'summary', 'context', 'criticality']);
  const context = Object.entries(isRecord(asks['context']) ? asks['context'] : {}).slice(0, LIMITS.askContextFields);
  const criticality = asks['criticality'];
  return {
    task: text(value, 'task', LIMITS.taskIdChars),
    epoch: Number(value['epoch']) || 0,
    attempt: Number(value['attempt']) || 0,
    asks: {
      question: text(asks, 'question', LIMITS.commentChars),
      digest: text(asks, 'digest', LIMITS.commentChars),
      summary: text(asks, 'summary', LIMITS.commentChars),
      context: Object.fromEntries(context.map(([name, said]) => [name, String(said).slice(0, LIMITS.commentChars)])),
      ...(typeof criticality === 'number' && criticality >= 0 && criticality <= 1 ? { criticality } : {}),
    },
  };
}

/** What somebody asks of the resources of a cluster; undefined where it is not that, for a signal cannot be refused. */
export function guardLeaseAsk(input: unknown): LeaseAsk | undefined {
  if (!isRecord(input)) return undefined;
  const { request, run, n, task, priority } = input;
  const [wants, capacities] = [countsOf(input['wants']), countsOf(input['capacities'])];
  const isWhole = typeof request === 'string' && typeof run === 'string' && typeof task === 'string';
  if (!isWhole || typeof n !== 'number' || typeof priority !== 'number' || !wants || !capacities) return undefined;
  return { request, run, n, task, priority, wants, capacities };
}

function countsOf(value: unknown): Record<string, number> | undefined {
  const entries = Object.entries(isRecord(value) ? value : { no: 'record' });
  const isCounts = entries.every(([, count]) => typeof count === 'number' && Number.isInteger(count) && count > 0);
  return isCounts && entries.length <= LIMITS.resourcesNamed ? (value as Record<string, number>) : undefined;
}

export const guardLeaseKey = (input: unknown): string | undefined =>
  isRecord(input) && typeof input['key'] === 'string' ? input['key'] : undefined;

/** What a request is told of a lease that it asked for; undefined where it is not that, or is meant for an earlier run of the same id. */
export function guardLeased(input: unknown, run: string): { n: number; refused?: boolean } | undefined {
  if (!isRecord(input) || typeof input['n'] !== 'number' || input['run'] !== run) return undefined;
  return { n: input['n'], ...(input['refused'] === true ? { refused: true } : {}) };
}

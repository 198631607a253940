import { createHash } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Via } from '../contract/decision.js';
import { BatonError, ERRORS, type ErrorCode } from '../contract/errors.js';
import type { Json } from '../contract/json.js';
import { parseSubmission } from '../contract/schemas/submission.js';
import { markedSubmission, type Submission } from '../contract/submission.js';
import { ensureKey, sign } from '../local/key.js';
import { splitGlobalId, type MessageName } from '../contract/names.js';
import type { Place } from './place.js';

/** What a message was told. */
export interface MessageAnswer {
  v: 1;
  result: 'accepted' | 'unchanged';
  message: string;
  data?: Record<string, Json>;
}

/** Answers a decision by its global id. The same answer again is told that it was given before; another one is refused. */
export async function decide(
  place: Place,
  answer: {
    decision: string;
    choice: string;
    comment?: string | undefined;
    /** What the question was about where it was shown: the answer counts for that only. */
    digest?: string | undefined;
    via: Via;
  },
): Promise<MessageAnswer> {
  const { request, local } = splitGlobalId(answer.decision);
  if (local === undefined) {
    throw new BatonError('bad_input', `DECISION: ${answer.decision} is not a decision's id such as my-req/d1`, {
      hint: 'list the open ones with: baton decisions',
    });
  }
  const { decision: _, ...given } = answer;
  const input = { decisionId: local, ...given, by: userName() };
  const updateId = `${local}:${createHash('sha256')
    .update(JSON.stringify([answer.choice, answer.comment ?? '', answer.digest ?? '']))
    .digest('hex')
    .slice(0, 32)}`;
  return send(place, { request, name: 'decide', input, updateId });
}

export type ControlName = Exclude<MessageName, 'decide' | 'submit' | 'checkpoint'>;

/** Pause, resume, cancel, retry or skip: a request, or one task by its global id. */
export async function control(place: Place, name: ControlName, id: string): Promise<MessageAnswer> {
  const { request, local } = splitGlobalId(id);
  return send(place, { request, name, input: { ...(local === undefined ? {} : { task: local }), by: userName() } });
}

/** Adds a task to a request that runs; it carries the mark of Baton's own client, so that nobody is asked whether it may run. */
export async function submitTask(place: Place, request: string, submission: Submission): Promise<MessageAnswer> {
  const checked = parseSubmission(submission);
  const signature = sign(ensureKey(place.home), markedSubmission(request, checked));
  return send(place, { request, name: 'submit', input: { ...checked, signature, by: userName() } });
}

/** Keeps the present state of a request that runs. */
export const checkpoint = (place: Place, request: string): Promise<MessageAnswer> =>
  send(place, { request, name: 'checkpoint', input: { by: userName() } });

async function send(
  { client }: Place,
  message: { request: string; name: MessageName; input: object; updateId?: string },
): Promise<MessageAnswer> {
  const { request, name, input, updateId } = message;
  try {
    const options = { args: [input] as [unknown], ...(updateId === undefined ? {} : { updateId }) };
    return await client.workflow.getHandle(request).executeUpdate<MessageAnswer, [unknown]>(name, options);
  } catch (error) {
    throw await translated(error, request);
  }
}

/** What Temporal says of a failed message, in Baton's words. */
async function translated(error: unknown, request: string): Promise<unknown> {
  const { WorkflowUpdateFailedError, WorkflowNotFoundError, ApplicationFailure } = await import('../sdk/client.js');
  if (error instanceof WorkflowNotFoundError) {
    const isOver = /already completed|completed/i.test(error.message);
    return isOver
      ? new BatonError('refused', `${request} has ended`, { hint: `see how with: baton status ${request}` })
      : new BatonError('unknown_id', `there is no request ${request}`, { hint: 'list them with: baton list' });
  }
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure) {
    const code = cause.type && Object.hasOwn(ERRORS, cause.type) ? (cause.type as ErrorCode) : 'internal';
    return new BatonError(code, cause.message, { hint: `look at it with: baton status ${request}` });
  }
  return error;
}

/** Who answers, as far as this machine knows. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? 'unknown user';
  }
}

import { randomUUID } from 'node:crypto';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { SAY, splitGlobalId, TALK_QUERY } from '../contract/names.js';
import { userName, type MessageAnswer } from './messages.js';
import type { Place } from './place.js';

/** Who asked for the model, got it and gave it back, as the workflow of the conversation tells it. */
export interface ConversationView {
  v: 1;
  task: string;
  session: string;
  state: string;
  turns: number;
  nearMisses: number;
  entries: { id: string; kind: string; turn: number }[];
  text: string;
  mermaid: string;
}

/** Says something to an agent that is a conversation with a model; it is told with its next turn. */
export async function sayTo({ client }: Place, task: string, text: string): Promise<MessageAnswer> {
  if (text.trim() === '' || text.length > LIMITS.messageChars)
    throw new BatonError('bad_input', `TEXT: 1 to ${LIMITS.messageChars} characters are needed`, { path: 'TEXT' });
  const handle = client.workflow.getHandle(idOf(task));
  const id = randomUUID();
  try {
    const options = { args: [{ text, id, by: userName() }] as [unknown], updateId: id };
    return await handle.executeUpdate<MessageAnswer, [unknown]>(SAY, options);
  } catch (error) {
    throw await translated(error, task);
  }
}

/** The conversation of the last attempt at a task, also once it has ended; needs a worker. */
export async function conversationOf({ client }: Place, task: string): Promise<ConversationView> {
  const handle = client.workflow.getHandle(idOf(task));
  try {
    return await client.withDeadline(Date.now() + LIMITS.queryMs, () => handle.query<ConversationView>(TALK_QUERY));
  } catch (error) {
    throw await translated(error, task);
  }
}

function idOf(task: string): string {
  if (splitGlobalId(task).local !== undefined) return task;
  throw new BatonError('bad_input', `TASK: ${task} is not a task's id such as my-req/fix`, {
    hint: `see the tasks with: baton status ${task}`,
  });
}

async function translated(error: unknown, task: string): Promise<unknown> {
  const { ApplicationFailure, WorkflowNotFoundError, WorkflowUpdateFailedError } = await import('../sdk/client.js');
  const hint = `look at it with: baton status ${splitGlobalId(task).request}`;
  if (error instanceof WorkflowNotFoundError) {
    const isOver = /completed/i.test(error.message);
    return isOver
      ? new BatonError('refused', `the conversation of ${task} has ended`, { hint })
      : new BatonError('unknown_id', `there is no conversation ${task}; only agents of runtime model have one`, {
          hint,
        });
  }
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure)
    return new BatonError(cause.type === 'bad_input' ? 'bad_input' : 'refused', cause.message, { hint });
  return error;
}

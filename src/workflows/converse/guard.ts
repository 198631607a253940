import type { WorkflowInfo } from '@temporalio/workflow';
import { badInput, isRecord, text } from '../guards.js';
import { LIMITS } from '../../contract/limits.js';
import type { TalkInput } from './state.js';

/** A conversation is begun by its request alone, which has asked whoever had to be asked. */
export function guardTalk(input: unknown, { parent }: WorkflowInfo): TalkInput {
  const order = isRecord(input) ? input['order'] : undefined;
  if (!isRecord(order) || parent?.workflowId !== order['request'])
    throw badInput('input: a conversation is begun by its request only; start one with type orchestrate');
  return input as TalkInput;
}

export interface Saying {
  text: string;
  by: string;
  id: string | undefined;
}

/** What a person says to an agent: bounded, since it stands in the history. */
export function guardSaying(value: Record<string, unknown>): Saying {
  const id = value['id'] === undefined ? undefined : text(value, 'id', LIMITS.choiceChars);
  const by = value['by'] === undefined ? 'user' : text(value, 'by', LIMITS.requestIdChars);
  return { text: text(value, 'text', LIMITS.messageChars), by, id };
}

import { allHandlersFinished, CancellationScope, condition, sleep, workflowInfo } from '@temporalio/workflow';
import { formatDuration } from '../../contract/durations.js';
import { LIMITS } from '../../contract/limits.js';
import type { TalkEnd } from '../../contract/orders.js';
import type { TaskResult } from '../../contract/task.js';
import { performTask } from '../activities.js';
import { isCancellation, taskErrorOf } from '../failures.js';
import { stepActivities } from './activities.js';
import { guardTalk } from './guard.js';
import { registerTalk } from './messages.js';
import { createTalk, endTalk, type Talk } from './state.js';
import { beginTalk, post } from './talk.js';

/**
 * One attempt of an agent that is a conversation with a model. Each call of the model and of a tool is an activity of its own, so that the death of
 * a worker repeats at most the one that was open. What is said stays in the artifact store; the history holds digests.
 */
export async function converse(input: unknown): Promise<TaskResult> {
  const given = guardTalk(input, workflowInfo());
  const root = CancellationScope.current();
  return CancellationScope.nonCancellable(() => {
    const talk = createTalk(given);
    registerTalk(talk);
    root.cancelRequested.catch(() => {
      if (talk.how) talk.ending.cancel();
      else endTalk(talk, { kind: 'cancelled' });
    });
    return lead(talk);
  });
}

async function lead(talk: Talk): Promise<TaskResult> {
  const { order, node, place } = talk.input;
  const startedAt = Date.now();
  try {
    const begun = await talk.scope.run(() => stepActivities(talk.input, 'begin').beginConversation(order));
    if (begun.kind === 'over') {
      endTalk(talk, { kind: 'done' });
      return await talk.ending.run(() => performTask(place, node, order));
    }
    beginTalk(talk, begun);
  } catch (error) {
    if (isCancellation(error)) return { kind: 'cancelled', startedAt };
    throw error;
  }
  void limitTime(talk);
  await condition(() => talk.how !== undefined && talk.open === 0);
  post(talk, { kind: 'close', why: talk.how?.kind ?? '' });
  await condition(allHandlersFinished);
  return talk.ending.run(() => performTask(place, node, { ...order, talk: endOf(talk) }));
}

async function limitTime(talk: Talk): Promise<void> {
  const { timeLimitMs } = talk.input.node;
  try {
    await talk.scope.run(() => sleep(timeLimitMs, { summary: 'time limit of the conversation' }));
  } catch (error) {
    if (isCancellation(error)) return;
    throw error;
  }
  const message = `the conversation was ended: its time limit of ${formatDuration(timeLimitMs)} passed`;
  endTalk(talk, { kind: 'failed', error: { code: 'time_limit', message } });
}

function endOf({ head, how, usage, turns, denials, session }: Talk): TalkEnd {
  const end = how ?? { kind: 'failed', error: taskErrorOf(new Error('the conversation ended without an end')) };
  const kept = denials.slice(0, LIMITS.agentDenials);
  return { head, how: end, usage, turns, denials: kept, nearMisses: session.nearMisses };
}

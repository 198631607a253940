import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { LIMITS } from '../../contract/limits.js';
import { agentQueue, hostQueue } from '../../contract/names.js';
import type { TalkInput } from './state.js';

type StepName = 'begin' | 'call' | 'tool' | 'command';

const MARGIN_MS = 60_000;
const LONGEST_MS: Record<StepName, number> = {
  begin: LIMITS.lightActivityMs,
  call: LIMITS.modelCallMs + MARGIN_MS,
  tool: LIMITS.toolSearchMs + MARGIN_MS,
  command: LIMITS.toolCommandMs + MARGIN_MS,
};

/**
 * The activities of a conversation. A command is a process of an agent, and takes one of the slots for those; the rest needs no process, and
 * would else wait for agents that run for an hour.
 */
export function stepActivities({ place, node }: TalkInput, step: StepName, summary?: string): Activities {
  const host = place.taskQueue.slice(place.taskQueue.indexOf('@') + 1);
  const options: ActivityOptions = {
    taskQueue: step === 'command' ? agentQueue(host) : hostQueue(host),
    priority: { priorityKey: place.priorityKey },
    startToCloseTimeout: LONGEST_MS[step],
    scheduleToCloseTimeout: LIMITS.hostWaitMs + node.timeLimitMs,
    heartbeatTimeout: LIMITS.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: step === 'call' ? LIMITS.modelCallFirstRetryMs : LIMITS.activityFirstRetryMs,
      backoffCoefficient: 2,
      maximumInterval: step === 'call' ? LIMITS.modelCallMaxRetryMs : LIMITS.activityMaxRetryMs,
    },
    summary: summary ?? step,
  };
  return proxyActivities<Activities>(options);
}

import { LIMITS } from '../contract/limits.js';
import type { TaskBeat } from '../contract/orders.js';
import { Context } from '../sdk/activity.js';

/** Beats once a second while `work` runs, from a timer of its own, so that neither a silent nor a noisy task is taken for dead. */
export async function withBeat<T>(work: (beat: TaskBeat) => Promise<T>): Promise<T> {
  const beat: TaskBeat = { percent: 0, note: '' };
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(beat), LIMITS.heartbeatIntervalMs);
  try {
    return await work(beat);
  } finally {
    clearInterval(timer);
  }
}

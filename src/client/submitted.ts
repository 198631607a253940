import { setTimeout as sleep } from 'node:timers/promises';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import type { RequestStatus } from '../contract/phase.js';
import type { ProgressView } from '../contract/view.js';
import { closedView, openDecisionsOf, query } from './look.js';
import type { Place } from './place.js';

/** The answer to a request (INT-2). */
export interface Submitted {
  v: 1;
  requestId: string;
  status: RequestStatus;
  /** ISO 8601; null while unknown. */
  estimatedCompletion: string | null;
  plan: unknown;
  needsApproval: boolean;
}

/** Waits until a submitted request has its plan, or has ended over it. Throws what ended it. */
export async function awaitPlan(place: Place, id: string): Promise<Submitted> {
  const began = Date.now();
  for (let wait = FIRST_LOOK_MS; Date.now() - began < LIMITS.planWaitMs; wait = LIMITS.followIntervalMs) {
    await sleep(wait);
    const closed = await closedView(place, id);
    if (closed?.error) throw new BatonError(closed.error.code, closed.error.message);
    const progress = await query<ProgressView>(place, id, 'progress');
    if (progress.total === 0) continue;
    const plan = await query<unknown>(place, id, 'plan');
    return {
      v: 1,
      requestId: id,
      status: progress.status,
      estimatedCompletion: progress.estimatedCompletion,
      plan,
      needsApproval: (await openDecisionsOf(place, id)).some((decision) => decision.kind === 'plan'),
    };
  }
  throw new BatonError('no_server', `${id} was submitted, but no worker has planned it yet`, {
    hint: `look again with: baton status ${id}`,
  });
}

const FIRST_LOOK_MS = 200;

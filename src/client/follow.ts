import { setTimeout as sleep } from 'node:timers/promises';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import type { DecisionView, ProgressView, RequestView } from '../contract/view.js';
import { closedView, currentView, keptResult, openDecisionsOf, query } from './look.js';
import type { Place } from './place.js';

export interface FollowOptions {
  onProgress(progress: ProgressView): void;
  /** An open decision that was not seen before. */
  onDecision(decision: DecisionView): void;
  /** A line about the following itself: no worker answers, the server is away. */
  onNotice(text: string): void;
  /** Stops following; the request goes on. */
  signal: AbortSignal;
  /** Come back once nothing else can run until a person decides. */
  stopAtDecision: boolean;
}

export type FollowEnd =
  { kind: 'ended'; view: RequestView } | { kind: 'waits'; view: RequestView } | { kind: 'stopped' };

/**
 * Follows a request until it ends: one query a second, and a long poll for the result so that the end is seen at once. A server or worker
 * that is away for a while is waited for.
 */
export async function follow(place: Place, id: string, options: FollowOptions): Promise<FollowEnd> {
  const seen = new Set<string>();
  let away = '';
  let isOver = false;
  const over = ended(place, id, options.signal).then(
    () => void (isOver = true),
    () => undefined,
  );
  while (!options.signal.aborted) {
    const pause = sleep(LIMITS.followIntervalMs, undefined, { signal: options.signal }).catch(() => undefined);
    await (isOver ? pause : Promise.race([over, pause]));
    if (options.signal.aborted) break;
    const found = await look({ place, id, isOver, seen, stopAtDecision: options.stopAtDecision }).catch(
      (error: unknown) => {
        if (error instanceof BatonError && error.code !== 'no_server') throw error;
        const text = error instanceof Error ? error.message : String(error);
        if (text !== away) options.onNotice(`waiting: ${text}`);
        away = text;
        return undefined;
      },
    );
    if (!found) continue;
    away = '';
    if (found.kind === 'ended') return found;
    options.onProgress(found.progress);
    for (const decision of found.decisions) {
      if (!seen.has(decision.id)) options.onDecision(decision);
      seen.add(decision.id);
    }
    if (found.waits) return { kind: 'waits', view: found.waits };
  }
  return { kind: 'stopped' };
}

type Look =
  | { kind: 'ended'; view: RequestView }
  | { kind: 'open'; progress: ProgressView; decisions: DecisionView[]; waits?: RequestView };

interface LookOptions {
  place: Place;
  id: string;
  isOver: boolean;
  seen: ReadonlySet<string>;
  stopAtDecision: boolean;
}

/** One look at the request; whatever of it fails, the next look asks again. */
async function look({ place, id, isOver, seen, stopAtDecision }: LookOptions): Promise<Look> {
  if (isOver) {
    const view = (await keptResult(id)) ?? (await closedView(place, id));
    if (view) return { kind: 'ended', view };
  }
  const progress = await query<ProgressView>(place, id, 'progress');
  const isNews = progress.openDecisions.some((decision) => !seen.has(decision));
  const decisions = isNews ? await openDecisionsOf(place, id) : [];
  if (!stopAtDecision || progress.status !== 'waiting') return { kind: 'open', progress, decisions };
  return { kind: 'open', progress, decisions, waits: await currentView(place, id) };
}

/** Resolves once the request has ended, however. A lost connection is taken up again. */
async function ended({ client }: Place, id: string, signal: AbortSignal): Promise<void> {
  const { isGrpcServiceError } = await import('../sdk/client.js');
  const handle = client.workflow.getHandle(id);
  while (!signal.aborted) {
    try {
      await client.withAbortSignal(signal, () => handle.result());
      return;
    } catch (error) {
      if (!isGrpcServiceError(error)) return;
      await sleep(LIMITS.followIntervalMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

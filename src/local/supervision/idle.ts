import { LIMITS } from '../../contract/limits.js';
import type { Pair } from './pair-keeper.js';

export interface IdleOptions {
  /** Whether nothing runs and nothing waits. Without it the pair is never idle; an error counts as not idle. */
  idle?: (pair: { address: string; namespace: string; embedded: boolean }) => Promise<boolean>;
  idleStopMs?: number;
}

export interface IdleWatch {
  options: IdleOptions;
  pair: Pair;
  /** When a command last asked for the pair, in milliseconds since the epoch. */
  lastAsked: () => number;
  onIdle: () => void;
}

/** Calls `onIdle` once nothing has run or waited, and no command has asked, for the whole time. Returns what ends the watch. */
export function watchIdle(watch: IdleWatch): () => void {
  const { idle, idleStopMs = LIMITS.idleStopMs } = watch.options;
  if (!idle) return () => undefined;
  let idleSince: number | undefined;
  let asking = false;
  const look = async (): Promise<void> => {
    const { state, address, namespace, embedded } = watch.pair.status();
    const quiet =
      state === 'ready' && address !== null && (await idle({ address, namespace, embedded }).catch(() => false));
    const now = Date.now();
    idleSince = quiet ? (idleSince ?? now) : undefined;
    if (idleSince !== undefined && now - Math.max(idleSince, watch.lastAsked()) >= idleStopMs) watch.onIdle();
  };
  const timer = setInterval(
    () => {
      // A port that never answers must not be asked again and again.
      if (asking) return;
      asking = true;
      void look().finally(() => (asking = false));
    },
    Math.min(LIMITS.idleCheckMs, idleStopMs / 4),
  );
  return () => clearInterval(timer);
}

import { LIMITS } from '../../contract/limits.js';
import { pause, untilAborted, type WatchedProcess } from '../processes.js';

export interface KeepAlive {
  /** Starts or adopts the process and resolves once it is ready. Rejects if it could not be started. */
  start: () => Promise<WatchedProcess>;
  firstDelayMs: number;
  maxDelayMs: number;
  /** Whether to try again after so many starts failed one after another; if not, the last error is thrown. */
  mayRetry: (failed: number) => boolean;
  onDown: (why: string) => void;
  signal: AbortSignal;
}

/**
 * Keeps one process running until `signal` is aborted. The delay before a restart doubles as long as the process dies fast or does not
 * become ready, and is the first one again after it lived for a while, so that a process killed now and then is back at once.
 */
export async function keepAlive(keep: KeepAlive): Promise<void> {
  let delayMs = keep.firstDelayMs;
  let failed = 0;
  while (!keep.signal.aborted) {
    try {
      const running = await keep.start();
      failed = 0;
      const readyAt = performance.now();
      const why = await untilAborted(running.exited, keep.signal);
      if (keep.signal.aborted || why === undefined) return;
      if (performance.now() - readyAt >= LIMITS.processSettledMs) delayMs = keep.firstDelayMs;
      keep.onDown(why);
    } catch (error) {
      if (keep.signal.aborted) return;
      failed++;
      if (!keep.mayRetry(failed)) throw error;
      keep.onDown(error instanceof Error ? error.message : String(error));
    }
    await pause(delayMs, keep.signal);
    delayMs = Math.min(delayMs * 2, keep.maxDelayMs);
  }
}

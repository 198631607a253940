import type { ProgressView } from '../../contract/view.js';

export interface Live {
  /** Shows how far the request is; on a terminal at most once in LIMITS.liveIntervalMs, the latest view wins. */
  update(progress: ProgressView): void;
  /** Writes lines that stay, above the block. */
  line(text: string): void;
  /** While held nothing is drawn, so that a question can stand on the terminal; the block comes back after it. */
  hold(isHeld: boolean): void;
  /** Takes the block away, e.g. because a summary follows. */
  clear(): void;
  /** Shows the last view, leaves it standing, and gives the cursor back. */
  close(): void;
}

/** Where progress is shown: standard output or error, or anything like it. */
export interface LiveStream {
  write(text: string): boolean;
  on(event: 'error' | 'close' | 'drain', listener: (error?: Error) => void): unknown;
  columns?: number;
  rows?: number;
}

/** A stream that never throws: its first error closes it. `isFull` while what was written waits for a slow reader. */
export interface Output {
  write: (text: string) => void;
  isFull: () => boolean;
}

export function guard(stream: LiveStream, onClosed: () => void): Output {
  let [isClosed, isFull] = [false, false];
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    onClosed();
  };
  stream.on('error', close);
  // A stream that was destroyed, as that of a child which has ended, closes without an error.
  stream.on('close', close);
  stream.on('drain', () => (isFull = false));
  return {
    isFull: () => isFull,
    write(text) {
      if (isClosed) return;
      try {
        isFull = !stream.write(text);
      } catch {
        close();
      }
    },
  };
}

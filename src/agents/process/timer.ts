/** Timers of Node take 31 bits and fire at once beyond. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back once after any number of milliseconds; the result stops it. */
export function callAfter(ms: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (left: number): void => {
    const step = Math.min(Math.max(left, 0), LONGEST_MS);
    timer = setTimeout(() => (left > step ? wait(left - step) : callback()), step);
  };
  wait(ms);
  return () => clearTimeout(timer);
}

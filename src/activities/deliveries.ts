import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';

/** Ends a delivery before its task has ended, as a worker's shutdown does. */
type Stop = () => void;

interface Delivery {
  number: number;
  stop: Stop;
  over: Promise<void>;
}

/**
 * The deliveries of tasks that are under way in this worker. Where the server heard nothing of one for a while, it brings the task again, to the
 * same worker perhaps, that has not noticed. Both carry one marker, so only one may have processes.
 */
const underWay = new Map<string, Delivery>();

/**
 * Does the work of a delivery when no other of its task is under way in this worker: an earlier one is stopped and waited for.
 * @throws BatonError `busy` where it does not end, or where a later one is there: the server brings the task again, if it still wants it
 */
export async function alone<T>(
  key: string,
  { number, stop }: { number: number; stop: Stop },
  work: () => Promise<T>,
): Promise<T> {
  const earlier = underWay.get(key);
  if (earlier && earlier.number > number) throw new BatonError('busy', 'a later delivery of this task is under way');
  let finish = (): void => undefined;
  const over = new Promise<void>((resolve) => (finish = resolve));
  const own: Delivery = { number, stop, over };
  underWay.set(key, own);
  try {
    if (earlier) await ended(earlier);
    return await work();
  } finally {
    // The next one waits for this, also where this one never began.
    if (underWay.get(key) === own) underWay.delete(key);
    finish();
  }
}

async function ended({ stop, over }: Delivery): Promise<void> {
  stop();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    const error = new BatonError('busy', 'an earlier delivery of this task has not ended yet');
    timer = setTimeout(() => fail(error), LIMITS.supersededMs);
  });
  await Promise.race([over, late]).finally(() => clearTimeout(timer));
}

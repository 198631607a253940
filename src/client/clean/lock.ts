import { realpathSync } from 'node:fs';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { ensureHome } from '../../local/home.js';
import { ensureKey, sign } from '../../local/key.js';
import { waitForLock } from '../../local/lock.js';

/** Does `act` while no other command cleans this data folder up. @throws BatonError `refused` where another one takes too long */
export async function whileAlone<T>(home: string, onWait: () => void, act: () => Promise<T>): Promise<T> {
  ensureHome(home);
  const name = sign(ensureKey(home), `clean-up of ${realpathSync(home)}`);
  const signal = AbortSignal.timeout(LIMITS.cleanUpWaitMs);
  const lock = await waitForLock(name, onWait, signal).catch((cause: unknown) => {
    if (!signal.aborted) throw cause;
    throw new BatonError('refused', 'another command has been cleaning this data folder up for a minute', {
      hint: 'try again when it has ended; what runs is shown by: baton doctor',
      cause,
    });
  });
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

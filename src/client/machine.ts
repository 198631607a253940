import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../contract/limits.js';
import { diagnose, type Check } from '../local/doctor.js';
import { resolveHome } from '../local/home.js';
import { withoutLoopbackProxy } from '../local/proxy.js';
import { findPair, stopPair, type StoppedPair } from '../local/pair.js';
import { openPlace } from './place.js';
import { supervise } from './supervise.js';

/** What is missing on this machine, and how to get it. Starts nothing. */
export async function doctor(workspace: string | undefined): Promise<{ v: 1; checks: Check[] }> {
  const { checks } = await diagnose({ home: resolveHome(), ...(workspace === undefined ? {} : { workspace }) });
  return { v: 1, checks };
}

/** Ends worker, server and supervisor of this data folder. */
export const down = (): Promise<StoppedPair> => stopPair({ home: resolveHome() });

/** The pair, as `up` tells of it. `attached`: it was there before, and stays when `up` ends. */
export interface UpPlace {
  address: string;
  uiUrl: string | null;
  namespace: string;
  attached: boolean;
}

/** Runs the pair in the foreground until a signal, or attaches to the one that runs until `signal` or until that one ends. */
export async function up(options: {
  onReady: (place: UpPlace) => void;
  onProgress: (line: string) => void;
  signal: AbortSignal;
}): Promise<void> {
  Object.assign(process.env, withoutLoopbackProxy(process.env));
  const end = await supervise({
    foreground: true,
    onEvent: (event) => {
      if (event.kind === 'progress') options.onProgress(event.text);
      else if (event.kind === 'ready') {
        const { address, uiUrl, namespace } = event.status;
        options.onReady({ address: address ?? '', uiUrl, namespace, attached: false });
      } else options.onProgress(event.kind === 'stopping' ? 'ending worker and server' : event.why);
    },
  });
  if (end.kind === 'ended') return;
  const place = await openPlace({ start: true, onProgress: options.onProgress });
  await place.close();
  options.onReady({ ...place.pair, attached: true });
  while (!options.signal.aborted && (await findPair({ home: resolveHome() }))) {
    await sleep(LIMITS.followIntervalMs, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

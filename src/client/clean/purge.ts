import { existsSync } from 'node:fs';
import { BatonError } from '../../contract/errors.js';
import { resolveHome } from '../../local/home.js';
import { type Purged, purgeHome } from '../../local/purge.js';
import { allKept } from '../../workspace/artifacts/kept.js';
import { listRequests } from '../look.js';
import { openIfUp } from '../place.js';
import { whileAlone } from './lock.js';

/** How a person is asked whether it shall be done. */
export interface PurgeOptions {
  yes: boolean;
  /** Undefined where nobody can be asked. */
  confirm: ((home: string) => Promise<boolean>) | undefined;
  onNotice: (line: string) => void;
}

/**
 * Ends the pair and removes all of Baton's data but settings, key and agents. Undefined where the person did not want it after all.
 * @throws BatonError `refused` while requests run or wait, or where nobody can confirm, unless `yes`
 */
export async function purge({ yes, confirm, onNotice }: PurgeOptions): Promise<Purged | undefined> {
  const home = resolveHome();
  if (!existsSync(home)) return { stopped: { supervisor: null, worker: null, server: null }, parts: {} };
  if (!yes) {
    const open = await unfinished(home);
    if (open.length > 0) {
      const more = open.length > SHOWN ? ` and ${open.length - SHOWN} more` : '';
      throw new BatonError('refused', `not ended: ${open.slice(0, SHOWN).join(', ')}${more}`, {
        hint: `end each with: baton cancel ${open[0] ?? 'ID'}   or give all of them up with: baton down --purge --yes`,
      });
    }
    if (!confirm) {
      throw new BatonError('refused', `all requests, reports and artifacts in ${home} would be removed`, {
        hint: 'confirm it with: baton down --purge --yes',
      });
    }
    if (!(await confirm(home))) return undefined;
  }
  return whileAlone(
    home,
    () => onNotice('another command cleans up; waiting for it'),
    () => purgeHome(home),
  );
}

const SHOWN = 5;

/** Requests that run or wait; where no server can be asked, those without a kept end. */
async function unfinished(home: string): Promise<string[]> {
  const place = await openIfUp();
  try {
    if (place) return (await listRequests(place.client, { openOnly: true })).map((row) => row.requestId);
  } finally {
    await place?.close();
  }
  const ids: string[] = [];
  for await (const { id, endedAt } of allKept(home)) if (endedAt === null) ids.push(id);
  return ids;
}

import { BatonError } from '../contract/errors.js';
import type { SavedState } from '../contract/saved-state.js';
import { LIMITS } from '../contract/limits.js';
import { ensureHome, resolveHome } from '../local/home.js';
import { createRequestFiles } from '../workspace/artifacts/requests.js';

/** What `checkpoint --list` tells of a saved state, whose whole is in the file. */
export interface SavedRow extends Omit<SavedState, 'v' | 'state' | 'request'> {
  path: string;
}

/** The saved states of a request on this machine, oldest first; needs no server. Throws `unknown_id` where nothing is kept of it. */
export async function savedStates(request: string): Promise<SavedRow[]> {
  const files = createRequestFiles(ensureHome(resolveHome()).home);
  const numbers = await files.saved(request).catch((error: unknown) => {
    throw error instanceof BatonError && error.code === 'bad_input' ? unknown(request) : error;
  });
  if (numbers === undefined) throw unknown(request);
  const rows: SavedRow[] = [];
  for (const n of numbers.slice(-LIMITS.savedStates)) {
    const saved = (await files.readJson(request, `saved-${n}.json`)) as SavedState | undefined;
    if (!saved) continue;
    const { v: _, state: __, request: ___, ...row } = saved;
    rows.push({ ...row, path: await files.path(request, `saved-${n}.json`) });
  }
  return rows;
}

const unknown = (id: string): BatonError =>
  new BatonError('unknown_id', `nothing is kept of a request ${id}`, { hint: 'list them with: baton list' });

import { keptResult } from '../../client/look.js';
import { openPlace } from '../../client/place.js';
import { EXIT_OF_STATUS, print, say } from '../end.js';
import { followOnTerminal } from '../follow.js';
import { statusText } from '../render/tables.js';

export async function watch(id: string, options: { json?: boolean; wait: boolean }): Promise<void> {
  const kept = await keptResult(id);
  if (kept) {
    if (options.json) print(JSON.stringify({ v: 1, event: 'end', request: kept }));
    else print(statusText(kept, { now: Date.now() }));
    process.exitCode = EXIT_OF_STATUS[kept.status];
    return;
  }
  const place = await openPlace({ start: true, onProgress: say });
  try {
    await followOnTerminal(place, id, {
      json: options.json === true,
      events: options.json === true,
      wait: options.wait,
    });
  } finally {
    await place.close();
  }
}

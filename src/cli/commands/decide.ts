import { allOpenDecisions, byUrgency, openDecisionsOf } from '../../client/look.js';
import { decide as answer } from '../../client/messages.js';
import { openPlace } from '../../client/place.js';
import { print, printJson, say } from '../end.js';
import { decisionText } from '../render/tables.js';

export async function decide(
  decision: string,
  choice: string,
  options: { comment?: string; digest?: string; json?: boolean },
): Promise<void> {
  const place = await openPlace({ start: true, onProgress: say });
  try {
    const { comment, digest } = options;
    const told = await answer(place, { decision, choice, comment, digest, via: 'command' });
    if (options.json) printJson(told);
    else print(told.message);
  } finally {
    await place.close();
  }
}

export async function decisions(id: string | undefined, options: { json?: boolean }): Promise<void> {
  const place = await openPlace({ start: true, onProgress: say });
  try {
    const { decisions: open, silent } =
      id === undefined
        ? await allOpenDecisions(place)
        : { decisions: byUrgency(await openDecisionsOf(place, id)), silent: [] };
    for (const request of silent) say(`${request} does not answer; look at it with: baton status ${request}`);
    if (options.json) printJson({ v: 1, decisions: open });
    else
      print(
        open.length === 0
          ? 'Nothing waits for a decision.'
          : open.map((decision) => decisionText(decision, { now: Date.now() })).join('\n\n'),
      );
  } finally {
    await place.close();
  }
}

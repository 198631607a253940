import { control as send } from '../../client/messages.js';
import { openPlace } from '../../client/place.js';
import { print, printJson, say } from '../end.js';

export async function control(
  name: 'pause' | 'resume' | 'cancel' | 'retry' | 'skip',
  id: string,
  options: { json?: boolean },
): Promise<void> {
  const place = await openPlace({ start: true, onProgress: say });
  try {
    const told = await send(place, name, id);
    if (options.json) printJson(told);
    else print(told.message);
  } finally {
    await place.close();
  }
}

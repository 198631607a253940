import { conversationOf, sayTo } from '../../client/conversation.js';
import { openPlace } from '../../client/place.js';
import { print, printJson, say } from '../end.js';

/** Says something to an agent that runs. */
export async function message(task: string, text: string, options: { json?: boolean }): Promise<void> {
  const place = await openPlace({ start: true, onProgress: say });
  try {
    const told = await sayTo(place, task, text);
    if (options.json) printJson(told);
    else print(told.message);
  } finally {
    await place.close();
  }
}

/** Shows who asked for the model of a conversation, and who got it. */
export async function conversation(task: string, options: { json?: boolean; mermaid?: boolean }): Promise<void> {
  const place = await openPlace({ start: true, onProgress: say });
  try {
    const view = await conversationOf(place, task);
    if (options.json) printJson(view);
    else print((options.mermaid ? view.mermaid : view.text).trimEnd());
  } finally {
    await place.close();
  }
}

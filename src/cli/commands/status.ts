import { closedView, currentView, keptRequests, keptResult, keptText, listRequests } from '../../client/look.js';
import { openPlace, type Place } from '../../client/place.js';
import { BatonError } from '../../contract/errors.js';
import type { RequestView } from '../../contract/view.js';
import { print, printJson, say } from '../end.js';
import { listText, statusText } from '../render/tables.js';

interface Options {
  json?: boolean;
}

/** How a request is. A finished one is read from its kept result, without server or worker. */
export async function status(id: string, options: Options): Promise<void> {
  const view =
    (await keptResult(id)) ??
    (await withPlace(async (place) => (await closedView(place, id)) ?? (await currentView(place, id))));
  if (options.json) printJson(view);
  else print(statusText(view, { now: Date.now() }));
}

/** A finished request's report, as Markdown or JSON. */
export async function report(id: string, options: Options): Promise<void> {
  const text = await keptText(id, options.json ? 'report.json' : 'report.md');
  if (text !== undefined) return print(text);
  const view = await withPlace(
    async (place): Promise<RequestView> => (await closedView(place, id)) ?? (await currentView(place, id)),
  );
  if (view.status === 'running' || view.status === 'waiting' || view.status === 'paused') {
    throw new BatonError('refused', `${id} is ${view.status}; its report is written when it ends`, {
      hint: `follow it with: baton watch ${id}`,
    });
  }
  // It failed before anything could be written down, was terminated, or its worker wrote elsewhere.
  const why = view.error ? `: ${view.error.message}` : '';
  throw new BatonError('refused', `${id} ended as ${view.status}, and no report of it is kept here${why}`, {
    hint: `see what is known of it with: baton status ${id}`,
  });
}

export async function list(options: Options): Promise<void> {
  const rows = await withPlace(({ client }) => listRequests(client)).catch(async (error: unknown) => {
    if (!(error instanceof BatonError) || error.code !== 'no_server') throw error;
    say('no server runs; these are the finished requests kept on this machine');
    return keptRequests();
  });
  if (options.json) printJson({ v: 1, requests: rows });
  else print(listText(rows, { now: Date.now() }));
}

async function withPlace<T>(look: (place: Place) => Promise<T>): Promise<T> {
  const place = await openPlace({ start: false });
  try {
    return await look(place);
  } finally {
    await place.close();
  }
}

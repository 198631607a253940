import type { Place } from './place.js';

/** What a request calls complete and has not put on its branch: each edit that an agent of it has made. */
export async function losses(place: Place, request: string): Promise<string[]> {
  const { status, tasks } = await place.status(request);
  const completed = new Set(tasks.filter((task) => task.status === 'completed').map(({ id }) => id));
  const done = place.ledger(request).filter(({ step }) => step === 'done');
  const isCalledDone = (task: string): boolean => status === 'complete' || completed.has(task);
  return done.flatMap(({ task, edits }) =>
    Object.entries(edits ?? {})
      .filter(([path, text]) => isCalledDone(task) && !place.onBranch(request, path)?.includes(text))
      .map(([path]) => `${request}/${task}: ${path}`),
  );
}

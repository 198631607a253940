import type { Pending, Reply } from './events.js';
import type { Engine } from './model.js';
import { saveOf } from './saves.js';

/** What became of a message that could not be carried out at once; undefined while it is under way. */
export function settlement(engine: Engine, pending: Pending): Reply | undefined {
  return pending.kind === 'save' ? ofSave(engine, pending.n) : ofSubmission(engine, pending.n);
}

function ofSave(engine: Engine, n: number): Reply | undefined {
  const save = saveOf(engine, n);
  if (save?.state === 'open') return undefined;
  if (save?.state === 'saved') return { kind: 'accepted', message: `saved as state ${n}`, data: { checkpoint: n } };
  return refusedWith(save?.error);
}

function ofSubmission(engine: Engine, n: number): Reply | undefined {
  const record = engine.state.submissions.find((submission) => submission.n === n);
  if (record?.state === 'open') return undefined;
  if (record?.state !== 'added') return refusedWith(record?.error);
  return { kind: 'accepted', message: `${record.task} is part of the plan`, data: { taskId: record.task } };
}

const refusedWith = (error: { code: (Reply & { kind: 'refused' })['code']; message: string } | undefined): Reply => ({
  kind: 'refused',
  ...(error ?? { code: 'refused', message: 'it was not carried out' }),
});

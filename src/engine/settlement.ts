import type { Pending, Reply } from './events.js';
import type { Engine } from './model.js';
import { statusOf } from './moves.js';
import { saveOf } from './saves.js';

/** What became of a message that could not be carried out at once; undefined while it is under way. */
export function settlement(engine: Engine, pending: Pending): Reply | undefined {
  return OF[pending.kind](engine, pending.n);
}

const OF: Record<Pending['kind'], (engine: Engine, n: number) => Reply | undefined> = {
  save: ofSave,
  submission: ofSubmission,
  answer: ofAnswer,
};

/** What was said to an agent that asked; it is told nothing more once its task has been parked or has ended. */
function ofAnswer(engine: Engine, n: number): Reply | undefined {
  const decision = engine.state.decisions[n - 1];
  if (decision?.answer) {
    const { choice, comment } = decision.answer;
    return { kind: 'accepted', message: choice, data: { choice, comment } };
  }
  const task = engine.graph.positions.get(decision?.task ?? '') ?? -1;
  const mayWait = decision?.state === 'open' && statusOf(engine, task) === 'running';
  return mayWait ? undefined : { kind: 'refused', code: 'refused', message: 'nobody answered in time' };
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

import { LIMITS } from '../contract/limits.js';
import { cancelTask } from './decisions.js';
import type { Command, EngineEvent, Reply } from './events.js';
import { adopt, type Engine } from './model.js';
import { detailOf, passOver, release } from './moves.js';
import type { SubmissionRecord } from './state.js';

const ENDING = ['COMPLETING', 'ERROR'];

/** One more task for the plan. It is written down by the shell, one after the other, and the request does not end before. */
export function submit(engine: Engine, event: EngineEvent & { kind: 'submit' }, commands: Command[]): Reply {
  const { state } = engine;
  if (state.outcome !== null || ENDING.includes(state.phase)) return refused('the request has ended');
  if (state.cancel) return refused('the request is being cancelled');
  const open = openSubmissions(engine);
  if (open.length >= LIMITS.openSubmissions) {
    const message = `${open.length} submitted tasks are still being added; try again`;
    return { kind: 'refused', code: 'busy', message };
  }
  const n = nextOf(engine);
  push(engine, { n, at: event.at, by: event.by, state: 'open', submission: event.submission });
  if (open.length === 0) extendNext(engine, commands);
  return { kind: 'accepted', message: 'the task is being added', pending: { kind: 'submission', n } };
}

/** A task that mends what `task` has in conflict. It is not refused for the number of others: without it the request could not end. */
export function addRepair(engine: Engine, { task, at }: { task: number; at: number }, commands: Command[]): void {
  const repairs = engine.graph.nodes[task]?.id ?? '';
  const submission = { type: 'repair', description: `mend the conflict of ${repairs}` };
  const isFirst = openSubmissions(engine).length === 0;
  push(engine, { n: nextOf(engine), at, by: 'baton', state: 'open', submission, repairs });
  if (isFirst) extendNext(engine, commands);
}

const nextOf = ({ state }: Engine): number => (state.submissions.at(-1)?.n ?? 0) + 1;

function push({ state }: Engine, record: SubmissionRecord): void {
  state.submissions.push(record);
  if (state.submissions.length <= LIMITS.submissionsKept) return;
  const oldest = state.submissions.findIndex((kept) => kept.state !== 'open');
  state.submissions.splice(Math.max(0, oldest), 1);
}

/** Asks for the oldest open submission to be added, once there is a plan to add it to. */
export function extendNext(engine: Engine, commands: Command[]): void {
  const [next] = openSubmissions(engine);
  if (next && engine.state.plan !== null) commands.push({ kind: 'extend', n: next.n });
}

/** The plan has grown: the tasks that it had keep their places. What was cancelled meanwhile stays so. */
export function extended(engine: Engine, event: EngineEvent & { kind: 'extended' }, commands: Command[]): Reply {
  const { state } = engine;
  const { n, graph, at } = event;
  const record = settle(engine, n, { state: 'added', task: graph.nodes.at(-1)?.id ?? '' });
  if (!record) return { kind: 'unchanged', message: 'it is not being added' };
  tie(engine, record, graph.nodes.length - 1);
  const before = state.tasks.length;
  state.plan = { digest: graph.digest, revision: (state.plan?.revision ?? 0) + 1, tasks: graph.nodes.length };
  while (state.tasks.length < graph.nodes.length) state.tasks.push([]);
  const { hold } = engine.index;
  adopt(engine, graph);
  engine.index.hold = hold;
  for (let task = before; task < graph.nodes.length; task += 1) {
    if (state.cancel) cancelTask(engine, task, at);
    else if (!passOver(engine, task, at)) release(engine, task, at);
  }
  extendNext(engine, commands);
  return { kind: 'accepted', message: '' };
}

/** The task cannot be added: nothing else changes. */
export function unextended(engine: Engine, event: EngineEvent & { kind: 'unextended' }, commands: Command[]): Reply {
  const { code, message } = event;
  const record = settle(engine, event.n, { state: 'refused', error: { code, message } });
  if (!record) return { kind: 'unchanged', message: 'it is not being added' };
  tie(engine, record, null);
  extendNext(engine, commands);
  return { kind: 'accepted', message: '' };
}

/** Tells the task in conflict which one mends it. */
function tie(engine: Engine, { repairs }: { repairs?: string }, repair: number | null): void {
  const task = repairs === undefined ? undefined : engine.graph.positions.get(repairs);
  if (task !== undefined) detailOf(engine, task).repair = repair;
}

/** Gives up what has not been added yet. */
export function refuseSubmissions(engine: Engine, message: string): void {
  for (const { n } of openSubmissions(engine))
    settle(engine, n, { state: 'refused', error: { code: 'refused', message } });
}

export const openSubmissions = ({ state }: Engine): (SubmissionRecord & { state: 'open' })[] =>
  state.submissions.filter((record) => record.state === 'open');

type Settled =
  | { state: 'added'; task: string }
  | { state: 'refused'; error: { code: 'refused' | EngineErrorCode; message: string } };
type EngineErrorCode = (EngineEvent & { kind: 'unextended' })['code'];

/** Gives what it was before. */
function settle(engine: Engine, n: number, how: Settled): (SubmissionRecord & { state: 'open' }) | undefined {
  const { submissions } = engine.state;
  const at = submissions.findIndex((record) => record.n === n && record.state === 'open');
  const open = submissions[at];
  if (open?.state !== 'open') return undefined;
  submissions[at] = { n, at: open.at, by: open.by, ...how };
  return open;
}

const refused = (message: string): Reply => ({ kind: 'refused', code: 'refused', message });

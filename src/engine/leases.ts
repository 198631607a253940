import { LIMITS } from '../contract/limits.js';
import type { TaskState } from '../contract/task.js';
import type { Command, EngineEvent, Reply } from './events.js';
import { fail, keepError } from './failing.js';
import type { Engine } from './model.js';
import { detailOf, makeReady, move, statusOf } from './moves.js';
import { dropTimer, setTimer } from './timers.js';

/** Whether a task may start as far as shared resources are concerned. */
export const hasLease = ({ graph, state }: Engine, task: number): boolean =>
  !graph.nodes[task]?.resources || state.details[task]?.lease?.held === true;

/** A task whose turn has come asks for what it shares with others, and takes no slot until it has it. */
export function askForLease(engine: Engine, task: number, at: number, commands: Command[]): void {
  const { state, index } = engine;
  const n = (state.leases = (state.leases ?? 0) + 1);
  move(engine, task, 'waiting', at);
  detailOf(engine, task).lease = { n, held: false };
  index.leased.set(task, n);
  ask(engine, { task, n, at }, commands);
}

/** Asks, and once more after a while: whoever keeps the leases may have been ended, with all that it knew. */
function ask(engine: Engine, { task, n, at }: { task: number; n: number; at: number }, commands: Command[]): void {
  commands.push({ kind: 'lease', task, n });
  setTimer(engine, { id: `lease:${n}`, at, ms: LIMITS.leaseAskAgainMs }, commands);
}

export function askAgain(engine: Engine, { subject, at }: { subject: string; at: number }, commands: Command[]): void {
  const n = Number(subject);
  const task = [...engine.index.leased].find(([, known]) => known === n)?.[0];
  if (task !== undefined && engine.state.details[task]?.lease?.held === false) ask(engine, { task, n, at }, commands);
}

/** It was granted, or refused because too many wait. One that nobody asked for, or wants any more, is given back. */
export function leased(engine: Engine, event: EngineEvent & { kind: 'leased' }, commands: Command[]): Reply {
  const { n, at, refused } = event;
  const task = [...engine.index.leased].find(([, known]) => known === n)?.[0];
  const lease = task === undefined ? undefined : engine.state.details[task]?.lease;
  if (task === undefined || lease?.n !== n) {
    if (!refused) commands.push({ kind: 'unlease', n });
    return { kind: 'unchanged', message: 'nobody waits for it' };
  }
  if (lease.held || statusOf(engine, task) !== 'waiting')
    return { kind: 'unchanged', message: 'it was granted before' };
  dropTimer(engine, `lease:${n}`, commands);
  if (refused) {
    keepError(engine, task, {
      code: 'resource_queue_full',
      message: 'too many tasks wait for resources of this cluster',
    });
    fail(engine, task, at, commands);
    return { kind: 'accepted', message: '' };
  }
  lease.held = true;
  makeReady(engine, task, at);
  return { kind: 'accepted', message: '' };
}

/** After every event: gives back what its task neither waits for nor works with any more, however it came to that. */
export function giveLeasesBack(engine: Engine, commands: Command[]): void {
  for (const [task, n] of [...engine.index.leased]) {
    const detail = engine.state.details[task];
    const status = statusOf(engine, task);
    const isOwn = detail?.lease?.n === n;
    const isWanted = detail?.lease?.held ? isAtWork(engine, status) : status === 'waiting';
    if (isOwn && isWanted) continue;
    if (isOwn) delete detail.lease;
    engine.index.leased.delete(task);
    dropTimer(engine, `lease:${n}`, commands);
    commands.push({ kind: 'unlease', n });
  }
}

/** While a request is paused nothing of it starts, so nobody else is to wait for what its tasks do not use. */
const isAtWork = ({ state }: Engine, status: TaskState): boolean =>
  status === 'running' || (!state.paused && (status === 'ready' || status === 'queued'));

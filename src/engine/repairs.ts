import { LIMITS } from '../contract/limits.js';
import type { BrokenCheck, MergeConflict, TaskError } from '../contract/task.js';
import { raise } from './decisions.js';
import type { Command } from './events.js';
import { fail, keepError } from './failing.js';
import type { Engine } from './model.js';
import { beginAnew, detailOf, hasEnded, makeReady, move, satisfy, statusOf } from './moves.js';
import { addRepair } from './submissions.js';
import { deadlineOf } from './waiting.js';

interface Ended {
  task: number;
  attempt: number;
  at: number;
}

/**
 * What an agent changed cannot be merged, or breaks a check once it is: its task waits until another, which is added to the plan, has mended
 * it. A repair that the branch moved away from is begun again; one that breaks a check has failed.
 */
export function conflicted(
  engine: Engine,
  { task, attempt, at }: Ended,
  conflict: MergeConflict,
  commands: Command[],
): void {
  const detail = detailOf(engine, task);
  detail.attempts = attempt;
  const author = repairedBy(engine, task);
  if (author !== undefined) {
    if (conflict.check) rememberCheck(engine, author, conflict.check);
    else if (attempt - (detail.held ?? 0) < LIMITS.repairAttempts) {
      move(engine, task, 'waiting', at);
      return makeReady(engine, task, at);
    }
    keepError(engine, task, errorOf(conflict));
    return fail(engine, task, at, commands);
  }
  detail.conflict = conflict;
  delete detail.repair;
  move(engine, task, 'waiting', at);
  engine.index.mending.push(task);
  addRepair(engine, { task, at }, commands);
}

/** After every event: goes on with the tasks whose conflict is mended, and asks about those whose repair came to nothing. */
export function mend(engine: Engine, at: number, commands: Command[]): void {
  const { index, state } = engine;
  if (index.mending.length === 0 || state.cancel || state.outcome !== null || state.phase === 'ERROR') return;
  index.mending = index.mending.filter((task) => statusOf(engine, task) === 'waiting');
  for (const task of [...index.mending]) mendOne(engine, task, at, commands);
  index.mending = index.mending.filter((task) => statusOf(engine, task) === 'waiting');
}

function mendOne(engine: Engine, task: number, at: number, commands: Command[]): void {
  const detail = detailOf(engine, task);
  const { repair, choice } = detail;
  if (choice !== undefined) {
    delete detail.choice;
    return CHOICES[choice as ConflictChoice](engine, { task, at }, commands);
  }
  if (repair === undefined) return;
  if (repair !== null && statusOf(engine, repair) === 'completed') {
    // What it printed helps nobody any more, and would be carried along for ever.
    if (detail.conflict?.check) rememberCheck(engine, task, { ...detail.conflict.check, tail: '' });
    return satisfy(engine, task, 'completed', at);
  }
  if (repair !== null && !hasEnded(engine, repair)) return;
  if (engine.state.stopped) return drop(engine, { task, at }, commands);
  const id = engine.graph.nodes[task]?.id;
  if (engine.state.decisions.some((decision) => decision.state === 'open' && decision.task === id)) return;
  ask(engine, { task, at }, commands);
}

interface Moment {
  task: number;
  at: number;
}

type ConflictChoice = 'repair' | 'redo' | 'drop';

/** What a person may say of a conflict that no agent could mend. */
const CHOICES: Record<ConflictChoice, (engine: Engine, moment: Moment, commands: Command[]) => void> = {
  repair: (engine, moment, commands) => {
    delete detailOf(engine, moment.task).repair;
    addRepair(engine, moment, commands);
  },
  redo: (engine, { task, at }) => {
    beginAnew(engine, task);
    makeReady(engine, task, at);
  },
  drop,
};

function drop(engine: Engine, { task, at }: Moment, commands: Command[]): void {
  const { conflict } = detailOf(engine, task);
  if (conflict) keepError(engine, task, errorOf(conflict));
  fail(engine, task, at, commands);
}

/** Nobody has to answer for leaving the changes on their own branch, so that is what counts at the deadline. */
function ask(engine: Engine, { task, at }: Moment, commands: Command[]): void {
  const node = engine.graph.nodes[task];
  const { conflict, repair } = detailOf(engine, task);
  if (!node || !conflict) return;
  const options: ConflictChoice[] = ['repair', 'redo', 'drop'];
  const by = repair == null ? undefined : engine.graph.nodes[repair]?.id;
  const question =
    `What ${node.id} changed ${troubleOf(conflict)}, and ` +
    `${by === undefined ? 'no repair could be begun' : `the repair ${by} did not complete`}. ` +
    'repair: an agent tries once more; redo: the task is done anew on what is there; drop: its change stays on its own branch';
  const draft = {
    kind: 'recovery' as const,
    question,
    options,
    recommended: 'redo',
    subject: { digest: conflict.commit, summary: `${node.id}: ${node.title}`.slice(0, 200) },
    risk: node.risk,
    criticality: node.criticality,
    ...deadlineOf(engine, { options, otherwise: 'drop' }, at),
    context: { branch: conflict.branch, look: `git diff HEAD...${conflict.branch}`, ...checkOf(conflict) },
    task: node.id,
  };
  raise(engine, draft, at, commands);
}

const againstOf = ({ against }: MergeConflict): string =>
  against.length === 0 ? 'what is on the branch by now' : `what ${against.join(', ')} changed`;

const filesOf = ({ files }: MergeConflict): string => files.join(', ') || 'its files';

/** As it follows the name of what was changed. */
const troubleOf = (conflict: MergeConflict): string =>
  conflict.check
    ? `breaks the check \`${conflict.check.command}\` together with ${againstOf(conflict)} (${conflict.check.message})`
    : `conflicts with ${againstOf(conflict)} in ${filesOf(conflict)}`;

const errorOf = (conflict: MergeConflict): TaskError => ({
  code: conflict.check ? 'check_failed' : 'merge_conflict',
  message: `what it changed ${troubleOf(conflict)}; it is on the branch ${conflict.branch}`,
});

function checkOf({ check }: MergeConflict): Record<string, string> {
  if (!check) return {};
  return { check: check.command, ...(check.tail === '' ? {} : { output: check.tail }) };
}

function rememberCheck(engine: Engine, task: number, check: BrokenCheck): void {
  const detail = detailOf(engine, task);
  if (detail.conflict) detail.conflict = { ...detail.conflict, check };
}

/** The task whose conflict another mends. */
const repairedBy = (engine: Engine, repair: number): number | undefined =>
  engine.index.mending.find((task) => engine.state.details[task]?.repair === repair);

import {
  ApplicationFailure,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  setHandler,
} from '@temporalio/workflow';
import { LIMITS } from '../contract/limits.js';
import { globalId, SAY, splitGlobalId } from '../contract/names.js';
import { statusOf } from '../engine/moves.js';
import type { Conductor } from './conductor.js';
import { guardSaying } from './converse/guard.js';
import { onlyFields, text } from './guards.js';

type OnceReady = <T>(take: () => T | Promise<T>) => T | Promise<T>;

/** What a person says to an agent that runs, by its request: handed on to the conversation, which answers for itself. */
export function registerSaying(conductor: Conductor, onceReady: OnceReady): void {
  const description = 'Say something to an agent that is a conversation: {"task": "id", "text": "…"}';
  const taken = (input: unknown): Promise<unknown> => Promise.resolve(onceReady(() => handOn(conductor, input)));
  setHandler(defineUpdate<unknown, [unknown]>(SAY), taken, { description, validator: (input) => void read(input) });
  setHandler(
    defineSignal<[unknown]>(SAY),
    async (input) => {
      await taken(input).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : '';
        conductor.post({ kind: 'note', text: `signal ${SAY} refused: ${why}`.slice(0, LIMITS.titleChars) });
      });
    },
    { description },
  );
}

function read(input: unknown): { task: string; said: object } {
  const value = onlyFields(input, ['task', 'text', 'id', 'by', 'request']);
  const { task: _, request: __, ...said } = value;
  guardSaying(said);
  const task = text(value, 'task', LIMITS.requestIdChars * 2);
  return { task: splitGlobalId(task).local ?? task, said };
}

async function handOn(conductor: Conductor, input: unknown): Promise<unknown> {
  const { task, said } = read(input);
  const engine = conductor.engine();
  const position = engine.graph.positions.get(task);
  if (position === undefined) throw refused(`there is no task ${task}`, 'unknown_id');
  if (!engine.graph.nodes[position]?.talks) throw refused(`${task} is no conversation with a model`);
  if (statusOf(engine, position) !== 'running') throw refused(`${task} does not run`);
  try {
    await getExternalWorkflowHandle(globalId(engine.state.request, task)).signal(SAY, said);
  } catch {
    throw refused(`${task} does not run`);
  }
  return { v: 1, result: 'accepted', message: `handed on: ${task} is told with its next turn, unless it ends first` };
}

const refused = (message: string, code = 'refused'): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, code);

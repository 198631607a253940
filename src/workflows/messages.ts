import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { VIAS, type Via } from '../contract/decision.js';
import type { Json } from '../contract/json.js';
import { LEASES } from '../contract/lease.js';
import { LIMITS } from '../contract/limits.js';
import { ASK, MESSAGES, SAY, splitGlobalId, type MessageName } from '../contract/names.js';
import { objectionTo } from '../engine/decisions.js';
import type { EventBody, Reply } from '../engine/events.js';
import { settlement } from '../engine/settlement.js';
import { submittedTask } from '../progress/submitted.js';
import type { Conductor } from './conductor.js';
import { badInput, guardAsk, guardLeased, guardSubmission, onlyFields, optionalText, text } from './guards.js';
import { registerQueries } from './queries.js';
import { registerSaying } from './say.js';

/** What an update answers. */
export interface Accepted {
  v: 1;
  result: 'accepted' | 'unchanged';
  message: string;
  /** Of `submit`: a SubmittedTask. Of `checkpoint`: the number of the saved state. */
  data?: Record<string, Json>;
}

const DESCRIPTIONS: Record<MessageName, string> = {
  decide: 'Answer a decision: {"decisionId": "d1", "choice": "approve", "comment": "optional"}',
  pause: 'Start nothing more until resume: {} or {"task": "id"}',
  resume: 'Go on after a pause: {} or {"task": "id"}',
  cancel: 'End what runs and give up the rest: {} or {"task": "id"}',
  retry: 'Run what failed once more: {} or {"task": "id"}',
  skip: 'Go on without a task, or without all that is left: {"task": "id"} or {}',
  submit: 'Add a task: {"type": "documentation", "description": "…", "dependencies": ["id"]}',
  checkpoint: 'Keep the present state: {}',
};

/** Reads a message: the event that it stands for, or a failure with the path to the bad field. */
const READERS: Record<MessageName, (input: unknown, via: Via) => EventBody> = {
  decide: (input, via) => {
    const value = onlyFields(input, ['decisionId', 'choice', 'comment', 'digest', 'by', 'via', 'request']);
    const digest = optionalText(value, 'digest', LIMITS.commentChars);
    return {
      kind: 'decide',
      decision: localId(text(value, 'decisionId', LIMITS.requestIdChars * 2)),
      choice: text(value, 'choice', LIMITS.commentChars),
      comment: optionalText(value, 'comment', LIMITS.commentChars) ?? '',
      ...(digest === undefined ? {} : { digest }),
      by: optionalText(value, 'by', LIMITS.requestIdChars) ?? 'unnamed',
      via: claimedVia(value, via),
    };
  },
  pause: (input) => control('pause', input),
  resume: (input) => control('resume', input),
  cancel: (input) => control('cancel', input),
  retry: (input) => control('retry', input),
  skip: (input) => control('skip', input),
  submit: (input) => {
    const { by, request: _, ...submission } = guardSubmission(input);
    return { kind: 'submit', submission, by: by ?? 'unnamed' };
  },
  checkpoint: (input) => {
    const value = onlyFields(input, ['by', 'request']);
    return { kind: 'checkpoint', by: optionalText(value, 'by', LIMITS.requestIdChars) ?? 'unnamed' };
  },
};

/** Registers every message before the first await, so that none that is sent with the start is lost. */
export function registerMessages(conductor: Conductor): void {
  for (const name of MESSAGES) {
    setHandler(defineSignal<[unknown]>(name), (input) => receiveSignal(conductor, name, input), {
      description: DESCRIPTIONS[name],
    });
    setHandler(
      defineUpdate<Accepted, [unknown]>(name),
      (input) => answered(conductor, () => READERS[name](input, 'update')),
      {
        description: DESCRIPTIONS[name],
        validator: (input) => {
          if (conductor.isBusy())
            throw ApplicationFailure.nonRetryable('the request is about to continue as a new run; try again', 'busy');
          refuseEarly(conductor, READERS[name](input, 'update'));
        },
      },
    );
  }
  // Not one of the messages for people. What it asks for is bound to its digest, so that nobody gains anything by asking in an agent's name.
  const readAsk = (input: unknown): EventBody => ({ kind: 'ask', ...guardAsk(input) });
  setHandler(defineUpdate<Accepted, [unknown]>(ASK), (input) => answered(conductor, () => readAsk(input)), {
    description: 'For the agents of this request: asks for leave, and waits for the answer as long as the task runs.',
  });
  registerSaying(conductor, (take) => onceReady(conductor, take));
  setHandler(defineSignal<[unknown]>(LEASES.granted), (input) => {
    const lease = guardLeased(input, workflowInfo().firstExecutionRunId);
    return lease && onceReady(conductor, () => void conductor.post({ kind: 'leased', ...lease }));
  });
  setDefaultUpdateHandler((name) => {
    throw badInput(`unknown update ${name}; known are ${[...MESSAGES, SAY].join(', ')}`);
  });
  // A signal cannot be refused: what is unknown or malformed is kept to be shown, and changes nothing.
  setDefaultSignalHandler((name) =>
    note(conductor, `unknown signal ${name.slice(0, 80)}; known are ${[...MESSAGES, SAY].join(', ')}`),
  );
  registerQueries(conductor, defineQuery, setHandler);
}

/** An answer that cannot count is refused before it is an event: a completed update would give its refusal for ever, even once the question is open. */
function refuseEarly(conductor: Conductor, event: EventBody): void {
  if (event.kind !== 'decide' || !conductor.isReady()) return;
  const objection = objectionTo(conductor.engine(), event);
  if (objection?.kind === 'refused') throw ApplicationFailure.nonRetryable(objection.message, objection.code);
}

function receiveSignal(conductor: Conductor, name: MessageName, input: unknown): void | Promise<void> {
  let event: EventBody;
  try {
    event = READERS[name](input, 'signal');
  } catch (error) {
    return note(conductor, `malformed signal ${name}: ${error instanceof Error ? error.message : ''}`);
  }
  const tell = (reply: Reply): void => {
    if (reply.kind === 'refused') conductor.post(noteOf(`signal ${name} refused: ${reply.message}`));
  };
  return onceReady(conductor, () => {
    const reply = conductor.post(event);
    const settled = settledReply(conductor, reply);
    return settled instanceof Promise ? settled.then(tell) : tell(settled);
  });
}

function answered(conductor: Conductor, read: () => EventBody): Accepted | Promise<Accepted> {
  return onceReady(conductor, () => {
    const settled = settledReply(conductor, conductor.post(read()));
    return settled instanceof Promise ? settled.then((reply) => answer(conductor, reply)) : answer(conductor, settled);
  });
}

function answer(conductor: Conductor, reply: Reply): Accepted {
  if (reply.kind === 'refused') throw ApplicationFailure.nonRetryable(reply.message, reply.code);
  const told: Accepted = { v: 1, result: reply.kind, message: reply.message };
  if (reply.kind !== 'accepted' || reply.data === undefined) return told;
  const task = reply.data['taskId'];
  const data = typeof task === 'string' ? submittedTask(conductor.engine(), task, Date.now()) : reply.data;
  return { ...told, data };
}

/** What could not be carried out at once is waited for, so that the answer tells what came of it. */
function settledReply(conductor: Conductor, reply: Reply): Reply | Promise<Reply> {
  if (reply.kind !== 'accepted' || reply.pending === undefined) return reply;
  const { pending } = reply;
  const found = (): Reply | undefined => settlement(conductor.engine(), pending);
  const isSettled = (): boolean => found() !== undefined || conductor.isOver();
  return CancellationScope.nonCancellable(() => condition(isSettled)).then(
    () => found() ?? { kind: 'refused', code: 'refused', message: 'the request ended first' },
  );
}

const note = (conductor: Conductor, text: string): void | Promise<void> =>
  onceReady(conductor, () => void conductor.post(noteOf(text)));

const noteOf = (text: string): EventBody => ({ kind: 'note', text: text.slice(0, 500) });

/**
 * Takes a message at once, or, where a request that continues has not read its graph again, as soon as it has: before that a message would
 * meet an empty plan. The usual way makes no promise, each of which costs the sandbox a stack trace.
 */
function onceReady<T>(conductor: Conductor, take: () => T | Promise<T>): T | Promise<T> {
  if (conductor.isReady()) return take();
  const isSettled = (): boolean => conductor.isReady() || conductor.isOver();
  return CancellationScope.nonCancellable(() => condition(isSettled)).then(take);
}

function control(kind: 'pause' | 'resume' | 'cancel' | 'retry' | 'skip', input: unknown): EventBody {
  const value = onlyFields(input, ['task', 'by', 'request']);
  const task = optionalText(value, 'task', LIMITS.requestIdChars * 2);
  const by = optionalText(value, 'by', LIMITS.requestIdChars) ?? 'unnamed';
  return { kind, by, ...(task === undefined ? {} : { task: localId(task) }) };
}

/** `d1` and `my-req/d1` name the same here; another request's decision does not. */
function localId(id: string): string {
  const { request, local } = splitGlobalId(id);
  if (local === undefined) return id;
  if (request !== workflowInfo().workflowId) throw badInput(`${id} belongs to another request`);
  return local;
}

/** Baton's own clients say how the answer came to them; whatever else is claimed counts as what it is. */
function claimedVia(value: Record<string, unknown>, via: Via): Via {
  const claimed = value['via'];
  return VIAS.find((known) => known === claimed && known !== 'yes' && known !== 'deadline') ?? via;
}

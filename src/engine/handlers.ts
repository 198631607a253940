import { LIMITS } from '../contract/limits.js';
import type { Json } from '../contract/json.js';
import { beginBudget } from './budget.js';
import { cancelRequest, cancelOne, pause, resume, retry, skip } from './control.js';
import { askPermission, decide, expire, raisePlanApproval } from './decisions.js';
import { askAgain, leased } from './leases.js';
import { adopt, type Engine } from './model.js';
import type { Command, EngineEvent, EventKind, Reply } from './events.js';
import { fire } from './phases.js';
import { release } from './moves.js';
import { reopenRequest } from './reopen.js';
import { checkpoint, saved } from './saves.js';
import { extended, extendNext, refuseSubmissions, submit, unextended } from './submissions.js';
import { taskEnded, tryAgain } from './results.js';
import { timerOf, type TimerKind } from './timers.js';
import { limitOver } from './usage-limits.js';
import { escalate, remind } from './waiting.js';

type Handler<K extends EventKind> = (engine: Engine, event: EngineEvent & { kind: K }, commands: Command[]) => Reply;

const OK: Reply = { kind: 'accepted', message: '' };

/** What each timer does when its time has come. */
const DUE: Record<TimerKind, (engine: Engine, due: { subject: string; at: number }, commands: Command[]) => void> = {
  reminder: remind,
  escalation: escalate,
  decision: (engine, { subject, at }, commands) => expire(engine, subject, at, commands),
  retry: (engine, { subject, at }) => tryAgain(engine, Number(subject), at),
  limit: limitOver,
  lease: askAgain,
  // What follows from it, `dispatch` does after every event.
  budget: () => undefined,
};

/** What each event does. Nothing is dispatched here: `step` does that after every event. */
export const HANDLERS: { [K in EventKind]: Handler<K> } = {
  start: (engine, event, commands) => {
    if (!fire(engine.state, 'start', { at: event.at, commands })) return illegal(engine, 'start');
    if (event.interaction) engine.state.settings.interaction = event.interaction;
    return OK;
  },
  analyzed: (engine, event, commands) => {
    if (!fire(engine.state, 'plan', { at: event.at, commands, data: event.data })) return illegal(engine, 'plan');
    return OK;
  },
  planned,
  'task.ended': taskEnded,
  ask: askPermission,
  leased,
  timer: (engine, event, commands) => {
    if (engine.state.timers[event.id] === undefined) return { kind: 'unchanged', message: `${event.id} is not open` };
    delete engine.state.timers[event.id];
    const { kind, subject } = timerOf(event.id);
    DUE[kind](engine, { subject, at: event.at }, commands);
    return OK;
  },
  decide,
  pause,
  resume,
  cancel: (engine, event, commands) =>
    event.task === undefined ? cancelRequest(engine, event, commands) : cancelOne(engine, event.task, event, commands),
  retry,
  skip,
  submit,
  extended,
  unextended,
  checkpoint,
  saved,
  reopen: reopenRequest,
  note: (engine, event) => {
    engine.state.notes.push({ at: event.at, text: event.text });
    if (engine.state.notes.length > LIMITS.noteEntries) engine.state.notes.shift();
    return OK;
  },
  hold: (engine) => {
    engine.index.hold = true;
    return OK;
  },
  /** A request taken up from its state: whatever may start does. */
  wake: (engine, _, commands) => {
    extendNext(engine, commands);
    return OK;
  },
  error: (engine, event, commands) => {
    const { code, message } = event;
    refuseSubmissions(engine, message);
    fire(engine.state, 'error', { at: event.at, commands, data: { error: message } });
    engine.state.error = { code, message };
    return OK;
  },
  recover: (engine, event, commands) => {
    if (!fire(engine.state, 'recover', { at: event.at, commands })) return illegal(engine, 'recover');
    return OK;
  },
  concluded: (engine, event, commands) => {
    if (!fire(engine.state, 'finish', { at: event.at, commands })) return illegal(engine, 'finish');
    return OK;
  },
};

/** The plan is there. A request that goes on after an error, with the plan it had, keeps what its tasks had reached. */
function planned(engine: Engine, event: EngineEvent & { kind: 'planned' }, commands: Command[]): Reply {
  const { state } = engine;
  const { graph, at } = event;
  const data: Record<string, Json> = { tasks: graph.nodes.length, plan: graph.digest };
  if (!fire(state, 'execute', { at, commands, data })) return illegal(engine, 'execute');
  fire(state, 'monitor', { at, commands });
  const goesOn = state.plan?.digest === graph.digest;
  if (!goesOn) {
    state.plan = { digest: graph.digest, revision: (state.plan?.revision ?? 0) + 1, tasks: graph.nodes.length };
    state.settings.maxParallel = event.maxParallel;
    state.settings.maxAgents = event.maxAgents ?? LIMITS.hostProcesses;
    state.settings.onFailure = event.onFailure;
    state.settings.yes = event.yes;
    state.settings.by = event.by;
    if (event.patience) state.patience = event.patience;
    state.acceptedAt = at;
    if (event.budget) beginBudget(engine, event.budget, at, commands);
    state.tasks = graph.nodes.map(() => []);
    state.details = {};
  }
  adopt(engine, graph);
  graph.nodes.forEach((_, task) => release(engine, task, at));
  if (event.approval && !goesOn && !state.cancel) raisePlanApproval(engine, event.approval, at, commands);
  if (state.cancel) cancelRequest(engine, { at, by: state.cancel.by }, commands);
  extendNext(engine, commands);
  return OK;
}

function illegal(engine: Engine, trigger: string): Reply {
  return { kind: 'refused', code: 'refused', message: `${trigger} is not possible while ${engine.state.phase}` };
}

import { ApplicationFailure, CancellationScope, CancelledFailure, condition, workflowInfo } from '@temporalio/workflow';
import { LIMITS } from '../contract/limits.js';
import type { Intake } from '../contract/orders.js';
import type { RequestInput } from '../contract/request.js';
import type { RequestView } from '../contract/view.js';
import { drive, type Driver, type Ports } from '../engine/driver.js';
import { open, type Engine } from '../engine/model.js';
import type { EventBody, Reply } from '../engine/events.js';
import { shortened } from '../engine/shorten.js';
import { createState, type EngineState } from '../engine/state.js';
import { timerSummary } from '../engine/timers.js';
import { createFace, type Face } from './face.js';
import { failureOf, internalFailure, isCancellation } from './failures.js';
import { cancelledEarly, createPorts, isLong, readGraph, type Work } from './ports.js';
import { lightActivities } from './activities.js';

/** What one run hands to the next. */
export interface Carried {
  v: 1;
  intake: Intake;
  state: EngineState;
}

/** The request as the workflow's code sees it: it posts what happens, and asks whether it is over. It holds no policy. */
export interface Conductor {
  input: RequestInput;
  engine(): Engine;
  face: Face;
  post(body: EventBody): Reply;
  /** Whether messages may be posted. A request that continues takes none before it knows its graph again. */
  isReady(): boolean;
  begin(): Promise<void>;
  followCancellation(scope: CancellationScope): void;
  isOver(): boolean;
  mayContinueAsNew(): boolean;
  isBusy(): boolean;
  carry(): Carried;
  end(): RequestView;
}

export function createConductor(input: RequestInput, carried: Carried | undefined): Conductor {
  const { workflowId } = workflowInfo();
  const settings = {
    maxParallel: LIMITS.parallelTasksDefault,
    onFailure: 'continue',
    interaction: 'checkpoint',
    yes: false,
    by: '',
  } as const;
  const state = carried?.state ?? createState({ request: workflowId, at: Date.now(), settings });
  const work: Work = {
    intake: carried?.intake,
    open: 0,
    result: undefined,
    failure: undefined,
    cancelledByTemporal: false,
    planning: new CancellationScope({ cancellable: true, parent: CancellationScope.current() }),
    base: { events: 0, bytes: 0 },
  };
  let ready = carried === undefined && input.retry === undefined;
  const face = createFace(input.description, () => driver.engine);
  const post = (body: EventBody): Reply => {
    if (!ready) return { kind: 'refused', code: 'refused', message: 'the request could not be taken up again' };
    try {
      const reply = driver.post({ ...body, request: workflowId, at: Date.now() });
      face.show();
      return reply;
    } catch (error) {
      // A plain error thrown here would fail the workflow task for ever; a defect must end the request with a word instead.
      work.failure ??= internalFailure(error);
      return { kind: 'refused', code: 'internal', message: 'a defect in Baton ended this request' };
    }
  };
  const ports = createPorts({ input, work, face, post, engine: () => driver.engine });
  const driver: Driver = drive(open(state), ports);
  return {
    input,
    engine: () => driver.engine,
    face,
    post,
    isReady: () => ready,
    begin: () =>
      carried
        ? takeUp({ work, driver, ports, face, post }, () => (ready = true))
        : accept({ input, work, driver, face, post }, () => (ready = true)),
    followCancellation: (scope) => {
      scope.cancelRequested.catch(async () => {
        work.cancelledByTemporal = true;
        if (!ready) await CancellationScope.nonCancellable(() => condition(() => ready));
        post({ kind: 'cancel', by: 'temporal' });
      });
    },
    isOver: () => work.result !== undefined || work.failure !== undefined,
    mayContinueAsNew: () => mayContinueAsNew(work, driver.engine, post),
    isBusy: () => workflowInfo().historyLength >= LIMITS.historyEventsBusy,
    carry: () => ({ v: 1, intake: work.intake as Intake, state: shortened(driver.engine.state) }),
    end: () => {
      if (work.failure) throw work.failure;
      if (work.cancelledByTemporal)
        throw new CancelledFailure('cancelled from Temporal; baton status shows what was done');
      return work.result as RequestView;
    },
  };
}

interface Accept {
  input: RequestInput;
  work: Work;
  face: Face;
  post: Conductor['post'];
  driver: Driver;
}

/** A new request, or a closed one that is retried: its input is checked and bound to a host, then the engine starts. */
async function accept({ input, work, driver, face, post }: Accept, onReady: () => void): Promise<void> {
  try {
    const intake = await work.planning.run(() =>
      lightActivities(undefined, 'check the request').intake({ input, request: workflowInfo().workflowId }),
    );
    work.intake = intake;
    face.allow(intake.attributes);
    if (input.retry) driver.engine = await work.planning.run(() => recalled(driver.engine, intake, input.retry?.task));
  } catch (error) {
    if (isCancellation(error)) work.result = cancelledEarly(driver.engine);
    else work.failure = failureOf(error);
    return;
  }
  onReady();
  face.tag({ BatonState: 'running' });
  if (driver.engine.state.plan === null) post({ kind: 'start', interaction: work.intake.interaction });
  else reopenWith(work, post({ kind: 'reopen', by: 'unnamed', ...input.retry }));
}

/** The engine as the closed request left it; the one that is there where it had come to no plan. */
async function recalled(fresh: Engine, intake: Intake, task: string | undefined): Promise<Engine> {
  const { workflowId: request } = workflowInfo();
  const given = task === undefined ? {} : { task };
  const state = await lightActivities(intake.queue, 'read the kept state').recall({ request, ...given });
  return state?.plan ? open(state, await readGraph(intake, state.plan.digest, request)) : fresh;
}

function reopenWith(work: Work, reply: Reply): void {
  if (reply.kind === 'refused') work.failure ??= ApplicationFailure.nonRetryable(reply.message, reply.code);
}

interface TakeUp {
  work: Work;
  driver: Driver;
  ports: Ports;
  face: Face;
  post: Conductor['post'];
}

/** A request that continues: the graph is read again, and what was under way (timers only) is taken up. */
async function takeUp({ work, driver, ports, face, post }: TakeUp, onReady: () => void): Promise<void> {
  const { state } = driver.engine;
  if (work.intake) face.allow(work.intake.attributes);
  try {
    if (state.plan && work.intake)
      driver.engine = open(state, await readGraph(work.intake, state.plan.digest, state.request));
  } catch (error) {
    work.failure = failureOf(error);
    return;
  }
  const { historyLength: events, historySize: bytes } = workflowInfo();
  work.base = { events, bytes };
  onReady();
  for (const [id, due] of Object.entries(state.timers)) {
    ports.timer({
      kind: 'timer',
      id,
      ms: Math.max(0, due - Date.now()),
      summary: `${timerSummary(driver.engine, id)}, taken up`,
    });
  }
  post({ kind: 'wake' });
}

/**
 * A run ends before Temporal's own limits only at a moment when no activity is open, since an open one dies with its run. From the
 * suggestion on any such moment is taken; near the limits nothing more is dispatched until one comes.
 */
function mayContinueAsNew(work: Work, engine: Engine, post: Conductor['post']): boolean {
  if (engine.state.plan === null || !isLong(work)) return false;
  if (work.open === 0) return true;
  const { historyLength, historySize } = workflowInfo();
  const mustDrain = historyLength >= LIMITS.historyEventsDrain || historySize >= LIMITS.historyBytesDrain;
  if (mustDrain && !engine.index.hold) post({ kind: 'hold' });
  return false;
}

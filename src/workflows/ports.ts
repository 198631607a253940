import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import { LIMITS } from '../contract/limits.js';
import { agentQueue, hostQueue } from '../contract/names.js';
import type { ExtensionWanted, Intake } from '../contract/orders.js';
import type { GraphNode } from '../contract/plan.js';
import type { RequestInput } from '../contract/request.js';
import type { TaskResult } from '../contract/task.js';
import type { RequestView } from '../contract/view.js';
import type { Ports } from '../engine/driver.js';
import type { Engine } from '../engine/model.js';
import type { EventBody, Reply } from '../engine/events.js';
import { buildGraph, type Graph } from '../engine/graph.js';
import { shortened } from '../engine/shorten.js';
import type { SubmissionRecord } from '../engine/state.js';
import { requestView } from '../progress/view.js';
import { performTalk } from './converse/start.js';
import { lightActivities, performTask, priorityKeyOf, type TaskPlace } from './activities.js';
import type { Face } from './face.js';
import { failureOf, isCancellation, taskErrorOf } from './failures.js';
import { giveBack, leaseAskOf, leaseSummary } from './leases.js';

/** What is under way in this run beside the engine. */
export interface Work {
  intake: Intake | undefined;
  /** Activities that have not ended. */
  open: number;
  result: RequestView | undefined;
  failure: Error | undefined;
  cancelledByTemporal: boolean;
  /** Holds what happens before there is a plan, so that a cancel can end it. */
  planning: CancellationScope;
  /** The history when the run had taken up its request: events and bytes. */
  base: { events: number; bytes: number };
}

/** Whether the history has grown so long that another run should follow. What it began with would be as long in the next. */
export function isLong({ base }: Work): boolean {
  const { continueAsNewSuggested, historyLength, historySize } = workflowInfo();
  const events = historyLength - base.events >= LIMITS.historyGrowthEvents;
  return continueAsNewSuggested && (events || historySize - base.bytes >= LIMITS.historyGrowthBytes);
}

interface Shell {
  input: RequestInput;
  work: Work;
  face: Face;
  post: (body: EventBody) => Reply;
  engine: () => Engine;
}

/** Carries the engine's commands out as activities and timers. Each port returns at once; what comes of it is posted later. */
export function createPorts(shell: Shell): Ports {
  const tasks = new Map<string, CancellationScope>();
  const timers = new Map<string, CancellationScope>();
  const audits: Audits = { waiting: new Set(), isWriting: false };
  const later = (what: Promise<void>): void => {
    what.catch((error: unknown) => giveUp(shell, error));
  };
  return {
    analyze: () => later(shell.work.planning.run(() => analyze(shell))),
    plan: () => later(shell.work.planning.run(() => plan(shell))),
    abandon: () => shell.work.planning.cancel(),
    run: ({ tasks: orders }) => {
      for (const order of orders) later(runTask(shell, tasks, order));
    },
    lease: (order) => {
      const ask = leaseAskOf(shell, order);
      if (ask) later(light(shell, leaseSummary(ask), (activities) => activities.askLease(ask)));
    },
    unlease: ({ n }) => giveBack(n),
    stop: ({ task, epoch }) => tasks.get(`${task}/${epoch}`)?.cancel(),
    ask: () => undefined,
    audit: ({ decision }) => {
      audits.waiting.add(decision);
      if (!audits.isWriting) later(audit(shell, audits));
    },
    timer: ({ id, ms, summary }) => later(runTimer(shell, timers, { id, ms, summary })),
    untimer: ({ id }) => timers.get(id)?.cancel(),
    conclude: () => later(conclude(shell)),
    extend: ({ n }) => later(extend(shell, n)),
    save: ({ n }) => later(save(shell, n)),
    finish: () => undefined,
  };
}

const intakeOf = ({ work }: Shell): Intake => {
  if (!work.intake) throw new Error('the request was not taken in');
  return work.intake;
};

/** Runs a light activity on the request's host, counted as open so that no new run begins beneath it. */
async function light<T>(
  shell: Shell,
  summary: string,
  call: (activities: ReturnType<typeof lightActivities>) => Promise<T>,
): Promise<T> {
  shell.work.open += 1;
  const waitMs = shell.engine().state.plan === null ? LIMITS.hostAnswerMs : LIMITS.hostWaitMs;
  try {
    return await call(lightActivities(intakeOf(shell).queue, summary, waitMs));
  } finally {
    shell.work.open -= 1;
  }
}

async function analyze(shell: Shell): Promise<void> {
  const { workflowId: request } = workflowInfo();
  const { input } = shell;
  const found = await light(shell, 'measure the workspace, analyse the request', (activities) =>
    activities.analyze({ request, input }),
  );
  shell.face.tag({ BatonIntent: found.intent, BatonWorkspace: found.workspace });
  shell.post({ kind: 'analyzed', data: found.data });
}

async function plan(shell: Shell): Promise<void> {
  const { workflowId: request } = workflowInfo();
  const { input } = shell;
  const head = await light(shell, 'plan the tasks', (activities) => activities.plan({ request, input }));
  const graph = await readGraph(intakeOf(shell), head.digest, request);
  const { digest: _, tasks: __, ...agreed } = head;
  shell.post({ kind: 'planned', graph, ...agreed });
}

/** Reads the graph of a plan in pieces, since one payload may not hold it. */
export async function readGraph(intake: Intake, digest: string, request: string): Promise<Graph> {
  const nodes = [];
  for (let from: number | null = 0; from !== null;) {
    const piece: Awaited<ReturnType<ReturnType<typeof lightActivities>['graph']>> = await lightActivities(
      intake.queue,
      'read the plan',
    ).graph({ request, plan: digest, from });
    nodes.push(...piece.nodes);
    from = piece.next;
  }
  return buildGraph(digest, nodes);
}

async function runTask(
  shell: Shell,
  tasks: Map<string, CancellationScope>,
  order: { task: number; epoch: number; attempt: number },
): Promise<void> {
  const { graph, state } = shell.engine();
  const node = graph.nodes[order.task];
  if (!node) return;
  const scope = new CancellationScope({ cancellable: true });
  const key = `${order.task}/${order.epoch}`;
  tasks.set(key, scope);
  shell.work.open += 1;
  let result: TaskResult;
  const startedAt = Date.now();
  try {
    const { epoch, attempt } = order;
    const budgetUsd = state.budget?.reserved[order.task]?.usd;
    const { permit, resume, anyway } = state.details[order.task] ?? {};
    const carryOut = node.talks ? performTalk : performTask;
    result = await scope.run(() =>
      carryOut(placeOf(shell, node), node, {
        request: state.request,
        task: node.id,
        epoch,
        attempt,
        plan: graph.digest,
        ...(permit && { permit }),
        ...(resume && { resume }),
        ...(anyway && { anyway }),
        ...(budgetUsd !== undefined && { budgetUsd }),
      }),
    );
  } catch (error) {
    result = isCancellation(error)
      ? { kind: 'cancelled', startedAt }
      : { kind: 'failed', startedAt, error: taskErrorOf(error), artifacts: [] };
  }
  shell.work.open -= 1;
  if (tasks.get(key) === scope) tasks.delete(key);
  // Nothing is open for a moment: a long run ends here, before the engine starts what comes next.
  if (shell.work.open === 0 && isLong(shell.work)) shell.post({ kind: 'hold' });
  shell.post({ kind: 'task.ended', ...order, result, random: Math.random() });
}

/** Agents have a queue of their own on each host, for its slots bound their processes over all requests; the more urgent ones go first. */
function placeOf(shell: Shell, node: GraphNode): TaskPlace {
  const { host } = intakeOf(shell);
  return {
    taskQueue: node.kind === 'agent' ? agentQueue(host) : hostQueue(host),
    priorityKey: priorityKeyOf(shell.input, node),
  };
}

async function runTimer(
  shell: Shell,
  timers: Map<string, CancellationScope>,
  { id, ms, summary }: { id: string; ms: number; summary: string },
): Promise<void> {
  const scope = new CancellationScope({ cancellable: true });
  timers.set(id, scope);
  try {
    await scope.run(() => sleep(Math.max(1, ms), { summary }));
  } catch (error) {
    if (isCancellation(error)) return;
    throw error;
  } finally {
    if (timers.get(id) === scope) timers.delete(id);
  }
  shell.post({ kind: 'timer', id });
}

/** Writes down the plan with one more task. What cannot be added is told to who asked; the request goes on. */
async function extend(shell: Shell, n: number): Promise<void> {
  const { state, graph } = shell.engine();
  const record = state.submissions.find((submission) => submission.n === n);
  if (record?.state !== 'open') return;
  const { request } = state;
  try {
    const { digest, nodes } = await light(
      shell,
      `add a task: ${record.submission.description.slice(0, 80)}`,
      (activities) => activities.extend({ request, plan: graph.digest, n, ...wantedOf(shell, record) }),
    );
    shell.post({ kind: 'extended', n, graph: buildGraph(digest, [...graph.nodes, ...nodes]) });
  } catch (error) {
    const { code, message } = taskErrorOf(error);
    shell.post({ kind: 'unextended', n, code, message });
  }
}

function wantedOf(shell: Shell, { submission, repairs }: SubmissionRecord & { state: 'open' }): ExtensionWanted {
  const { state, graph } = shell.engine();
  const conflict = repairs === undefined ? undefined : state.details[graph.positions.get(repairs) ?? -1]?.conflict;
  return repairs === undefined || !conflict ? { submission } : { repairs: { task: repairs, conflict } };
}

interface Audits {
  /** Ids of decisions of which something is still to be written. */
  waiting: Set<string>;
  isWriting: boolean;
}

/** Writes what became of decisions into the audit log, one batch after the other: each has all that came up while the one before was written. */
async function audit(shell: Shell, audits: Audits): Promise<void> {
  const { request } = shell.engine().state;
  audits.isWriting = true;
  while (audits.waiting.size > 0) {
    const batch = audits.waiting;
    audits.waiting = new Set();
    const decisions = shell.engine().state.decisions.filter(({ id }) => batch.has(id));
    await light(shell, 'write to the audit log', (activities) => activities.audit({ request, decisions }));
  }
  audits.isWriting = false;
}

async function save(shell: Shell, n: number): Promise<void> {
  const { state } = shell.engine();
  const by = state.saves.find((record) => record.n === n)?.by ?? '';
  try {
    await light(shell, `save state ${n}`, (activities) => activities.save({ state: shortened(state), n, by }));
    shell.post({ kind: 'saved', n });
  } catch (error) {
    const { code, message } = taskErrorOf(error);
    shell.post({ kind: 'saved', n, error: { code, message } });
  }
}

/** The answer of a request that was cancelled before there was a plan, so that nothing was done. */
export const cancelledEarly = (engine: Engine): RequestView => ({
  ...requestView(engine, { now: Date.now() }),
  status: 'cancelled',
  state: 'IDLE',
});

/** What no retry can mend ends the request; what was done until then is written down all the same, if that is still possible. */
async function giveUp(shell: Shell, error: unknown): Promise<void> {
  if (isCancellation(error)) {
    shell.work.result ??= cancelledEarly(shell.engine());
    return;
  }
  const { code, message } = taskErrorOf(error);
  shell.post({ kind: 'error', code, message });
  const { state } = shell.engine();
  const { description } = shell.input;
  await light(shell, 'write down how it ended', (activities) =>
    activities.conclude({ state: shortened(state), description }),
  ).catch(() => undefined);
  shell.work.failure ??= failureOf(error);
}

/** Writes the report and the final state, then the request is over. */
async function conclude(shell: Shell): Promise<void> {
  const { state } = shell.engine();
  const { description } = shell.input;
  const result = await light(shell, 'write the report', (activities) =>
    activities.conclude({ state: shortened(state), description }),
  );
  shell.post({ kind: 'concluded' });
  shell.work.result = { ...result, state: shell.engine().state.phase };
}

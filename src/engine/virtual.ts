import type { TaskResult } from '../contract/task.js';
import { drive } from './driver.js';
import { historyOf } from './lifecycle.js';
import { open, type Engine } from './model.js';
import type { Schedule } from '../planning/schedule.js';
import type { EngineEvent, EventBody } from './events.js';
import type { Graph } from './graph.js';
import { createState } from './state.js';

export interface VirtualRun extends Schedule {
  /** Share of the slots' time that was used, 0 … 1. */
  utilisation: number;
}

/**
 * Runs a graph on a virtual clock, each task taking its estimate and each question answered at once: the same engine that conducts the real
 * run says what would happen. `durationOf` replaces the estimate, e.g. by what was measured.
 */
export function runVirtual(graph: Graph, maxParallel: number, durationOf?: (task: number) => number): VirtualRun {
  const clock = createClock();
  const state = createState({
    request: 'virtual',
    at: 0,
    settings: { maxParallel, onFailure: 'continue', interaction: 'minimal', yes: false, by: 'simulation' },
  });
  const later = (body: EventBody, ms: number): void =>
    clock.add(clock.now + ms, { request: 'virtual', at: 0, ...body });
  const driver = drive(open(state), {
    analyze: () => later({ kind: 'analyzed', data: {} }, 0),
    plan: () =>
      later({ kind: 'planned', graph, maxParallel, onFailure: 'continue', approval: null, yes: false, by: '' }, 0),
    run: ({ tasks }) => {
      for (const { task, epoch, attempt } of tasks) {
        const ms = durationOf?.(task) ?? graph.nodes[task]?.estimateMs ?? 0;
        const result: TaskResult = {
          kind: 'completed',
          startedAt: clock.now,
          summary: '',
          output: null,
          artifacts: [],
        };
        later({ kind: 'task.ended', task, epoch, attempt, result, random: 0 }, ms);
      }
    },
    ask: ({ decision }) => {
      const options = state.decisions.find((candidate) => candidate.id === decision)?.options ?? [];
      const choice = options.includes('approve') ? 'approve' : (options[0] ?? '');
      later({ kind: 'decide', decision, choice, comment: '', by: 'simulation', via: 'command' }, 0);
    },
    // The forecast knows nothing of other requests, and takes what is shared as free.
    lease: ({ n }) => later({ kind: 'leased', n }, 0),
    unlease: () => undefined,
    stop: () => undefined,
    abandon: () => undefined,
    timer: ({ id, ms }) => later({ kind: 'timer', id }, ms),
    untimer: () => undefined,
    conclude: () => later({ kind: 'concluded' }, 0),
    extend: () => undefined,
    save: () => undefined,
    audit: () => undefined,
    finish: () => undefined,
  });
  later({ kind: 'start' }, 0);
  for (let event = clock.next(); event; event = clock.next()) driver.post(event);
  return measured(driver.engine, maxParallel);
}

/** Reads off the histories of a finished run when its tasks began and ended. */
function measured({ state, graph }: Engine, maxParallel: number): VirtualRun {
  const began = state.acceptedAt ?? 0;
  const histories = graph.nodes.map((_, task) => historyOf(state, task));
  const endMs = histories.map((history) => (history.at(-1)?.at ?? began) - began);
  const startMs = histories.map((history, task) => {
    // A task may wait for what it shares before it starts; a question waits from its start.
    const begin = graph.nodes[task]?.kind === 'decision' ? 'waiting' : 'running';
    const start = history.find(({ to }) => to === begin);
    return start ? start.at - began : (endMs[task] ?? 0);
  });
  const makespanMs = (state.endedAt ?? began) - began;
  const used = endMs.reduce((sum, end, task) => sum + end - (startMs[task] ?? end), 0);
  return { startMs, endMs, makespanMs, utilisation: makespanMs > 0 ? used / (makespanMs * maxParallel) : 0 };
}

export interface VirtualClock {
  now: number;
  add(at: number, event: EngineEvent): void;
  /** The next event in the order of time, then of adding; it moves the clock and stamps the event. */
  next(): EngineEvent | undefined;
}

/** A queue of events on a clock that jumps from one to the next. */
export function createClock(): VirtualClock {
  const queue: { at: number; order: number; event: EngineEvent }[] = [];
  let order = 0;
  const before = (a: number, b: number): boolean => {
    const [x, y] = [queue[a], queue[b]];
    return x !== undefined && y !== undefined && (x.at < y.at || (x.at === y.at && x.order < y.order));
  };
  const swap = (a: number, b: number): void => {
    const [x, y] = [queue[a], queue[b]];
    if (x && y) [queue[a], queue[b]] = [y, x];
  };
  return {
    now: 0,
    add(at, event) {
      queue.push({ at, order: (order += 1), event });
      for (let i = queue.length - 1; i > 0 && before(i, (i - 1) >> 1); i = (i - 1) >> 1) swap(i, (i - 1) >> 1);
    },
    next() {
      const first = queue[0];
      const last = queue.pop();
      if (!first || !last) return undefined;
      if (queue.length > 0) queue[0] = last;
      for (let i = 0; ;) {
        const [left, right] = [2 * i + 1, 2 * i + 2];
        const child = right < queue.length && before(right, left) ? right : left;
        if (child >= queue.length || !before(child, i)) break;
        swap(i, child);
        i = child;
      }
      this.now = first.at;
      return { ...first.event, at: first.at };
    },
  };
}

import type { Engine } from '../../src/engine/model.js';
import { step } from '../../src/engine/engine.js';
import type { Command, EngineEvent, Step } from '../../src/engine/events.js';
import { makeReady, satisfy, statusOf } from '../../src/engine/moves.js';
import type { Invariant } from './invariants.js';
import type { StepFunction } from './world.js';

const withEvent =
  (change: (event: EngineEvent, engine: Engine) => EngineEvent): StepFunction =>
  (engine, event) =>
    step(engine, change(event, engine));

const withStep =
  (change: (made: Step, engine: Engine, event: EngineEvent) => Step): StepFunction =>
  (engine, event) =>
    change(step(engine, event), engine, event);

const decisionOfTimer = (engine: Engine, id: string) =>
  engine.state.decisions.find((decision) => id === `reminder:${decision.id}` || id === `escalation:${decision.id}`);

/** For each invariant an engine with one defect planted in it, which the invariant must catch. */
export const DEFECTS: Record<Invariant, StepFunction> = {
  'dependency order': (engine, event) => {
    // Every task counts as having one unmet dependency less than it has.
    if (event.kind === 'analyzed') return step(engine, event);
    const made = step(engine, event);
    if (event.kind !== 'planned') return made;
    const task = engine.index.unmet.findIndex(
      (unmet, candidate) => unmet > 0 && statusOf(engine, candidate) === 'pending',
    );
    if (task >= 0 && engine.graph.nodes[task]?.kind !== 'decision') makeReady(engine, task, event.at);
    return made;
  },
  capacity: withEvent((event) => (event.kind === 'planned' ? { ...event, maxParallel: event.maxParallel + 2 } : event)),
  'few agents at a time': (engine, event) => {
    engine.index.runningAgents = 0;
    return step(engine, event);
  },
  'no two touch the same files at once': (engine, event) => {
    engine.index.touching.clear();
    return step(engine, event);
  },
  'nothing runs without its lease': (engine, event) => {
    // A task takes what it has asked for.
    for (const [task] of engine.index.leased) {
      const lease = engine.state.details[task]?.lease;
      if (!lease || lease.held || statusOf(engine, task) !== 'waiting') continue;
      lease.held = true;
      makeReady(engine, task, event.at);
    }
    return step(engine, event);
  },
  'every lease is given back': withStep((made) => ({
    ...made,
    commands: made.commands.filter(({ kind }) => kind !== 'unlease'),
  })),
  'nothing starts under a usage limit': withEvent((event, engine) => {
    // A limit is forgotten with the next thing that happens.
    engine.state.limits = {};
    return event;
  }),
  'the budget is never overbooked': withEvent((event, engine) => {
    // What is set aside is forgotten with the next thing that happens.
    if (engine.state.budget) engine.state.budget.reserved = {};
    return event;
  }),
  'no double dispatch': withStep((made) => ({
    ...made,
    commands: made.commands.flatMap((command): Command[] => (command.kind === 'run' ? [command, command] : [command])),
  })),
  'every task ends': withStep((made, engine) => ({
    ...made,
    commands: made.commands.filter((command) => command.kind !== 'run' || engine.index.counts.completed !== 1),
  })),
  'the request finishes once': withStep((made) => ({
    ...made,
    commands: made.commands.filter(({ kind }) => kind !== 'finish'),
  })),
  'nothing starts while paused': (engine, event) => {
    if (event.kind !== 'pause' || event.task !== undefined) return step(engine, event);
    return { commands: [], reply: { kind: 'accepted', message: 'paused' } };
  },
  'nothing starts after a cancel': (engine, event) => {
    if (event.kind !== 'cancel' || event.task !== undefined) return step(engine, event);
    return { commands: [], reply: { kind: 'accepted', message: 'cancelled' } };
  },
  'legal transitions only': withStep((made, engine, event) => {
    // A completed task is written down as completed twice.
    if (event.kind === 'task.ended' && engine.state.tasks[event.task]?.length) engine.state.tasks[event.task]?.push(6);
    return made;
  }),
  'longest path first': (engine, event) => {
    if (event.kind !== 'planned') return step(engine, event);
    const reversed = [...event.graph.byRank].reverse();
    const ranks = [...event.graph.ranks];
    reversed.forEach((task, rank) => (ranks[task] = rank));
    return step(engine, { ...event, graph: { ...event.graph, byRank: reversed, ranks } });
  },
  'reminder, escalation, deadline come in this order, each once': withStep((made, engine, event) => {
    // What should remind escalates.
    const decision = event.kind === 'timer' && decisionOfTimer(engine, event.id);
    if (decision && event.id.startsWith('reminder:') && decision.remindedAt === event.at) {
      decision.escalatedAt = decision.remindedAt;
      delete decision.remindedAt;
    }
    return made;
  }),
  'an answer cancels what is left': withStep((made, engine, event) => {
    // A timer that was cancelled goes off all the same.
    const decision = event.kind === 'timer' && decisionOfTimer(engine, event.id);
    if (decision && decision.state !== 'open' && event.id.startsWith('escalation:')) decision.urgency = 'low';
    return made;
  }),
  'no submission is lost': withStep((made) => ({
    ...made,
    commands: made.commands.filter(({ kind }) => kind !== 'extend'),
  })),
  'no conflict is forgotten': withStep((made, engine, event) => {
    // The task is taken for done as soon as its repair has been added.
    if (event.kind !== 'extended') return made;
    for (const task of engine.index.mending)
      if (engine.state.details[task]?.repair === engine.graph.nodes.length - 1)
        satisfy(engine, task, 'completed', event.at);
    return made;
  }),
  'no question outlives its task': withStep((made, engine, event) => {
    // The question of a task that has ended is open again.
    if (event.kind !== 'task.ended' || made.reply.kind !== 'accepted') return made;
    const ended = engine.graph.nodes[event.task]?.id;
    const taken = engine.state.decisions.find(({ task, state }) => task === ended && state === 'withdrawn');
    if (taken) taken.state = 'open';
    return made;
  }),
  'honest outcome': withStep((made, engine) => {
    if (engine.state.outcome === 'partial') engine.state.outcome = 'complete';
    return made;
  }),
};

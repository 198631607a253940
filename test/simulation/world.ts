import { AT_CAP, type Budget } from '../../src/contract/budget.js';
import type { Patience } from '../../src/contract/decision.js';
import type { GraphNode, OnFailure } from '../../src/contract/plan.js';
import type { TaskResult } from '../../src/contract/task.js';
import { step as realStep } from '../../src/engine/engine.js';
import { open, type Engine } from '../../src/engine/model.js';
import type { Command, EngineEvent, EventBody, Step } from '../../src/engine/events.js';
import { buildGraph, type Graph } from '../../src/engine/graph.js';
import { createState, type EngineState } from '../../src/engine/state.js';
import { createClock } from '../../src/engine/virtual.js';
import { createWatch } from './invariants.js';
import { seeded, type Random } from './random.js';

export type StepFunction = (engine: Engine, event: EngineEvent) => Step;

export interface SimulationResult {
  state: EngineState;
  graph: Graph;
  trace: string[];
  violations: string[];
}

const ASKS = { question: '?', digest: 'd', summary: '', context: {}, criticality: 0.1 };
const PARKED: TaskResult = { kind: 'parked', startedAt: 0, session: 's', asks: ASKS };

export function randomNodes(random: Random): GraphNode[] {
  const size = 1 + random.int(24);
  const width = 1 + random.int(6);
  return Array.from({ length: size }, (_, position) => {
    const candidates = position === 0 ? 0 : random.int(Math.min(4, position + 1));
    const dependencies = new Set<number>();
    for (let i = 0; i < candidates; i += 1) dependencies.add(Math.max(0, position - 1 - random.int(width * 2)));
    const isDecision = random.chance(0.08);
    const isAgent = !isDecision && random.chance(0.25);
    return {
      id: `t${position}`,
      title: `task ${position}`,
      kind: isDecision ? 'decision' : isAgent ? 'agent' : 'skill',
      type: 'test',
      label: 'skill:test',
      agent: 'baton',
      dependencies: position === 0 ? [] : [...dependencies].filter((d) => d < position).sort((a, b) => a - b),
      estimateMs: isDecision ? 0 : 1 + random.int(100),
      timeLimitMs: 1000,
      retries: random.chance(0.3) ? random.int(3) : 0,
      priority: random.int(4),
      risk: 0,
      criticality: random.chance(0.2) ? 0.9 : 0.1,
      delivers: true,
      ...(!isAgent && !isDecision && random.chance(0.3) ? { touches: randomTouches(random) } : {}),
      ...(!isDecision && random.chance(0.15) ? { resources: { shared: 1 } } : {}),
      ...(isAgent ? { account: random.chance(0.7) ? 'one' : 'two' } : {}),
      ...(isAgent && random.chance(0.7) ? { maxCostUsd: 1 + random.int(3) } : {}),
      ...(isDecision ? { decision: { question: '?', options: ['approve', 'skip'], ...randomDeadline(random) } } : {}),
    };
  });
}

const TOUCHES = ['a/x', 'a/**', 'b/**', '**/*.md', '**'];

const randomTouches = (random: Random): string[] => [TOUCHES[random.int(TOUCHES.length)] ?? '**'];

const randomDeadline = (random: Random): { deadlineMs?: number; otherwise?: string } =>
  random.chance(0.3) ? {} : { deadlineMs: 1 + random.int(700), otherwise: 'skip' };

/** Also in an order that makes no sense, and with an expiry before or after the answer that surely comes. */
const randomPatience = (random: Random): Patience => ({
  remindAfterMs: 1 + random.int(400),
  escalateAfterMs: 1 + random.int(700),
  expireAfterMs: 1 + random.int(1500),
  escalateTo: ['boss'],
});

/**
 * One random run: a random graph, and a world that fails, delays, duplicates, crashes (the engine is thrown away and opened again from the
 * JSON of its state), cancels, pauses, skips and retries. All from the seed.
 */
export function simulate(seed: number, step: StepFunction = realStep): SimulationResult {
  const random = seeded(seed);
  const graph = buildGraph(`digest-${seed}`, randomNodes(random));
  const submissions = random.chance(0.2) ? 1 + random.int(3) : 0;
  const maxParallel = 1 + random.int(6);
  const maxAgents = 1 + random.int(2);
  const onFailure: OnFailure = random.chance(0.15) ? 'stop' : 'continue';
  const budget: Budget | null = random.chance(0.4)
    ? { usd: 1 + random.int(6), atCap: AT_CAP[random.int(AT_CAP.length)] ?? 'ask' }
    : null;
  const faults = { fail: random.next() * 0.3, duplicate: random.next() * 0.2, crash: random.next() * 0.1 };
  const approval = random.chance(0.15)
    ? {
        question: '?',
        summary: '',
        digest: graph.digest,
        risk: 0,
        criticality: random.chance(0.5) ? 0.9 : 0,
        context: {},
      }
    : null;
  const clock = createClock();
  const yes = random.chance(0.3);
  const settings = { maxParallel: 1, onFailure, interaction: 'minimal' as const, yes: false, by: '' };
  let engine = open(createState({ request: 'sim', at: 0, settings }));
  const patience = randomPatience(random);
  const watch = createWatch({ maxParallel, maxAgents, patience, budgetUsd: budget?.usd });
  const later = (body: EventBody, ms: number): void => clock.add(clock.now + ms, { request: 'sim', at: 0, ...body });
  const open_ = new Map<string, { stop: () => void }>();

  /** What is shared with other requests, which hold it for a while too. */
  const holders = new Set<number>();
  let asking: number[] = [];
  const serve = (): void => {
    while (holders.size < 2) {
      const n = asking.shift();
      if (n === undefined) return;
      holders.add(n);
      later({ kind: 'leased', n }, random.int(90));
      if (random.chance(faults.duplicate)) later({ kind: 'leased', n }, random.int(200));
    }
  };

  const carryOut: { [K in Command['kind']]: (command: Command & { kind: K }) => void } = {
    analyze: () => later({ kind: 'analyzed', data: {} }, random.int(20)),
    plan: () =>
      later(
        { kind: 'planned', graph, maxParallel, maxAgents, onFailure, approval, yes, by: 'user', patience, budget },
        random.int(20),
      ),
    run: ({ tasks }) => {
      for (const { task, epoch, attempt } of tasks) {
        const took = random.int(120);
        const now = clock.now + took;
        const result = randomResult(random, { failure: faults.fail, node: engine.graph.nodes[task], now });
        const body: EventBody = { kind: 'task.ended', task, epoch, attempt, result, random: random.next() };
        let ended = false;
        const key = `${task}/${epoch}`;
        const end = (what: EventBody, ms: number): void => {
          if (ended) return;
          ended = true;
          open_.delete(key);
          later(what, ms);
          if (random.chance(faults.duplicate)) later(what, ms + random.int(300));
        };
        const node = engine.graph.nodes[task];
        const isAgent = node?.kind === 'agent';
        if (isAgent && random.chance(0.2))
          later({ kind: 'ask', task: node.id, epoch, attempt, asks: ASKS }, random.int(120));
        open_.set(key, {
          // An agent that is stopped while it asks may end as one that is parked.
          stop: () =>
            end(
              { ...body, result: isAgent && random.chance(0.4) ? PARKED : { kind: 'cancelled', startedAt: 0 } },
              random.int(20),
            ),
        });
        clock.add(clock.now + took, { request: 'sim', at: 0, kind: 'note', text: `@${key}` });
        pending.set(key, () => end(body, 0));
      }
    },
    lease: ({ n }) => {
      if (random.chance(0.03)) return later({ kind: 'leased', n, refused: true }, random.int(60));
      // It may be asked for again.
      if (holders.has(n)) later({ kind: 'leased', n }, 1);
      else if (!asking.includes(n)) asking.push(n);
      serve();
    },
    unlease: ({ n }) => {
      holders.delete(n);
      asking = asking.filter((other) => other !== n);
      serve();
    },
    stop: ({ task, epoch }) => open_.get(`${task}/${epoch}`)?.stop(),
    ask: ({ decision }) => {
      const { kind } = engine.state.decisions.find(({ id }) => id === decision) ?? {};
      if (kind === 'recovery') {
        const choices = ['repair', 'redo', 'drop'] as const;
        const choice = choices[random.int(choices.length)] ?? 'drop';
        later({ kind: 'decide', decision, choice, comment: '', by: 'p', via: 'signal' }, random.int(1200));
        later({ kind: 'decide', decision, choice: 'drop', comment: '', by: 'p', via: 'signal' }, 1200);
        return;
      }
      if (kind === 'budget') {
        const choice = random.chance(0.7) ? 'raise' : 'stop';
        later({ kind: 'decide', decision, choice, comment: '', by: 'p', via: 'signal' }, random.int(500));
        later({ kind: 'decide', decision, choice: 'raise', comment: '', by: 'p', via: 'signal' }, 900);
        return;
      }
      const choice = random.chance(0.7) ? 'approve' : random.chance(0.5) ? 'skip' : 'reject';
      later({ kind: 'decide', decision, choice, comment: '', by: 'p', via: 'signal' }, random.int(800));
      // The person who finds it still open answers in a way that is always offered, so that no run waits for ever.
      later({ kind: 'decide', decision, choice: 'approve', comment: '', by: 'p', via: 'signal' }, 900);
      if (random.chance(0.5))
        later({ kind: 'decide', decision: 'd99', choice: 'approve', comment: '', by: 'p', via: 'signal' }, 5);
    },
    timer: ({ id, ms }) => later({ kind: 'timer', id }, ms),
    untimer: () => undefined,
    extend: ({ n }) => {
      const message = 'it cannot be added';
      const record = engine.state.submissions.find((known) => known.n === n);
      const repairs =
        record?.state === 'open' && record.repairs !== undefined
          ? engine.graph.positions.get(record.repairs)
          : undefined;
      const refuse = random.chance(0.2);
      const longer = buildGraph(`${engine.graph.digest}+${n}`, [
        ...engine.graph.nodes,
        submitted(random, engine.graph, { n, repairs }),
      ]);
      later(
        refuse ? { kind: 'unextended', n, code: 'bad_input', message } : { kind: 'extended', n, graph: longer },
        random.int(60),
      );
    },
    audit: () => undefined,
    save: ({ n }) => later({ kind: 'saved', n }, random.int(40)),
    abandon: () => undefined,
    conclude: () => later({ kind: 'concluded' }, random.int(20)),
    finish: () => watch.finished(clock.now),
  };
  const pending = new Map<string, () => void>();

  later({ kind: 'start' }, 0);
  if (random.chance(0.15)) later({ kind: 'cancel', by: 'p' }, random.int(400));
  if (random.chance(0.05)) later({ kind: 'skip', by: 'p' }, random.int(400));
  if (random.chance(0.2)) {
    const at = random.int(300);
    later({ kind: 'pause', by: 'p' }, at);
    later({ kind: 'resume', by: 'p' }, at + 1 + random.int(400));
  }
  for (let i = random.int(3); i > 0; i -= 1) later(randomControl(random, graph), random.int(500));
  for (let i = submissions; i > 0; i -= 1)
    later({ kind: 'submit', by: 'p', submission: { type: 'test', description: 'one more' } }, random.int(500));
  if (random.chance(0.1)) later({ kind: 'checkpoint', by: 'p' }, random.int(500));
  // Each resume of one that the budget has paused raises it.
  for (let i = 0; i < 100; i += 1) later({ kind: 'resume', by: 'p' }, 100_000 + 5000 * i);
  graph.nodes.forEach((node) => later({ kind: 'resume', task: node.id, by: 'p' }, 100_001));

  for (let event = clock.next(), steps = 0; event && steps < 5000; event = clock.next(), steps += 1) {
    if (event.kind === 'note' && event.text.startsWith('@')) {
      const key = event.text.slice(1);
      const end = pending.get(key);
      pending.delete(key);
      end?.();
      continue;
    }
    const { commands, reply } = step(engine, event);
    watch.after({ engine, event, commands, reply });
    for (const command of commands) (carryOut[command.kind] as (command: Command) => void)(command);
    if (random.chance(faults.crash)) {
      engine = open(JSON.parse(JSON.stringify(engine.state)) as EngineState, engine.graph);
      // A new run takes the timers up; here the old ones go off as well.
      for (const [id, due] of Object.entries(engine.state.timers))
        later({ kind: 'timer', id }, Math.max(0, due - clock.now));
    }
  }
  watch.end(engine);
  return { state: engine.state, graph: engine.graph, trace: watch.trace, violations: watch.violations };
}

/** A task that is added while the request runs: after some of those that are there. */
function submitted(
  random: Random,
  { nodes }: Graph,
  { n, repairs }: { n: number; repairs: number | undefined },
): GraphNode {
  const [first] = randomNodes(random);
  // An agent works in a folder of its own.
  const { touches: _, ...node } = first as GraphNode;
  if (repairs !== undefined)
    return {
      ...node,
      id: `s${n}`,
      kind: 'agent',
      account: 'one',
      dependencies: [],
      retries: 0,
      delivers: false,
      repairs,
    };
  const dependencies = nodes.map((_, position) => position).filter(() => random.chance(0.1));
  return { ...(first as GraphNode), id: `s${n}`, kind: 'skill', dependencies };
}

function randomResult(
  random: Random,
  { failure, node, now }: { failure: number; node: GraphNode | undefined; now: number },
): TaskResult {
  if (node?.kind === 'agent' && random.chance(0.1)) {
    const until = now + random.int(4000);
    return { kind: 'limited', startedAt: 0, account: 'a', until, session: random.chance(0.5) ? 's' : null };
  }
  if (node?.kind === 'agent' && random.chance(0.1)) {
    const check = random.chance(0.4) ? { check: { command: 'c', message: 'exit code 1', tail: 'no' } } : {};
    const conflict = { branch: 'b', commit: 'c', files: ['f'], against: ['t0'], ...check };
    return { kind: 'conflicted', startedAt: 0, conflict, artifacts: [] };
  }
  if (random.chance(failure))
    return {
      kind: 'failed',
      startedAt: 0,
      error: { code: 'command_failed', message: 'exit 1', exitCode: 1 },
      artifacts: [],
    };
  if (random.chance(0.02)) return random.chance(0.5) ? PARKED : { kind: 'parked', startedAt: 0, session: 's' };
  const usd = (node?.maxCostUsd ?? 2) * random.next() * 1.1;
  const usage = random.chance(0.8) ? { usage: { usd, inputTokens: 1, outputTokens: 1 } } : {};
  return {
    kind: 'completed',
    startedAt: 0,
    summary: '',
    output: null,
    artifacts: [],
    ...(node?.kind === 'agent' ? usage : {}),
  };
}

function randomControl(random: Random, graph: Graph): EventBody {
  const task = graph.nodes[random.int(graph.nodes.length)]?.id ?? 't0';
  const kinds = ['pause', 'cancel', 'retry', 'skip'] as const;
  return { kind: kinds[random.int(kinds.length)] ?? 'skip', task, by: 'p' };
}

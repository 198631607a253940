/**
 * A graph of processes in layers, run by Baton's command and by a Temporal workflow written by hand for it, on the same embedded server.
 * Usage: npm run bench:layers -- [--long] [--rounds N]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBench, type Bench } from '../shared/baton.js';
import { publish } from '../shared/document.js';
import { median, ratio, table, whole } from '../shared/figures.js';
import { machineLine } from '../shared/machine.js';
import { roundsFrom } from '../shared/options.js';
import { boundMs, layeredTasks, type LayerTask } from './graph.js';
import { startHandWritten, type HandWritten } from './hand-written/contender.js';
import { makespanOf } from './ledger.js';

const SHAPE = { layers: 20, width: 10, seed: 20 } as const;
const SHORT = { name: 'layers', taskMs: 200, ofBound: 1.5, ofHandWritten: 1.15 };
const LONG = { name: 'layers-long', taskMs: 2000, ofBound: 1.08, ofHandWritten: 1.15 };

/** One run in ms: as its own engine reports it, and as its tasks saw it. */
interface Run {
  reported: number;
  measured: number;
}

async function main(): Promise<void> {
  const { rounds, long } = roundsFrom(3);
  // An interrupt ends what runs; the pair is ended below all the same.
  process.on('SIGINT', () => undefined);
  const bench = openBench();
  let byHand: HandWritten | undefined;
  try {
    await runBaton(bench, 'warm-up', { layers: 2, taskMs: 10 });
    byHand = await startHandWritten(bench.running('server').address, SHAPE.width);
    await runByHand(bench, byHand, 'warm-up', { layers: 2, taskMs: 10 });
    await measure(bench, byHand, long ? LONG : SHORT, rounds);
  } finally {
    await byHand?.close();
    await bench.close();
  }
}

async function measure(bench: Bench, byHand: HandWritten, goal: typeof SHORT, rounds: number): Promise<void> {
  const [baton, hand]: [Run[], Run[]] = [[], []];
  for (let round = 1; round <= rounds; round += 1) {
    const size = { layers: SHAPE.layers, taskMs: goal.taskMs };
    const turns = [
      async () => void baton.push(await runBaton(bench, `round-${round}`, size)),
      async () => void hand.push(await runByHand(bench, byHand, `round-${round}`, size)),
    ];
    // Who comes second finds a server that has just worked: they take turns at that.
    for (const turn of round % 2 === 1 ? turns : turns.reverse()) await turn();
    process.stderr.write(
      `round ${round}: Baton ${whole(baton.at(-1)?.measured ?? 0)} ms, by hand ${whole(hand.at(-1)?.measured ?? 0)} ms\n`,
    );
  }
  const bound = boundMs(layeredTasks({ ...SHAPE, taskMs: goal.taskMs, ledger: '' }), { ...SHAPE, taskMs: goal.taskMs });
  report({ baton, hand, bound, goal, server: bench.running('server').version });
}

function ledgerOf(bench: Bench, name: string): string {
  const ledger = join(bench.folder, name);
  mkdirSync(ledger);
  return ledger;
}

async function runBaton(bench: Bench, round: string, size: { layers: number; taskMs: number }): Promise<Run> {
  const ledger = ledgerOf(bench, `baton-${round}`);
  const tasks = layeredTasks({ ...SHAPE, ...size, ledger });
  const plan = join(ledger, 'plan.json');
  writeFileSync(
    plan,
    JSON.stringify({ name: `layers, ${round}`, maxParallel: SHAPE.width, tasks: tasks.map(planned) }),
  );
  const { stdout } = await bench.baton('run', '--plan', plan, '--workspace', ledger, '--json');
  const { status, makespanMs } = JSON.parse(stdout) as { status: string; makespanMs: number };
  if (status !== 'complete') throw new Error(`Baton's run of ${round} is ${status}`);
  return { reported: makespanMs, measured: makespanOf(ledger, tasks) };
}

const planned = ({ id, argv, dependencies }: LayerTask): object => ({ id, command: argv, dependencies });

async function runByHand(
  bench: Bench,
  byHand: HandWritten,
  round: string,
  size: { layers: number; taskMs: number },
): Promise<Run> {
  const ledger = ledgerOf(bench, `hand-${round}`);
  const tasks = layeredTasks({ ...SHAPE, ...size, ledger });
  return { reported: await byHand.run(tasks, `layers-${round}`), measured: makespanOf(ledger, tasks) };
}

interface Report {
  baton: Run[];
  hand: Run[];
  bound: number;
  goal: typeof SHORT;
  server: string;
}

function report({ baton, hand, bound, goal, server }: Report): void {
  const row = (name: string, values: number[]): string[] => {
    const middle = median(values);
    return [
      name,
      whole(middle),
      `${whole(Math.min(...values))}–${whole(Math.max(...values))}`,
      ratio(middle / bound),
      ratio(middle / byHand),
    ];
  };
  const byHand = median(hand.map((run) => run.measured));
  const byBaton = median(baton.map((run) => run.measured));
  const goals = [
    [byBaton / bound, goal.ofBound, 'the bound'],
    [byBaton / byHand, goal.ofHandWritten, 'by hand'],
  ] as const;
  const lines = goals.map(
    ([found, most, of]) =>
      `- ${found <= most ? 'Reached' : 'Missed'}: ${ratio(found)} ${of}, at most ${ratio(most)} is the goal.`,
  );
  const rows = [
    row(
      'Baton, by its tasks',
      baton.map((run) => run.measured),
    ),
    row(
      'Baton, as it reports',
      baton.map((run) => run.reported),
    ),
    row(
      'by hand, by its tasks',
      hand.map((run) => run.measured),
    ),
    row(
      'by hand, from start to close',
      hand.map((run) => run.reported),
    ),
    row('bound', [bound]),
  ];
  const shape = `${SHAPE.layers * SHAPE.width} tasks of ${whole(goal.taskMs)} ms in ${SHAPE.layers} layers, ${SHAPE.width} wide`;
  publish(
    goal.name,
    [
      `${shape}; ${baton.length} rounds, taking turns; ms.`,
      '',
      table(['Makespan', 'median', 'range', 'of the bound', 'of by hand'], rows),
      '',
      ...lines,
      '',
      `Measured on ${machineLine(server)}.`,
    ].join('\n'),
  );
  if (goals.some(([found, most]) => found > most)) process.exitCode = 1;
}

await main();

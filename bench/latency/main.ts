/**
 * What a person waits for at the keyboard, and what a worker costs: the linked command on a warm pair, a worker's start, its memory.
 * Usage: npm run bench:latency -- [--rounds N]
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openBench, type Bench } from '../shared/baton.js';
import { publish } from '../shared/document.js';
import { median, table, whole } from '../shared/figures.js';
import { machineLine, ROOT } from '../shared/machine.js';
import { roundsFrom } from '../shared/options.js';

const PLAIN_WORKER = join(ROOT, 'dist', 'bench', 'latency', 'plain-worker.js');

interface Measured {
  name: string;
  unit: 'ms' | 'MiB';
  values: number[];
  most: number | null;
}

async function main(): Promise<void> {
  const { rounds } = roundsFrom(10);
  process.on('SIGINT', () => undefined);
  const bench = openBench();
  try {
    const trivial = planOf(bench, 'trivial', ['true']);
    const waiting = planOf(bench, 'waiting', ['sleep', '600']);
    const submit = ['--workspace', bench.folder, '--json'];
    await bench.baton('run', '--plan', trivial, '--id', 'ended', ...submit);
    await bench.baton('run', '--plan', waiting, '--id', 'running', '--detach', ...submit);
    const server = bench.running('server');
    const [runs, ended, running, list, starts, fresh, plain]: number[][] = [[], [], [], [], [], [], []];
    for (let round = 0; round < rounds; round += 1) {
      runs?.push((await bench.baton('run', '--plan', trivial, ...submit)).ms);
      ended?.push((await bench.baton('status', 'ended', '--json')).ms);
      running?.push((await bench.baton('status', 'running', '--json')).ms);
      list?.push((await bench.baton('list', '--json')).ms);
      const worker = await startWorker(bench, server.address, join(ROOT, 'dist', 'worker.js'));
      plain?.push((await startWorker(bench, server.address, PLAIN_WORKER)).ms);
      starts?.push(worker.ms);
      fresh?.push(worker.mebibytes);
    }
    const atRest = [memoryOf(bench.running('worker').pid)];
    await bench.baton('cancel', 'running', '--json');
    report(server.version, rounds, [
      { name: '`run` of one trivial task', unit: 'ms', values: runs ?? [], most: 2000 },
      { name: '`status` of an ended request', unit: 'ms', values: ended ?? [], most: 700 },
      { name: '`status` of a running request', unit: 'ms', values: running ?? [], most: 700 },
      { name: '`list`', unit: 'ms', values: list ?? [], most: null },
      { name: 'start of a worker until it polls', unit: 'ms', values: starts ?? [], most: 1000 },
      { name: "the same of a plain worker of Temporal's SDK", unit: 'ms', values: plain ?? [], most: null },
      { name: 'memory of a worker that has just started', unit: 'MiB', values: fresh ?? [], most: 350 },
      { name: `memory of the worker after these runs`, unit: 'MiB', values: atRest, most: 350 },
    ]);
  } finally {
    await bench.close();
  }
}

function planOf(bench: Bench, name: string, command: string[]): string {
  const path = join(bench.folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ name, tasks: [{ id: name, command }] }));
  return path;
}

/** A worker beside the pair's, started as the supervisor starts one; measured and ended again. */
async function startWorker(bench: Bench, address: string, entry: string): Promise<{ ms: number; mebibytes: number }> {
  const began = performance.now();
  // Another host's name, so that it takes no task of the pair's.
  const env = { ...bench.env, TEMPORAL_ADDRESS: address, BATON_HOST: 'bench' };
  const worker = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(worker, 'exit');
  for await (const line of createInterface(worker.stdout)) {
    if (line !== 'BATON_WORKER_READY') continue;
    const measured = { ms: performance.now() - began, mebibytes: memoryOf(worker.pid ?? 0) };
    worker.kill('SIGTERM');
    await exited;
    return measured;
  }
  throw new Error('the worker ended before it was ready');
}

/** Resident, in MiB, shared libraries and the program itself included. */
function memoryOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

function report(server: string, rounds: number, all: Measured[]): void {
  const rows = all.map(({ name, unit, values, most }) => [
    name,
    `${whole(median(values))} ${unit}`,
    `${whole(Math.min(...values))}–${whole(Math.max(...values))}`,
    most === null ? '' : `${whole(most)} ${unit}`,
    most === null ? '' : median(values) <= most ? 'reached' : 'missed',
  ]);
  const text = [
    `From the start of the command's process to its end, server and worker warm; ${rounds} rounds.`,
    '',
    table(['What', 'median', 'range', 'at most', 'goal'], rows),
    '',
    `Measured on ${machineLine(server)}.`,
  ];
  publish('latency', text.join('\n'));
  if (all.some(({ values, most }) => most !== null && median(values) > most)) process.exitCode = 1;
}

await main();

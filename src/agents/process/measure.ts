import { formatBytes } from '../../contract/bytes.js';
import { LIMITS } from '../../contract/limits.js';
import type { ProcessUsage } from '../../contract/task.js';
import { findMembers, identity, processTable, type ProcessRow, type ProcessTable } from './find.js';

/** What a tree of processes may use at most. */
export interface TreeCaps {
  memoryBytes: number;
  processes: number;
}

/** Measures one tree until it is stopped. */
export interface TreeMeter {
  /** What was seen by now; null where no look has found a process. */
  stop(): ProcessUsage | null;
}

interface Tree {
  key: string;
  leader: number;
  /** Of the last look, by identity. */
  members: Map<string, ProcessRow>;
  /** Processor time of members that have ended and left it to no other. */
  endedMs: number;
  usage: ProcessUsage | null;
  caps: TreeCaps;
  /** Called once. */
  onOver: ((why: string) => void) | undefined;
}

const trees = new Set<Tree>();
let nextLook: NodeJS.Timeout | undefined;

/**
 * Looks at a task's tree of processes about once a second: all with its marker, and what belongs to them (see `findMembers`). One look serves all
 * trees. `onOver` is called once where the tree uses more than it may.
 */
export function measureTree(
  { key, leader }: { key: string; leader: number },
  caps: TreeCaps,
  onOver: (why: string) => void,
): TreeMeter {
  const tree: Tree = { key, leader, members: new Map(), endedMs: 0, usage: null, caps, onOver };
  trees.add(tree);
  // Soon after its start, so that something is known of one that is done within the second.
  const first = setTimeout(() => void lookAt([tree]), LIMITS.processFirstLookMs);
  nextLook ??= setTimeout(() => void look(), LIMITS.processMeasureMs).unref();
  return {
    stop() {
      clearTimeout(first);
      trees.delete(tree);
      tree.onOver = undefined;
      return tree.usage;
    },
  };
}

/** Where looking is slow, since there are many processes, it is done more rarely. */
async function look(): Promise<void> {
  const began = process.cpuUsage();
  await lookAt([...trees]);
  const { user, system } = process.cpuUsage(began);
  const due = ((user + system) / 1000) * (100 / LIMITS.processMeasurePercent);
  const pause = Math.min(Math.max(LIMITS.processMeasureMs, due), LIMITS.processMeasureMostMs);
  nextLook = trees.size === 0 ? undefined : setTimeout(() => void look(), pause).unref();
}

async function lookAt(some: readonly Tree[]): Promise<void> {
  const table = await processTable();
  for (const tree of some) if (trees.has(tree)) take(tree, table);
}

function take(tree: Tree, { rows }: Pick<ProcessTable, 'rows'>): void {
  const target = { keys: new Set([tree.key]), leaders: new Set([tree.leader]), known: new Set(tree.members.keys()) };
  const found = findMembers(rows, target);
  const now = new Map(found.map((row) => [identity(row), row]));
  tree.endedMs += lostMs(tree.members, now);
  tree.members = now;
  if (now.size === 0) return;
  const { cpuMs, peakMemoryBytes, peakProcesses } = tree.usage ?? NOTHING;
  const memoryBytes = found.reduce((sum, row) => sum + row.memoryBytes, 0);
  const spentMs = found.reduce((sum, row) => sum + row.cpuMs + row.childrenCpuMs, tree.endedMs);
  tree.usage = {
    // Of a process that has ended and is not waited for yet, nothing counts for a moment.
    cpuMs: Math.max(cpuMs, Math.round(spentMs)),
    peakMemoryBytes: Math.max(peakMemoryBytes, memoryBytes),
    peakProcesses: Math.max(peakProcesses, found.length),
  };
  const why = overText({ memoryBytes, processes: found.length }, tree.caps);
  if (why === undefined) return;
  tree.onOver?.(why);
  tree.onOver = undefined;
}

const NOTHING: ProcessUsage = { cpuMs: 0, peakMemoryBytes: 0, peakProcesses: 0 };

/** The time of an ended process goes to its parent, where that has waited for it; else nobody else tells it any more. */
function lostMs(before: ReadonlyMap<string, ProcessRow>, now: ReadonlyMap<string, ProcessRow>): number {
  const byPid = new Map([...before].map(([name, row]) => [row.pid, { name, row }]));
  let lost = 0;
  for (const [name, row] of before) {
    if (now.has(name)) continue;
    let [ancestor, steps] = [byPid.get(row.parent), 0];
    while (ancestor && !now.has(ancestor.name) && steps < byPid.size) {
      [ancestor, steps] = [byPid.get(ancestor.row.parent), steps + 1];
    }
    if (!ancestor || !now.has(ancestor.name)) lost += row.cpuMs + row.childrenCpuMs;
  }
  return lost;
}

function overText(found: TreeCaps, caps: TreeCaps): string | undefined {
  if (found.processes > caps.processes) return `it had ${found.processes} processes, and ${caps.processes} are allowed`;
  if (found.memoryBytes <= caps.memoryBytes) return undefined;
  return `its processes used ${formatBytes(found.memoryBytes)} of memory, and ${formatBytes(caps.memoryBytes)} are allowed`;
}

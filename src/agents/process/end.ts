import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../contract/limits.js';
import { findMembers, identity, processTable } from './find.js';
import type { ProcessRow, ProcessTable, Target } from './find.js';

/** `ended` counts the processes found; `survivors` are pids that even KILL did not end (another user's, or stuck in the kernel). */
export interface Ending {
  ended: number;
  survivors: number[];
}

/**
 * Ends every process of a task: TERM once to all that are there, KILL after `graceMs` to all that are left or have appeared, repeated
 * until two looks in a row find none, at most `LIMITS.processKillMs`. What is started during the grace is not sent TERM: it may be a
 * handler's own cleaning up.
 * @param leader pid of the process that leads the task's group and session, if it was started here
 */
export async function endProcesses(task: { key: string; leader?: number }, graceMs: number): Promise<Ending> {
  const leader = task.leader;
  const target: Target = {
    keys: new Set([task.key]),
    leaders: new Set(leader === undefined ? [] : [leader]),
    known: new Set(),
  };
  const began = performance.now();
  let lookedAt = began;
  const untold = termOnce(leader);
  let signalled = false;
  let quietLooks = 0;
  for (;;) {
    const table = await processTable();
    const members = findMembers(table.rows, target);
    // A look that is shared may be older than the last signal, and then proves nothing.
    if (members.length > 0) quietLooks = 0;
    else if (table.at > lookedAt) quietLooks++;
    lookedAt = Math.max(lookedAt, table.at);
    if (quietLooks === 2) return { ended: target.known.size, survivors: [] };
    const passed = performance.now() - began;
    if (passed >= graceMs + LIMITS.processKillMs) {
      return { ended: target.known.size, survivors: members.map((row) => row.pid) };
    }
    // The leader lived when this began, whatever a shared look says of its group.
    const group =
      leader !== undefined && (!signalled || members.some((row) => row.group === leader)) ? leader : undefined;
    if (passed >= graceMs) signalAll(members, group, 'SIGKILL');
    else signalAll(untold(members, table), signalled ? undefined : group, 'SIGTERM');
    signalled = true;
    await sleep(Math.min(LIMITS.processScanIntervalMs, passed < graceMs ? graceMs - passed : Infinity));
  }
}

/**
 * Ends at once what an earlier attempt at the same task left running, e.g. on a worker that was killed or frozen. To be called before
 * a later attempt starts its own process.
 */
export const endLeftovers = (taskKey: string): Promise<Ending> => endProcesses({ key: taskKey }, 0);

/**
 * Picks those outside of the leader's group to whom TERM was not sent yet, of all that were there when it was sent first: one may have left
 * the group in that very moment, or be missing in a look that was shared.
 */
function termOnce(leader: number | undefined): (members: readonly ProcessRow[], table: ProcessTable) => ProcessRow[] {
  const told = new Set<string>();
  let firstAt: number | undefined;
  return (members, table) => {
    firstAt ??= table.clock + (performance.now() - table.at);
    const latest = firstAt + LIMITS.processScanIntervalMs;
    const rows = members.filter((row) => row.group !== leader && row.started <= latest && !told.has(identity(row)));
    for (const row of rows) told.add(identity(row));
    return rows;
  };
}

/**
 * The group is signalled in one system call, so that nothing in it can fork past it. Nobody gets a signal twice: many programs take a
 * second TERM as "do not clean up".
 */
function signalAll(members: readonly ProcessRow[], group: number | undefined, signal: NodeJS.Signals): void {
  if (group !== undefined) send(-group, signal);
  for (const row of members) if (row.group !== group) send(row.pid, signal);
}

/** To a process, or to a group as a negative number. One that is gone, or that is not ours to signal, is not an error. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The next look at the table tells whether it lives.
  }
}

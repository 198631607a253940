import { execFile } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { LIMITS } from '../../contract/limits.js';

/** The variable that every process of a task carries and hands down, whatever session or group it moves to. */
export const MARKER = 'BATON_TASK_KEY';

/** A living process. `started` (ms on the table's clock, as exactly as the system tells) tells it from a later one with the same pid. */
export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  session: number;
  started: number;
  /** Value of the marker in the environment it was started with; null where it has none or cannot be read. */
  key: string | null;
  /** Processor time: its own, and that of the children it has waited for (0 where that is not told). */
  cpuMs: number;
  childrenCpuMs: number;
  /** Resident; what it shares with others counts whole. */
  memoryBytes: number;
}

/** What belongs together: `keys` by marker, `leaders` by process group and session, `known` by having been found before. */
export interface Target {
  keys: ReadonlySet<string>;
  leaders: ReadonlySet<number>;
  /** Filled by `findMembers`: children keep their place when their parent has died and they were handed to another. */
  known: Set<string>;
}

/**
 * The living processes of a target: those with its marker, in its groups and sessions, those seen before, all their
 * descendants, and whoever shares a session with one of them (a process may clear its environment). Never the calling process itself.
 */
export function findMembers(rows: readonly ProcessRow[], target: Target): ProcessRow[] {
  const children = new Map<number, ProcessRow[]>();
  const sessions = new Map<number, ProcessRow[]>();
  const own = rows.find((row) => row.pid === process.pid)?.session;
  const queue: ProcessRow[] = [];
  for (const row of rows) {
    addTo(children, row.parent, row);
    // A task starts in a session of its own, so all sessions but the caller's that it reaches were made by it.
    if (row.session !== 0 && row.session !== own) addTo(sessions, row.session, row);
    if (
      (row.key !== null && target.keys.has(row.key)) ||
      target.leaders.has(row.group) ||
      target.leaders.has(row.session) ||
      target.known.has(identity(row))
    )
      queue.push(row);
  }
  const members = new Map<number, ProcessRow>();
  for (let row = queue.pop(); row; row = queue.pop()) {
    if (members.has(row.pid) || row.pid === process.pid || row.pid <= 1) continue;
    members.set(row.pid, row);
    target.known.add(identity(row));
    queue.push(...(children.get(row.pid) ?? []), ...(sessions.get(row.session) ?? []));
    sessions.delete(row.session);
  }
  return [...members.values()];
}

function addTo(index: Map<number, ProcessRow[]>, key: number, row: ProcessRow): void {
  const rows = index.get(key);
  if (rows) rows.push(row);
  else index.set(key, [row]);
}

/** Names a process among all that were or will be. */
export const identity = (row: ProcessRow): string => `${row.pid}:${row.started}`;

export const hasProc = (): boolean => existsSync('/proc/self/environ');

export interface ProcessTable {
  /** When the look was finished, by `performance.now()`. */
  at: number;
  /** The same moment on the clock of `started`. */
  clock: number;
  rows: ProcessRow[];
}

let latest: { began: number; costMs: number; table: Promise<ProcessTable> } | undefined;

/**
 * All processes that can be seen. Calls within a moment of each other share one look, so that a hundred trees may be ended at once;
 * the moment grows with what a look costs, which bounds the share of time spent looking. Without /proc no row has a `key`.
 */
export function processTable(): Promise<ProcessTable> {
  const now = performance.now();
  if (latest && now - latest.began < Math.max(LIMITS.processScanIntervalMs / 2, 3 * latest.costMs)) return latest.table;
  if (hasProc()) {
    const rows = readProc();
    const at = performance.now();
    latest = { began: now, costMs: at - now, table: Promise.resolve({ at, clock: uptimeMs(), rows }) };
  } else {
    latest = { began: now, costMs: 0, table: lookByPs() };
  }
  return latest.table;
}

async function lookByPs(): Promise<ProcessTable> {
  const rows = await readPs();
  return { at: performance.now(), clock: Date.now(), rows };
}

const uptimeMs = (): number => parseFloat(readSmall('/proc/uptime', 64)?.toString() ?? '0') * 1000;

/** One walk over /proc; a process that vanishes meanwhile, or that another user owns, is left out or has no `key`. */
export function readProc(root = '/proc'): ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const name of readdirSync(root)) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || rows.length >= LIMITS.processRows) continue;
    const row = parseStat(pid, readSmall(`${root}/${name}/stat`, 4096)?.toString('latin1') ?? '');
    if (!row) continue;
    row.key = markerOf(readSmall(`${root}/${name}/environ`, LIMITS.processEnvironBytes));
    rows.push(row);
  }
  return rows;
}

const TICK_MS = 10;
/** Flag of a thread of the kernel's own. Session 0 does not tell it: a container shows that for whoever was started from outside. */
const KERNEL_THREAD = 0x00200000;

function parseStat(pid: number, stat: string): ProcessRow | undefined {
  // The program's name stands in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group, session] = fields;
  if (!state || state === 'Z' || state === 'X' || Number(fields[6]) & KERNEL_THREAD) return undefined;
  const ms = (at: number): number => Number(fields[at]) * TICK_MS;
  return {
    ...{ pid, parent: Number(parent), group: Number(group), session: Number(session), started: ms(19), key: null },
    cpuMs: ms(11) + ms(12),
    childrenCpuMs: ms(13) + ms(14),
    memoryBytes: Number(fields[21]) * pageBytes(),
  };
}

let knownPageBytes: number | undefined;

/** Nothing tells Node the size of a page, but this process knows its memory both in bytes and in pages. */
function pageBytes(): number {
  if (knownPageBytes !== undefined) return knownPageBytes;
  const pages = Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]);
  return (knownPageBytes = 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages)));
}

const NEEDLE = Buffer.from(`\0${MARKER}=`);

function markerOf(environ: Buffer | undefined): string | null {
  if (!environ) return null;
  const first = environ.subarray(0, NEEDLE.length - 1).equals(NEEDLE.subarray(1));
  const at = first ? -1 : environ.indexOf(NEEDLE);
  if (!first && at < 0) return null;
  const start = at + NEEDLE.length;
  const end = environ.indexOf(0, start);
  return environ.toString('utf8', start, end < 0 ? environ.length : end);
}

let scratch = Buffer.allocUnsafeSlow(16 * 1024);

/** Valid until the next call. */
function readSmall(path: string, limit: number): Buffer | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    let length = 0;
    while (length < limit) {
      if (length === scratch.length) scratch = Buffer.concat([scratch], scratch.length * 2);
      const read = readSync(fd, scratch, length, Math.min(scratch.length, limit) - length, null);
      if (read === 0) break;
      length += read;
    }
    return scratch.subarray(0, length);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The table by `ps`, for systems without /proc. Empty where there is no `ps` either. */
export function readPs(): Promise<ProcessRow[]> {
  const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, timeout: 5000, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,rss=,time=,lstart='], options, (_error, stdout) => {
      const rows: ProcessRow[] = [];
      for (const line of stdout.split('\n').slice(0, LIMITS.processRows)) {
        const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line);
        if (!match || match[4]?.startsWith('Z')) continue;
        const [pid, parent, group] = [Number(match[1]), Number(match[2]), Number(match[3])];
        const used = { cpuMs: timeOf(match[6] ?? ''), childrenCpuMs: 0, memoryBytes: Number(match[5]) * 1024 };
        rows.push({ pid, parent, group, session: group, started: Date.parse(match[7] ?? '') || 0, key: null, ...used });
      }
      resolve(rows);
    });
  });
}

/** `[days-][hours:]minutes:seconds`, as different systems print processor time, in ms. */
export function timeOf(text: string): number {
  const [clock = '', days = '0'] = text.split('-').reverse();
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days) * 86_400 + seconds) * 1000) || 0;
}

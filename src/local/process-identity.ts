import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { LIMITS } from '../contract/limits.js';

/**
 * What tells a process from a later one with the same number: on Linux the start of this boot and the time since (field 22 of
 * `/proc/pid/stat`), elsewhere the start time as `ps` prints it. `undefined` if no such process runs (a zombie does not).
 */
export function startTimeOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return process.platform === 'linux' ? linuxStartTime(pid) : psStartTime(pid);
}

/** Whether the process that had this number and start time still runs. */
export function isAlive(pid: number, startTime: string): boolean {
  return startTimeOf(pid) === startTime;
}

function linuxStartTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return fields[19] === undefined ? undefined : `${bootId()}:${fields[19]}`;
}

let knownBootId: string | undefined;

function bootId(): string {
  if (knownBootId === undefined) {
    try {
      knownBootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().slice(0, 8);
    } catch {
      knownBootId = 'boot';
    }
  }
  return knownBootId;
}

function psStartTime(pid: number): string | undefined {
  try {
    const env = { PATH: process.env['PATH'] ?? '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' };
    const printed = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env,
      timeout: LIMITS.controlMs,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [state = '', ...start] = printed.trim().split(/\s+/);
    return state === '' || state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}

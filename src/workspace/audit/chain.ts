import type { AuditEntry, AuditFlaw, AuditLine } from '../../contract/audit.js';
import { canonicalJson } from '../../contract/json.js';
import { LIMITS } from '../../contract/limits.js';

/** A keyed hash, in hexadecimal: who lacks the key of the data folder cannot make a chain that holds. */
export type Mac = (text: string) => string;

/** Where a log ended when it was last written to; kept beside it, so that lines cut off at its end are missed. */
export interface Head {
  n: number;
  hash: string;
  mac: string;
}

/** What stands before the first line. The name of the log is part of it, so that no log can stand in for another. */
export const startOf = (log: string, mac: Mac): string => mac(`baton audit log ${log}`);

export const headOf = (log: string, { n, hash }: Pick<Head, 'n' | 'hash'>, mac: Mac): Head => ({
  n,
  hash,
  mac: mac(`baton audit head ${log} ${n} ${hash}`),
});

export function chained(entry: AuditEntry, before: { n: number; hash: string }, mac: Mac): AuditLine {
  const fields = { v: 1 as const, n: before.n + 1, prev: before.hash, ...bounded(entry) };
  return { ...fields, hash: hashOf(fields, mac) };
}

const hashOf = (fields: Omit<AuditLine, 'hash'>, mac: Mac): string => mac(canonicalJson(fields));

function bounded(entry: AuditEntry): AuditEntry {
  if (Buffer.byteLength(JSON.stringify(entry)) <= LIMITS.auditEntryBytes) return entry;
  const text = JSON.stringify(entry.data).slice(0, LIMITS.auditEntryBytes / 8);
  const short = (value: string): string => value.slice(0, LIMITS.titleChars);
  return { ...entry, id: short(entry.id), by: short(entry.by), via: short(entry.via), data: { cut: true, text } };
}

export const parsedLine = (text: string): AuditLine | undefined => {
  try {
    const value = JSON.parse(text) as AuditLine;
    return typeof value === 'object' && value !== null && typeof value.n === 'number' ? value : undefined;
  } catch {
    return undefined;
  }
};

/**
 * What is wrong with a log, line by line. A line that was changed, taken out, put elsewhere or added is found by the chain; lines that were
 * cut off at the end by the head.
 */
export function flawsOf(
  log: string,
  { lines, head, mac }: { lines: readonly string[]; head: Head | undefined; mac: Mac },
): AuditFlaw[] {
  const flaws: AuditFlaw[] = [];
  let before = { n: 0, hash: startOf(log, mac) };
  lines.forEach((text, at) => {
    const line = parsedLine(text);
    const why = line ? flawOf(line, before, mac) : 'it is no entry';
    if (why !== undefined) flaws.push({ line: at + 1, why });
    before = { n: before.n + 1, hash: line?.hash ?? '' };
  });
  const end = endFlaw(log, { last: before, head, mac });
  return end === undefined ? flaws : [...flaws, { line: lines.length + 1, why: end }];
}

function flawOf(line: AuditLine, before: { n: number; hash: string }, mac: Mac): string | undefined {
  const { hash, ...fields } = line;
  if (hashOf(fields, mac) !== hash) return 'it was changed';
  if (line.n !== before.n + 1) return `entry ${line.n} stands where entry ${before.n + 1} was written`;
  return line.prev === before.hash ? undefined : 'it does not follow the line before it';
}

function endFlaw(
  log: string,
  { last, head, mac }: { last: { n: number; hash: string }; head: Head | undefined; mac: Mac },
): string | undefined {
  if (!head) return last.n === 0 ? undefined : 'the file that says where the log ends is missing';
  if (headOf(log, head, mac).mac !== head.mac) return 'the file that says where the log ends was changed';
  const missing = head.n - last.n;
  if (missing > 0) return `${missing} ${missing === 1 ? 'entry is' : 'entries are'} missing: the log had ${head.n}`;
  if (head.n === last.n && head.hash !== last.hash) return 'the last entry is not the one that was written';
  return undefined;
}

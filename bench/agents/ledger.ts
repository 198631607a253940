import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a prompt has the agent do. Without a change it says that it is done all the same. */
export interface Job {
  /** How long it works, from the start of its process. */
  ms?: number;
  /** Files and what they hold then. */
  write?: Record<string, string>;
  /** A line of a file, counted from 0, and what it is then. */
  line?: { path: string; at: number; text: string };
  /** The first start of all meets a usage limit, which is reset after so long. */
  limitMs?: number;
  /** What it says that it cost. */
  usd?: number;
}

/** `start`: a process of the agent; `done`: its work, once; `again`: a resumed session that had been done. */
export type Step = 'start' | 'done' | 'again';

export interface Entry {
  step: Step;
  request: string;
  task: string;
  pid: number;
  /** Ms since 1970. */
  at: number;
  /** Of `done`: what now stands in which file. */
  edits?: Record<string, string>;
}

export function readLedger(folder: string): Entry[] {
  const path = join(folder, 'ledger');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry);
}

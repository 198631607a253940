import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One line of the ledger: what a task's process did, in the order in which it reached the disk. */
export interface Entry {
  step: 'begin' | 'commit';
  key: string;
  task: string;
  attempt: string;
  epoch: string;
  pid: number;
}

/**
 * A command with an effect: it appends to a file that only grows, and syncs. With `honour` it looks whether its idempotency key was committed
 * before it commits. Meanwhile it has a child in a session of its own, which ends with it, but not by itself when it is killed.
 */
const SCRIPT = `
import { spawn } from 'node:child_process';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
const [, , file, ms, mode, gate] = process.argv;
const { BATON_IDEMPOTENCY_KEY: key, BATON_TASK_ID: task, BATON_ATTEMPT: attempt, BATON_EPOCH: epoch } = process.env;
const append = (step) => {
  const ledger = openSync(file, 'a');
  writeSync(ledger, JSON.stringify({ step, key, task, attempt, epoch, pid: process.pid }) + '\\n');
  fsyncSync(ledger);
  closeSync(ledger);
};
append('begin');
const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
await pause(Number(ms));
while (gate !== undefined && !existsSync(gate)) await pause(50);
const known = readFileSync(file, 'utf8').split('\\n').filter(Boolean).map((line) => JSON.parse(line));
const isDone = known.some((entry) => entry.step === 'commit' && entry.key === key);
if (mode !== 'honour' || !isDone) append('commit');
child.kill('SIGKILL');
`;

export class Ledger {
  readonly file: string;
  readonly #script: string;

  constructor(folder: string, name: string) {
    this.file = join(folder, `${name}.ledger`);
    this.#script = join(folder, 'effect.mjs');
    if (!existsSync(this.#script)) writeFileSync(this.#script, SCRIPT);
  }

  /** The argv of a command that takes `ms` to its effect, and with `gated` waits until `openGate` before it. */
  command(
    ms: number,
    { mode = 'honour', gated = false }: { mode?: 'honour' | 'ignore'; gated?: boolean } = {},
  ): string[] {
    return [process.execPath, this.#script, this.file, String(ms), mode, ...(gated ? [`${this.file}.gate`] : [])];
  }

  openGate(): void {
    writeFileSync(`${this.file}.gate`, '');
  }

  entries(): Entry[] {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Entry);
  }

  /** How often each task did this. */
  count(step: Entry['step']): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const entry of this.entries()) if (entry.step === step) counts[entry.task] = (counts[entry.task] ?? 0) + 1;
    return counts;
  }

  total(step: Entry['step']): number {
    return this.entries().filter((entry) => entry.step === step).length;
  }
}

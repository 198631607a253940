/**
 * An agent's command line without a model. The prompt says what it does, in a line `DO {…}` (see `Job`); where Baton asks it to merge a conflict,
 * it keeps both sides. As a real one it has a session that can be resumed, and then does nothing again that it had done. What it does goes into a
 * ledger that only grows, outside of the repository.
 * Usage: node fake-agent.js FOLDER [SESSION] < prompt
 */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry, Job, Step } from './ledger.js';

const [folder = '', resumed] = process.argv.slice(2);
const { BATON_REQUEST_ID: request = '', BATON_TASK_ID: task = '' } = process.env;
const session = resumed ?? `${request}.${task}.${process.pid}.${Date.now()}`;
const memory = join(folder, 'sessions', session);

function note(step: Step, edits: Record<string, string> = {}): void {
  const entry: Entry = { step, request, task, pid: process.pid, at: Date.now(), edits };
  append(join(folder, 'ledger'), `${JSON.stringify(entry)}\n`);
}

/** It is on the disk before this returns. */
function append(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a');
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
}

const say = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

async function main(): Promise<void> {
  const prompt = readFileSync(0, 'utf8');
  const job = JSON.parse(/^DO (\{.*\})$/m.exec(prompt)?.[1] ?? '{}') as Job;
  say({ type: 'start', session });
  note('start');
  // It had finished before it was interrupted, and its session knows that.
  if (existsSync(memory)) return finish(job, 'again');
  if (job.limitMs !== undefined && !existsSync(join(folder, 'limit'))) return meetLimit(job.limitMs);
  await sleep(Math.max(0, (job.ms ?? 0) - performance.now()));
  const edits = prompt.includes('conflict markers') ? mergeAll() : edit(job);
  append(memory, 'done\n');
  finish(job, 'done', edits);
}

function finish({ usd }: Job, step: Step, edits?: Record<string, string>): void {
  note(step, edits);
  say({ type: 'done', text: 'All done.', in: 1, out: 1, ...(usd === undefined ? {} : { usd }) });
}

/** As real ones tell it: an event, and an exit code of 1. */
function meetLimit(waitMs: number): void {
  const resets = Date.now() + waitMs;
  writeFileSync(join(folder, 'limit'), String(resets));
  say({ type: 'failed', message: 'You have hit your usage limit', resets });
  process.exitCode = 1;
}

function edit({ write = {}, line }: Job): Record<string, string> {
  for (const [path, text] of Object.entries(write)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  if (!line) return write;
  const lines = readFileSync(line.path, 'utf8').split('\n');
  lines[line.at] = line.text;
  writeFileSync(line.path, lines.join('\n'));
  return { ...write, [line.path]: line.text };
}

function mergeAll(): Record<string, string> {
  const files = execFileSync('git', ['grep', '-lz', '^<<<<<<< '], { encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const path of files) {
    // What stood there before both stands between ||||||| and =======, where git is set to show it.
    const text = readFileSync(path, 'utf8').replace(/^\|{7}[^]*?(?=^={7}$)/gm, '');
    const lines = text.split('\n').filter((line) => !/^(<{7}|={7}|>{7})( |$)/.test(line));
    writeFileSync(path, lines.join('\n'));
  }
  // What it kept is what the two of them have told as theirs.
  return {};
}

await main();

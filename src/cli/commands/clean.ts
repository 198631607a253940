import { confirm, isCancel } from '@clack/prompts';
import { collect } from '../../client/clean/collect.js';
import { purge as purgeAll } from '../../client/clean/purge.js';
import { removeRequests } from '../../client/clean/remove.js';
import { formatBytes } from '../../contract/bytes.js';
import { inert } from '../../progress/inert.js';
import { print, printJson, say } from '../end.js';

/** Removes what is kept of finished requests. */
export async function rm(ids: readonly string[], options: { json?: boolean }): Promise<void> {
  const done = await removeRequests(ids, say);
  if (options.json) return printJson(done);
  for (const { requestId, worktrees, history } of done.removed) {
    const trees = worktrees === 0 ? '' : `, ${plural(worktrees, 'worktree')}`;
    print(`removed ${requestId}${trees}${HISTORY[history]}`);
  }
  print(`freed ${formatBytes(done.freedBytes)}, ${plural(done.artifacts.count, 'artifact')} among it`);
}

const HISTORY = {
  deleted: '',
  none: '',
  left: '; its history stays in Temporal until its retention ends, since no server answered that could delete it',
} as const;

export async function gc(options: { olderThan?: string; dryRun?: boolean; json?: boolean }): Promise<void> {
  const done = await collect({ olderThan: options.olderThan, dryRun: options.dryRun === true, onNotice: say });
  for (const problem of done.problems) say(inert(`left: ${problem}`));
  if (options.json) return printJson(done);
  for (const [part, { count, bytes }] of Object.entries(done.freed)) {
    if (count > 0) print(`${part.padEnd(16)} ${String(count).padStart(7)}  ${formatBytes(bytes)}`);
  }
  print(`${done.dryRun ? 'would free' : 'freed'} ${formatBytes(done.freedBytes)} (${done.freedBytes} bytes)`);
  if (done.unfinished > 0)
    print(`left alone: ${plural(done.unfinished, 'request')} without a kept end (see: baton list)`);
}

/** Ends the pair and removes all data, after somebody has confirmed it. */
export async function purge(options: { yes?: boolean; json?: boolean }): Promise<void> {
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY && !options.json;
  const done = await purgeAll({ yes: options.yes === true, confirm: isTerminal ? ask : undefined, onNotice: say });
  if (!done) return print('nothing was removed');
  const { parts } = done;
  const freedBytes = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  if (options.json) return printJson({ v: 1, ...done.stopped, removed: parts, freedBytes });
  for (const [part, bytes] of Object.entries(parts)) print(`removed ${part.padEnd(10)} ${formatBytes(bytes)}`);
  print(`freed ${formatBytes(freedBytes)} (${freedBytes} bytes); settings, key and agents stay`);
}

async function ask(home: string): Promise<boolean> {
  const message = `Remove all requests, reports, artifacts and histories in ${inert(home)}?`;
  const answer = await confirm({ message, initialValue: false });
  return !isCancel(answer) && answer;
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

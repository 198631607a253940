import { follow, type FollowEnd } from '../client/follow.js';
import type { Place } from '../client/place.js';
import { formatDuration } from '../contract/durations.js';
import { ERRORS } from '../contract/errors.js';
import type { DecisionView, ProgressView, RequestView } from '../contract/view.js';
import { inertLines } from '../progress/inert.js';
import { diffCommand } from '../progress/shell.js';
import { askInPlace } from './ask.js';
import { EXIT_OF_STATUS, printJson } from './end.js';
import { createLive } from './render/live.js';
import { decisionText } from './render/tables.js';

export interface FollowTerminalOptions {
  json: boolean;
  /** One JSON event a line instead of one document at the end. */
  events: boolean;
  wait: boolean;
}

/** Follows a request on the terminal, asks what is to be decided in place, and ends with the exit code of its outcome. */
export async function followOnTerminal(place: Place, id: string, options: FollowTerminalOptions): Promise<void> {
  const stop = new AbortController();
  const stream = options.json ? process.stderr : process.stdout;
  const isTerminal = stream.isTTY && process.stdin.isTTY && !options.json;
  const live = createLive(stream, {
    tty: stream.isTTY,
    color: !process.env['NO_COLOR'],
    onClosed: () => stop.abort('closed'),
  });
  const onInterrupt = (): void => stop.abort('interrupt');
  process.once('SIGINT', onInterrupt);
  const event = (kind: string, value: object): void => {
    if (options.events) process.stdout.write(`${JSON.stringify({ v: 1, event: kind, ...value })}\n`);
  };
  process.stdout.on('error', () => stop.abort('closed'));
  let asking: Promise<void> = Promise.resolve();
  const questions = new Map<string, AbortController>();
  try {
    const end = await follow(place, id, {
      signal: stop.signal,
      stopAtDecision: !options.wait,
      onProgress: (progress: ProgressView) => {
        live.update(progress);
        // A question that was answered elsewhere must not stay on the terminal.
        for (const [id, question] of questions) if (!progress.openDecisions.includes(id)) question.abort();
        event('progress', { progress });
      },
      onDecision: (decision: DecisionView) => {
        event('decision', { decision });
        if (isTerminal && options.wait) {
          const question = new AbortController();
          questions.set(decision.id, question);
          const signal = AbortSignal.any([stop.signal, question.signal]);
          asking = asking.then(() => askInPlace(decision, { place, live, signal, onInterrupt }));
        } else live.line(decisionText(decision, { now: Date.now() }));
      },
      onNotice: (text) => live.line(text),
    });
    for (const question of questions.values()) question.abort();
    await asking;
    if (end.kind === 'ended') live.clear();
    live.close();
    finish(end, { id, options, reason: stop.signal.reason as unknown, event });
  } finally {
    live.close();
    stop.abort('over');
    process.removeListener('SIGINT', onInterrupt);
  }
}

interface Finish {
  id: string;
  options: FollowTerminalOptions;
  reason: unknown;
  event: (kind: string, value: object) => void;
}

function finish(end: FollowEnd, { id, options, reason, event }: Finish): void {
  if (end.kind === 'stopped') {
    process.exitCode = reason === 'closed' ? 0 : 130;
    if (reason !== 'closed')
      process.stderr.write(
        `\nstopped following; ${id} goes on.\nwatch it with: baton watch ${id}\nend it with: baton cancel ${id}\n`,
      );
    return;
  }
  event('end', { request: end.view });
  if (options.json && !options.events) printJson(end.view);
  if (!options.json) process.stdout.write(`${summary(end.view)}\n`);
  process.exitCode = end.kind === 'waits' ? 4 : EXIT_OF_STATUS[end.view.status];
  if (end.view.error && end.kind === 'ended') {
    const { code, message } = end.view.error;
    process.exitCode = ERRORS[code].exit || 1;
    process.stderr.write(`${inertLines(`error: ${message}`).join('\n')}\nlook closer with: baton status ${id}\n`);
  }
}

function summary(view: RequestView): string {
  const { status, makespanMs, sequentialMs, report, requestId, tasks, result } = view;
  const failed = tasks.filter((task) => task.status === 'failed');
  return [
    `${status} in ${formatDuration(makespanMs)} (one after another ${formatDuration(sequentialMs)})`,
    ...failed.slice(0, 10).map((task) => `failed: ${task.id}: ${task.error?.message ?? ''}`),
    ...(failed.length > 10 ? [`and ${failed.length - 10} more failed`] : []),
    ...(result ? [`changes: ${result.branch} at ${result.commit}`, `look at them with: ${diffCommand(result)}`] : []),
    report ? `report: ${report.markdown}` : `look closer with: baton status ${requestId}`,
  ].join('\n');
}

import type { createColors } from 'picocolors';
import { formatDuration } from '../../contract/durations.js';
import { splitGlobalId } from '../../contract/names.js';
import type { ProgressView, UsageLimitView } from '../../contract/view.js';
import { progressLines } from '../../progress/bars.js';
import { inert } from '../../progress/inert.js';
import { shellQuote } from '../../progress/shell.js';
import { truncate } from './width.js';

export type Colors = ReturnType<typeof createColors>;

/** A line of the block: its text, and how it is coloured once it has been cut to the width. */
interface Line {
  text: string;
  paint: (text: string) => string;
}

/**
 * The block that is redrawn in place: overall bar, counts, active tasks, open decisions. At most `rows` lines of at most `columns` columns;
 * where it gets tight, active tasks go first, then decisions.
 */
export function blockLines(
  progress: ProgressView,
  { columns, rows, colors }: { columns: number; rows: number; colors: Colors },
): { text: string; painted: string }[] {
  const [overall = '', ...tasks] = progressLines(progress, { aligned: true });
  const plain = (text: string): string => text;
  const head: Line[] = [
    { text: overall, paint: colors.cyan },
    { text: countsText(progress), paint: colors.dim },
    ...(progress.usageLimits ?? []).slice(0, 1).map((limit) => ({ text: limitText(limit), paint: colors.yellow })),
  ];
  const decisions = progress.openDecisions.map((id) => ({ text: decisionHint(id), paint: colors.yellow }));
  const active = progress.activeTasks.map(({ title, elapsedMs }, i) => ({
    text: `${tasks[i] ?? ''}  ${inert(title)}  ${formatDuration(elapsedMs)}`,
    paint: plain,
  }));
  const shownDecisions = fit(decisions, rows - head.length, 'more decisions are open');
  const shownActive = fit(active, rows - head.length - shownDecisions.length, 'more are active');
  return [...head, ...shownActive, ...shownDecisions].slice(0, Math.max(1, rows)).map(({ text, paint }) => {
    const cut = truncate(text, columns);
    return { text: cut, painted: paint(cut) };
  });
}

/** At most `room` lines; the last one counts what has no room. */
function fit(lines: readonly Line[], room: number, rest: string): Line[] {
  if (lines.length <= room) return [...lines];
  if (room <= 0) return [];
  const shown = lines.slice(0, room - 1);
  return [...shown, { text: `  and ${lines.length - shown.length} ${rest}`, paint: (text) => text }];
}

/** `5/12 done, 1 failed, 3 active, 12.3s, about 20.0s left`, without what is nothing. */
export function countsText(progress: ProgressView): string {
  const { status, completed, total, failed, skipped, cancelled, active, queued, waiting } = progress;
  const counts = Object.entries({ failed, skipped, cancelled, active, queued, waiting })
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`);
  const isOver = progress.remainingMs === 0 && active === 0;
  const left = progress.remainingMs === null || isOver ? [] : [`about ${formatDuration(progress.remainingMs)} left`];
  return [status, `${completed}/${total} done`, ...counts, formatDuration(progress.elapsedMs), ...left].join(', ');
}

export const limitText = ({ runtime, tasks, until }: UsageLimitView): string =>
  `the usage limit of ${inert(runtime)} is reached: ${tasks} ${tasks === 1 ? 'task goes' : 'tasks go'} on at ${until}`;

/** What a person does about an open decision. `id` is global. */
export function decisionHint(id: string): string {
  const { request } = splitGlobalId(id);
  const separator = id.startsWith('-') ? '-- ' : '';
  return `decision ${inert(id)} is open: baton decisions ${separator}${shellQuote(request)}, then baton decide ${separator}${shellQuote(id)} CHOICE`;
}

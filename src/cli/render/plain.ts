import { LIMITS } from '../../contract/limits.js';
import type { ProgressView } from '../../contract/view.js';
import { progressLines } from '../../progress/bars.js';
import { inert, inertLines } from '../../progress/inert.js';
import { countsText, decisionHint, limitText } from './block.js';
import type { Live } from './output.js';

/** Active tasks named in one line. */
const NAMED = 3;

/**
 * Progress as plain lines, only when something changed: the status, a task that ended, a step of LIMITS.plainStepPercent, a decision that
 * was opened.
 */
export function createPlain(write: (text: string) => void): Live {
  let shown: ProgressView | undefined;
  let hinted = new Set<string>();
  const limits = new Set<string>();
  let latest: ProgressView | undefined;
  const show = (progress: ProgressView): void => {
    shown = progress;
    write(`${plainLine(progress)}\n`);
  };
  return {
    update(progress) {
      latest = progress;
      if (!shown || hasChanged(shown, progress)) show(progress);
      for (const limit of progress.usageLimits ?? []) {
        if (!limits.has(limit.until)) write(`${limitText(limit)}\n`);
        limits.add(limit.until);
      }
      for (const id of progress.openDecisions) if (!hinted.has(id)) write(`${decisionHint(id)}\n`);
      // Only open ones are kept, so that this stays as small as the view.
      hinted = new Set(progress.openDecisions);
    },
    line(text) {
      write(
        inertLines(text)
          .map((line) => `${line}\n`)
          .join(''),
      );
    },
    // Plain lines disturb no question.
    hold: () => undefined,
    clear: () => void (latest = shown = undefined),
    close() {
      if (latest && latest !== shown && latest.percent !== shown?.percent) show(latest);
      latest = shown = undefined;
    },
  };
}

function hasChanged(before: ProgressView, after: ProgressView): boolean {
  const ended = ({ completed, failed, skipped, cancelled }: ProgressView): number =>
    completed + failed + skipped + cancelled;
  return (
    before.status !== after.status ||
    ended(before) !== ended(after) ||
    Math.abs(after.percent - before.percent) >= LIMITS.plainStepPercent
  );
}

function plainLine(progress: ProgressView): string {
  const [overall = ''] = progressLines(progress);
  const names = progress.activeTasks.slice(0, NAMED).map(({ id }) => inert(id));
  const more = progress.activeTasks.length > NAMED ? ', …' : '';
  return `${overall}  ${countsText(progress)}${names.length > 0 ? ` (${names.join(', ')}${more})` : ''}`;
}

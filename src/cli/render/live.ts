import { createColors } from 'picocolors';
import { LIMITS } from '../../contract/limits.js';
import type { ProgressView } from '../../contract/view.js';
import { inertLines } from '../../progress/inert.js';
import { blockLines } from './block.js';
import { guard, type Live, type LiveStream, type Output } from './output.js';
import { createPlain } from './plain.js';
import { widthOf } from './width.js';

export interface LiveOptions {
  tty: boolean;
  /** False with NO_COLOR: then there are plain lines without cursor movement, on a terminal too. */
  color: boolean;
  /** Width where the stream does not tell its own. */
  columns?: number;
  /** The reader is gone (a closed pipe). Nothing is written from then on; called once. */
  onClosed?: () => void;
}

export function createLive(stream: LiveStream, options: LiveOptions): Live {
  const output = guard(stream, options.onClosed ?? (() => undefined));
  return options.tty && options.color ? createBlock(stream, output, options) : createPlain(output.write);
}

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
/** A terminal that knows these draws all in between at once; any other ignores them. */
const [BEGIN_FRAME, END_FRAME] = ['\x1b[?2026h', '\x1b[?2026l'];
const ERASE_LINE_END = '\x1b[K';
const ERASE_BELOW = '\x1b[J';
const [DEFAULT_COLUMNS, DEFAULT_ROWS] = [80, 24];

/** A block of lines redrawn in place. Each frame is one write that overwrites the old one, so nothing is ever blank in between. */
function createBlock(stream: LiveStream, output: Output, options: LiveOptions): Live {
  const colors = createColors(true);
  let latest: ProgressView | undefined;
  let drawn: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isHeld = false;
  let lastDrawn = -Infinity;

  const columns = (): number => Math.max(1, (stream.columns ?? options.columns ?? DEFAULT_COLUMNS) - 1);
  /** To the block's first line. A line drawn when the terminal was wider takes several rows by now. */
  const home = (): string => {
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / (columns() + 1))), 0);
    return rows > 0 ? `\r\x1b[${rows}A` : '\r';
  };
  const draw = (above: string[] = []): void => {
    if (isHeld) return;
    const rows = Math.max(1, (stream.rows ?? DEFAULT_ROWS) - 1);
    const lines = latest ? blockLines(latest, { columns: columns(), rows, colors }) : [];
    const text = [...above, ...lines.map(({ painted }) => painted)].map((line) => `${line}${ERASE_LINE_END}\n`);
    output.write(`${BEGIN_FRAME}${HIDE_CURSOR}${home()}${text.join('')}${ERASE_BELOW}${END_FRAME}`);
    drawn = lines.map((line) => line.text);
    lastDrawn = performance.now();
  };
  const tick = (): void => {
    timer = undefined;
    if (!output.isFull()) draw();
    else schedule();
  };
  const schedule = (): void => {
    timer ??= setTimeout(tick, LIMITS.liveIntervalMs).unref();
  };
  return {
    update(progress) {
      if (isClosed) return;
      latest = progress;
      if (timer || performance.now() - lastDrawn < LIMITS.liveIntervalMs || output.isFull()) {
        schedule();
        return;
      }
      draw();
    },
    line(text) {
      if (isClosed) return;
      if (isHeld) output.write(`${inertLines(text).join('\n')}\n`);
      else draw(inertLines(text));
    },
    hold(held) {
      if (isClosed || held === isHeld) return;
      if (held) {
        output.write(`${home()}${ERASE_BELOW}${SHOW_CURSOR}`);
        drawn = [];
      }
      isHeld = held;
      if (!held) draw();
    },
    clear() {
      latest = undefined;
      if (!isClosed && drawn.length > 0) draw();
    },
    close() {
      if (isClosed) return;
      isHeld = false;
      isClosed = true;
      clearTimeout(timer);
      if (lastDrawn === -Infinity && !latest) return;
      draw();
      output.write(SHOW_CURSOR);
    },
  };
}

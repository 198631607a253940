import { LIMITS } from '../../contract/limits.js';
import { formatLimit } from '../process/output.js';
import { unfinishedBytes } from '../process/utf8.js';

/** A line without its end. One that was `cut` lacks its rest and says so at its end. */
export interface Line {
  text: string;
  cut: boolean;
}

/**
 * Cuts a stream of bytes into lines, wherever the pieces are split. What a line has beyond the limit is dropped as it arrives, so that a
 * stream without any line end costs no more memory than one line.
 */
export class LineSplitter {
  #held = Buffer.alloc(0);
  #length = 0;
  #cut = false;

  /** @param limitBytes of one line, without its end */
  constructor(readonly limitBytes: number = LIMITS.agentLineBytes) {}

  /** The lines that this piece completes. */
  add(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /** No more is to come: the last line, if it has no end. */
  finish(): Line[] {
    return this.#length > 0 || this.#cut ? [this.#take()] : [];
  }

  #keep(bytes: Buffer): void {
    const kept = bytes.subarray(0, this.limitBytes - this.#length);
    if (kept.length < bytes.length) this.#cut = true;
    if (kept.length === 0) return;
    this.#reserve(this.#length + kept.length);
    this.#length += kept.copy(this.#held, this.#length);
  }

  #take(): Line {
    const [held, cut] = [this.#held.subarray(0, this.#length), this.#cut];
    this.#length = 0;
    this.#cut = false;
    const text = cut ? markedCut(held, this.limitBytes) : held.toString('utf8').replace(/\r$/, '');
    if (this.#held.length > SMALL_BYTES) this.#held = Buffer.alloc(0);
    return { text, cut };
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#held.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(bytes, 2 * this.#held.length, 1024), this.limitBytes));
    this.#held.copy(grown, 0, 0, this.#length);
    this.#held = grown;
  }
}

const NEWLINE = 10;
/** A buffer up to this size is kept for the next line. */
const SMALL_BYTES = 256 * 1024;

const markedCut = (held: Buffer, limitBytes: number): string =>
  `${held.toString('utf8', 0, held.length - unfinishedBytes(held))} [line cut at ${formatLimit(limitBytes)}]`;

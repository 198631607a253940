import { LIMITS } from '../../contract/limits.js';
import { unfinishedBytes } from './utf8.js';

export type OutputStream = 'stdout' | 'stderr';

/** Twice the preview, because redaction and a first line that is dropped shorten it. */
const END_BYTES = 2 * LIMITS.outputPreviewBytes;

/** Room for the line that says that something was cut. */
const MARKER_BYTES = 64;
const DOUBLING_BYTES = 1024 * 1024;

/**
 * Keeps what a process prints: both streams in order of arrival, up to a limit, then only the last few bytes and a count. Memory is little
 * more than the limit, however small or large the pieces are.
 */
export class OutputKeeper {
  /** Bytes printed, kept or not. */
  bytes = 0;
  #kept = Buffer.allocUnsafeSlow(1024);
  #length = 0;
  #truncated = false;
  #marked = false;
  readonly #end = Buffer.allocUnsafeSlow(2 * END_BYTES);
  #endLength = 0;
  /** First bytes of a character whose rest is yet to come: the other stream's bytes must not fall between. */
  readonly #unfinished: Record<OutputStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  constructor(readonly limitBytes: number) {}

  get truncated(): boolean {
    return this.#truncated;
  }

  add(chunk: Buffer, stream: OutputStream): void {
    this.bytes += chunk.length;
    const held = this.#unfinished[stream];
    const whole = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    const cut = whole.length - unfinishedBytes(whole);
    // A copy, because a view would keep the whole piece alive.
    this.#unfinished[stream] = Buffer.from(whole.subarray(cut));
    this.#append(whole.subarray(0, cut));
  }

  /** No more is to come. */
  finish(): { output: Buffer; end: { bytes: Buffer; cut: boolean } } {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#append(this.#unfinished[stream]);
      this.#unfinished[stream] = Buffer.alloc(0);
    }
    if (this.#truncated && !this.#marked) {
      this.#marked = true;
      const marker = Buffer.from(`\n[output cut at ${formatLimit(this.limitBytes)}]\n`);
      this.#length -= unfinishedBytes(this.#kept.subarray(0, this.#length));
      this.#reserve(this.#length + marker.length);
      this.#length += marker.copy(this.#kept, this.#length);
    }
    const output = this.#kept.subarray(0, this.#length);
    const start = Math.max(0, this.#endLength - END_BYTES);
    const bytes = this.#end.subarray(start, this.#endLength);
    return { output, end: { bytes, cut: this.bytes > bytes.length } };
  }

  #append(bytes: Buffer): void {
    this.#appendEnd(bytes);
    const room = this.limitBytes - this.#length;
    const taken = bytes.subarray(0, Math.max(0, room));
    if (taken.length < bytes.length) this.#truncated = true;
    if (taken.length === 0) return;
    this.#reserve(this.#length + taken.length);
    this.#length += taken.copy(this.#kept, this.#length);
  }

  /** Doubles while small, then takes all that may be needed: memory that is not written to costs nothing, discarded buffers do. */
  #reserve(bytes: number): void {
    if (bytes <= this.#kept.length) return;
    const most = this.limitBytes + MARKER_BYTES;
    const larger = bytes > DOUBLING_BYTES ? most : Math.max(bytes, this.#kept.length * 2);
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(larger, most)));
    this.#kept.copy(grown, 0, 0, this.#length);
    this.#kept = grown;
  }

  #appendEnd(bytes: Buffer): void {
    const last = bytes.subarray(Math.max(0, bytes.length - END_BYTES));
    if (this.#endLength + last.length > this.#end.length) {
      this.#end.copyWithin(0, this.#endLength - END_BYTES, this.#endLength);
      this.#endLength = END_BYTES;
    }
    last.copy(this.#end, this.#endLength);
    this.#endLength += last.length;
  }
}

/** A limit for people, such as `8 MiB`. */
export function formatLimit(bytes: number): string {
  for (const [unit, size] of [
    ['MiB', 1024 * 1024],
    ['KiB', 1024],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} bytes`;
}

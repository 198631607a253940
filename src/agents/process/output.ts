import { LIMITS } from '../../contract/limits.js';
import { unfinishedBytes } from './utf8.js';

export type OutputStream = 'stdout' | 'stderr';

/** Twice the preview, because redaction and a first line that is dropped shorten it. */
const END_BYTES = 2 * LIMITS.outputPreviewBytes;

/**
 * Keeps what a process prints: both streams in order of arrival, up to a limit, then only the last few bytes and a count. Memory is at most
 * twice what is kept, however small or large the pieces are.
 */
export class OutputKeeper {
  /** Bytes printed, kept or not. */
  bytes = 0;
  #kept = Buffer.allocUnsafeSlow(1024);
  #length = 0;
  #truncated = false;
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
    const kept = this.#kept.subarray(0, this.#length);
    const marker = Buffer.from(`\n[output cut at ${formatLimit(this.limitBytes)}]\n`);
    const output = this.#truncated
      ? Buffer.concat([kept.subarray(0, kept.length - unfinishedBytes(kept)), marker])
      : kept;
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
    const needed = this.#length + taken.length;
    if (needed > this.#kept.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.min(Math.max(this.limitBytes, needed), Math.max(needed, this.#kept.length * 2)),
      );
      this.#kept.copy(larger, 0, 0, this.#length);
      this.#kept = larger;
    }
    taken.copy(this.#kept, this.#length);
    this.#length = needed;
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

function formatLimit(bytes: number): string {
  for (const [unit, size] of [
    ['MiB', 1024 * 1024],
    ['KiB', 1024],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} bytes`;
}

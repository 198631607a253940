import { LIMITS } from '../../contract/limits.js';
import { OutputKeeper, type OutputStream } from '../process/output.js';
import { previewOf, redact, secretsOf, stripControl } from '../process/redact.js';
import { shorten } from '../stream/claude-input.js';

/** What an agent did, as lines for people, of which the end is kept. */
export class Transcript {
  readonly #keeper = new OutputKeeper(0);
  readonly #secrets: readonly string[];

  constructor(env: Readonly<Record<string, string>>) {
    this.#secrets = secretsOf(env);
  }

  /** A line of what it does; gives the line as it may be shown. */
  note(text: string): string {
    const line = this.line(text);
    this.#keeper.add(Buffer.from(`${line}\n`), 'stdout');
    return line;
  }

  /** The beginning of a text as one short line that may be shown. */
  line(text: string): string {
    return shorten(this.clean(text.slice(0, 8 * LIMITS.agentNoteChars)));
  }

  /** A piece of what it prints, for `tail` alone. */
  add(chunk: Buffer, stream: OutputStream): void {
    this.#keeper.add(chunk, stream);
  }

  /** Without control characters and secrets. */
  clean(text: string): string {
    return redact(stripControl(text), this.#secrets);
  }

  /** Its answer, of which the beginning is kept. */
  answer(text: string): string {
    const keeper = new OutputKeeper(LIMITS.agentAnswerBytes);
    keeper.add(Buffer.from(text), 'stdout');
    return this.clean(keeper.finish().output.toString('utf8'));
  }

  tail(): string {
    return previewOf(this.#keeper.finish().end, this.#secrets);
  }
}

import type { Json } from '../../contract/json.js';
import type { Asks } from '../../contract/task.js';
import type { ClaudeEvent } from '../stream/claude.js';
import type { AgentHooks, AskAnswer } from './port.js';

type Write = (text: string | null) => void;

/**
 * The talk over the standard streams of one process, in which Claude Code asks for leave and waits for the answer: the prompt as a message, an
 * answer to each question, and the end of its input once it has told its result. `signal` ends it where a question has to wait longer.
 */
export class ClaudePrompts {
  readonly #ask: NonNullable<AgentHooks['onAsk']>;
  readonly #park = new AbortController();
  #write: Write = () => undefined;
  /** What it asked when it was ended for that. */
  parked: Asks | undefined;

  constructor(ask: NonNullable<AgentHooks['onAsk']>) {
    this.#ask = ask;
  }

  readonly signal = this.#park.signal;

  readonly onInput = (write: Write): void => void (this.#write = write);

  /** The first line of its input. */
  begin(prompt: string): string {
    return line({ type: 'user', message: { role: 'user', content: prompt } });
  }

  take(event: ClaudeEvent): void {
    if (event.kind === 'result') this.#write(null);
    if (event.kind === 'ask') void this.#answer(event);
  }

  async #answer({ id, tool, input }: ClaudeEvent & { kind: 'ask' }): Promise<void> {
    const answer = await this.#ask({ tool, input: input as { [name: string]: Json } }).catch(
      (error: unknown): AskAnswer => ({
        kind: 'deny',
        message: `nobody could be asked: ${String(error)}`,
      }),
    );
    if (answer.kind === 'park') {
      this.parked ??= answer.asks;
      this.#park.abort('park');
      return;
    }
    const { kind: behavior } = answer;
    // What runs is what was asked for, to the letter.
    const response =
      answer.kind === 'allow' ? { behavior, updatedInput: input } : { behavior, message: answer.message };
    this.#write(line({ type: 'control_response', response: { subtype: 'success', request_id: id, response } }));
  }
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

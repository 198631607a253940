import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../contract/limits.js';
import { endLeftovers } from '../process/end.js';
import { runProcess, type ProcessEnd, type ProcessHooks, type ProcessSpec } from '../process/run.js';
import { LineSplitter, type Line } from '../stream/lines.js';

export type ServerProcess = Pick<ProcessSpec, 'argv' | 'cwd' | 'env' | 'taskKey' | 'timeLimitMs' | 'killGraceMs'>;

/**
 * A server's standard streams as the protocol's transport. Its process is a capsule like any of a task: a session of its own, a given
 * environment, found by its marker, ended with all that it started.
 */
export class ProcessTransport implements Transport {
  readonly #spec: ServerProcess;
  readonly #hooks: Pick<ProcessHooks, 'signal' | 'start' | 'onStart'>;
  readonly #abort = new AbortController();
  readonly #splitter = new LineSplitter(LIMITS.outputBytes);
  #write: (text: string | null) => void = () => undefined;
  #ended: Promise<ProcessEnd> | undefined;
  /** How the process ended, once it has. */
  end: ProcessEnd | undefined;
  /** Why it was ended before its time. */
  flaw: string | undefined;
  onmessage?: Transport['onmessage'];
  onclose?: () => void;
  onerror?: (error: Error) => void;

  constructor(spec: ServerProcess, hooks: Pick<ProcessHooks, 'signal' | 'start' | 'onStart'>) {
    this.#spec = spec;
    this.#hooks = hooks;
  }

  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = runProcess(
        { ...this.#spec, stdin: '', keepsInput: true, outputBytes: 0 },
        {
          ...this.#hooks,
          signal: AbortSignal.any([this.#hooks.signal, this.#abort.signal]),
          onInput: (write) => {
            this.#write = write;
            resolve();
          },
          onOutput: (chunk, stream) => {
            if (stream === 'stdout') for (const line of this.#splitter.add(chunk)) this.#take(line);
          },
        },
      );
      const over = (): void => {
        resolve();
        this.onclose?.();
      };
      void this.#ended.then((end) => (this.end = end)).then(over, over);
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (this.end) return Promise.reject(new Error('the server has ended'));
    this.#write(`${JSON.stringify(message)}\n`);
    return Promise.resolve();
  }

  /** A server ends once its input does; one that does not is ended, and what it left running with it. */
  async close(): Promise<void> {
    this.#write(null);
    await Promise.race([this.#ended, sleep(LIMITS.mcpCloseMs, undefined, { ref: false })]);
    this.#abort.abort('close');
    await this.#ended;
    await endLeftovers(this.#spec.taskKey);
  }

  /** What is no message, such as a stray line, is passed over. */
  #take({ text, cut }: Line): void {
    if (cut) {
      this.flaw = `a message of more than ${LIMITS.outputBytes} bytes`;
      this.#abort.abort('too much');
      return;
    }
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message === 'object' && message !== null && 'jsonrpc' in message)
      this.onmessage?.(message as JSONRPCMessage);
  }
}

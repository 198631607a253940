import type { Client } from '@modelcontextprotocol/client';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { McpServer } from '../../contract/mcp.js';
import { VERSION } from '../../contract/version.js';
import { boundedFetch, filledHeaders, requestFailure } from '../endpoint.js';
import { endError } from '../process/end-error.js';
import type { ProcessHooks } from '../process/run.js';
import { ProcessTransport, type ServerProcess } from './transport.js';

/** Where and how long a server is spoken to. Its process is started and found as that of a task. */
export interface Connection extends Omit<ServerProcess, 'argv'> {
  name: string;
  server: McpServer;
  hooks: Pick<ProcessHooks, 'signal' | 'start' | 'onStart'>;
}

/** How one call is bounded. */
export interface CallBounds {
  signal: AbortSignal;
  timeout: number;
}

/**
 * Speaks to a server and lets it go again. The library is loaded at the first use.
 * @throws BatonError `not_installed` for a program that is not there, `tool_unavailable` where the server cannot be spoken to; else what `use` throws
 */
export async function withServer<T>(
  connection: Connection,
  use: (client: Client, bounds: CallBounds) => Promise<T>,
): Promise<T> {
  const { name, hooks, timeLimitMs } = connection;
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const client = new Client(
    { name: 'baton', version: VERSION },
    // Results are held to their schemas by Baton itself, for all skills alike.
    {
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
    },
  );
  // An answer that breaks off is told to nobody who waits for it.
  const broken = new AbortController();
  const signal = AbortSignal.any([hooks.signal, broken.signal]);
  const bounds = { signal, timeout: Math.min(timeLimitMs, LONGEST_TIMER_MS) };
  const { server } = connection;
  const process =
    server.kind === 'stdio' ? new ProcessTransport({ ...connection, argv: server.command }, hooks) : undefined;
  const transport =
    server.kind === 'stdio'
      ? process
      : new StreamableHTTPClientTransport(new URL(server.url), {
          fetch: boundedFetch(LIMITS.outputBytes, (error) => broken.abort(error)),
          requestInit: { headers: filledHeaders(server.headers, connection.env), redirect: 'error' },
          reconnectionOptions: NO_RECONNECTION,
        });
  if (!transport) throw new BatonError('internal', `the server ${name} has no transport`);
  try {
    await client.connect(transport, { ...bounds, timeout: Math.min(bounds.timeout, LIMITS.mcpConnectMs) });
    return await use(client, bounds);
  } catch (error) {
    if (broken.signal.aborted && !hooks.signal.aborted) throw serverFailure(name, broken.signal.reason);
    throw process?.end ? (processFailure(name, process) ?? error) : error;
  } finally {
    await transport.close().catch(() => undefined);
  }
}

/** What a timer of JavaScript can hold; the process and the task have limits of their own. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const NO_RECONNECTION = {
  maxRetries: 0,
  initialReconnectionDelay: 1000,
  maxReconnectionDelay: 1000,
  reconnectionDelayGrowFactor: 1,
};

/** A server whose process has ended answers nothing any more; why it ended says more than that. */
function processFailure(name: string, { end, flaw }: ProcessTransport): BatonError | undefined {
  if (flaw) return new BatonError('tool_unavailable', `the MCP server ${name}: ${flaw}`);
  if (!end || end.cause === 'cancel' || end.cause === 'shutdown' || end.cause === 'time_limit') return undefined;
  const told = endError(end, { name: `the MCP server ${name}`, code: 'agent_failed', install: 'install it' });
  const last = end.tail.trim().split('\n').at(-1) ?? '';
  const message = `${told?.message ?? `the MCP server ${name} ended`}${last === '' ? '' : `: ${last}`}`;
  return new BatonError(told?.code === 'not_installed' ? 'not_installed' : 'tool_unavailable', message);
}

/** Why a server could not be asked, in one line. */
export function serverFailure(name: string, error: unknown): BatonError {
  if (error instanceof BatonError) return error;
  return new BatonError('tool_unavailable', `the MCP server ${name}: ${requestFailure(error)}`, { cause: error });
}

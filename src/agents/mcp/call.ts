import type { CallToolResult } from '@modelcontextprotocol/client';
import { BatonError } from '../../contract/errors.js';
import type { Json } from '../../contract/json.js';
import { LIMITS } from '../../contract/limits.js';
import { serverFailure, withServer, type Connection } from './connect.js';

export interface ToolCall {
  tool: string;
  with: Record<string, Json>;
  /** The same for every delivery of one attempt's task; a server that honours it acts once. */
  idempotencyKey: string;
  onProgress: (percent: number | undefined, note: string | undefined) => void;
}

/**
 * One call of a tool: its structured result, else its text, else its blocks of content.
 * @throws BatonError `tool_failed` where the tool says so or does not know what it was asked, `time_limit`, `tool_unavailable` where the server cannot be spoken to
 */
export async function callTool(connection: Connection, call: ToolCall): Promise<Json> {
  const { name, timeLimitMs, hooks } = connection;
  const over = AbortSignal.timeout(Math.min(timeLimitMs, 2 ** 31 - 1));
  const signal = AbortSignal.any([hooks.signal, over]);
  try {
    return await withServer({ ...connection, hooks: { ...hooks, signal } }, async (client, bounds) => {
      const result = await client.callTool(
        { name: call.tool, arguments: call.with, _meta: { 'baton/idempotency-key': call.idempotencyKey } },
        {
          ...bounds,
          onprogress: ({ progress, total, message }) =>
            call.onProgress(total === undefined ? undefined : Math.min(100, (100 * progress) / total), message),
        },
      );
      return valueOf(`mcp:${name}/${call.tool}`, result);
    });
  } catch (error) {
    if (over.aborted && !hooks.signal.aborted)
      throw new BatonError('time_limit', `mcp:${name}/${call.tool} was ended: the time limit passed`);
    const { ProtocolError } = await import('@modelcontextprotocol/client');
    if (error instanceof ProtocolError)
      throw new BatonError('tool_failed', `mcp:${name}/${call.tool}: ${error.message}`, { cause: error });
    throw serverFailure(name, error);
  }
}

function valueOf(name: string, { isError, structuredContent, content }: CallToolResult): Json {
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  const text = texts.join('\n');
  if (isError === true) throw new BatonError('tool_failed', `${name}: ${text.slice(0, LIMITS.reportTextChars)}`);
  if (structuredContent !== undefined) return structuredContent as Json;
  return texts.length === content.length ? text : (content as unknown as Json);
}

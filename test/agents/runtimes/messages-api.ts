import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the scripted model. */
export type Turn =
  | { kind: 'say'; text?: string; tools?: { name: string; input: object }[] }
  /** An error of the API itself. `always`: for this and every further request. */
  | { kind: 'error'; status: number; type: string; message: string; headers?: Record<string, string>; always?: boolean }
  /** Headers and the beginning of a text, then the connection is cut. */
  | { kind: 'cut'; always?: boolean }
  /** Nothing at all, until the other side gives up. */
  | { kind: 'hang' };

export const say = (text: string): Turn => ({ kind: 'say', text });
export const call = (name: string, input: object, text?: string): Turn => ({
  kind: 'say',
  tools: [{ name, input }],
  ...(text === undefined ? {} : { text }),
});

interface Block {
  type: string;
  text?: string;
  content?: unknown;
  name?: string;
}

/** What the model was sent. */
export interface SeenRequest {
  system: string;
  tools: string[];
  messages: { role: string; content: string | Block[] }[];
  headers: IncomingMessage['headers'];
}

export interface MessagesApi {
  url: string;
  requests: SeenRequest[];
  /** What went wrong on this side, such as a request beyond the script; empty in a good test. */
  faults: string[];
  /** Turns that nobody asked for yet. */
  left(): number;
  close(): Promise<void>;
}

/**
 * A Messages API on loopback that answers with the given turns, one each request, in the form of server-sent events where that is asked for.
 * A request beyond the script is answered with 400, which no client retries, and noted in `faults`.
 */
export async function scriptedMessages(script: Turn[]): Promise<MessagesApi> {
  const turns = [...script];
  const requests: SeenRequest[] = [];
  const faults: string[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      if (!request.url?.startsWith('/v1/messages')) return fail(response, 404, 'not_found_error', 'not scripted');
      if (request.url.includes('count_tokens')) return sendJson(response, 200, { input_tokens: 500 });
      requests.push(seen(body, request));
      const turn = turns[0];
      if (turn && !('always' in turn && turn.always)) turns.shift();
      if (!turn) {
        faults.push(`request ${requests.length} is beyond the script: ${textOf(requests.at(-1)!).slice(-300)}`);
        return fail(response, 400, 'invalid_request_error', 'the script has run out');
      }
      answer(response, turn, body['stream'] === true, requests.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    left: () => turns.length,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** All text of a request, for looking whether something was said before. */
export const textOf = (request: SeenRequest): string => JSON.stringify(request.messages);

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function seen(body: Record<string, unknown>, request: IncomingMessage): SeenRequest {
  const tools = (body['tools'] ?? []) as { name: string }[];
  return {
    system: JSON.stringify(body['system'] ?? ''),
    tools: tools.map((tool) => tool.name),
    messages: body['messages'] as SeenRequest['messages'],
    headers: request.headers,
  };
}

function answer(response: ServerResponse, turn: Turn, stream: boolean, number: number): void {
  switch (turn.kind) {
    case 'error':
      return fail(response, turn.status, turn.type, turn.message, turn.headers);
    case 'hang':
      return;
    case 'cut': {
      const events = eventsOf({ kind: 'say', text: 'only the beg' }, number).slice(0, 3);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events.map(formatEvent).join(''), () => response.destroy());
      return;
    }
    case 'say':
      if (!stream) return sendJson(response, 200, messageOf(turn, number));
      response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `req_${number}` });
      response.end(eventsOf(turn, number).map(formatEvent).join(''));
  }
}

type Said = Turn & { kind: 'say' };
const formatEvent = (event: { type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

const blocksOf = ({ text, tools = [] }: Said, number: number): Record<string, unknown>[] => [
  ...(text === undefined ? [] : [{ type: 'text', text }]),
  ...tools.map(({ name, input }, index) => ({ type: 'tool_use', id: `toolu_${number}_${index}`, name, input })),
];

const USAGE = { input_tokens: 500, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 50 };

const messageOf = (turn: Said, number: number): Record<string, unknown> => ({
  id: `msg_${number}`,
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: blocksOf(turn, number),
  stop_reason: turn.tools?.length ? 'tool_use' : 'end_turn',
  stop_sequence: null,
  usage: USAGE,
});

function eventsOf(turn: Said, number: number): { type: string }[] {
  const message = messageOf(turn, number);
  const blocks = blocksOf(turn, number).flatMap((block, index) => {
    const isText = block['type'] === 'text';
    const delta = isText
      ? { type: 'text_delta', text: block['text'] }
      : { type: 'input_json_delta', partial_json: JSON.stringify(block['input']) };
    const content_block = isText ? { type: 'text', text: '' } : { ...block, input: {} };
    return [
      { type: 'content_block_start', index, content_block },
      { type: 'content_block_delta', index, delta },
      { type: 'content_block_stop', index },
    ];
  });
  const start = { ...message, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1 } };
  return [
    { type: 'message_start', message: start } as { type: string },
    ...blocks,
    {
      type: 'message_delta',
      delta: { stop_reason: message['stop_reason'], stop_sequence: null },
      usage: { output_tokens: USAGE.output_tokens },
    } as { type: string },
    { type: 'message_stop' },
  ];
}

function fail(response: ServerResponse, status: number, type: string, message: string, headers = {}): void {
  sendJson(response, status, { type: 'error', error: { type, message } }, headers);
}

function sendJson(response: ServerResponse, status: number, value: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

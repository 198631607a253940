import type { IncomingMessage } from 'node:http';
import { scriptedApi, type Dialect, type Said, type Script, type ScriptedApi } from './scripted-api.js';

export { call, say, type Turn } from './scripted-api.js';

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

export type MessagesApi = ScriptedApi<SeenRequest>;

/** A scripted Messages API. */
export const scriptedMessages = (script: Script<SeenRequest>): Promise<MessagesApi> => scriptedApi(MESSAGES, script);

/** All text of a request, for looking whether something was said before. */
export const textOf = (request: SeenRequest): string => JSON.stringify(request.messages);

const MESSAGES: Dialect<SeenRequest> = {
  route: (url) => {
    if (!url.startsWith('/v1/messages')) return 'unknown';
    return url.includes('count_tokens') ? { beside: { input_tokens: 500 } } : 'turn';
  },
  seen: (body, request) => ({
    system: JSON.stringify(body['system'] ?? ''),
    tools: ((body['tools'] ?? []) as { name: string }[]).map((tool) => tool.name),
    messages: body['messages'] as SeenRequest['messages'],
    headers: request.headers,
  }),
  whole: messageOf,
  pieces: (turn, number) => eventsOf(turn, number).map(formatEvent),
  failure: (_, type, message) => ({ type: 'error', error: { type, message } }),
  isStream: (_, body) => body['stream'] === true,
};

const formatEvent = (event: { type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

const blocksOf = ({ text, tools = [] }: Said, number: number): Record<string, unknown>[] => [
  ...(text === undefined ? [] : [{ type: 'text', text }]),
  ...tools.map(({ name, input }, index) => ({ type: 'tool_use', id: `toolu_${number}_${index}`, name, input })),
];

const USAGE = { input_tokens: 500, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 50 };

function messageOf(turn: Said, number: number): Record<string, unknown> {
  return {
    id: `msg_${number}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content: blocksOf(turn, number),
    stop_reason: turn.tools?.length ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: USAGE,
  };
}

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

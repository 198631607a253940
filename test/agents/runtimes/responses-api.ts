import { scriptedApi, type Dialect, type Said, type ScriptedApi, type Turn } from './scripted-api.js';

/** What the model was sent: all of it, for looking whether something was said before. */
export interface SeenText {
  text: string;
  tools: string[];
}

export type ResponsesApi = ScriptedApi<SeenText>;

/** A scripted Responses API, as Codex speaks it. */
export const scriptedResponses = (script: readonly Turn[]): Promise<ResponsesApi> => scriptedApi(RESPONSES, script);

const RESPONSES: Dialect<SeenText> = {
  route: (url) => (url.startsWith('/v1/responses') ? 'turn' : 'unknown'),
  seen: (body) => ({
    text: JSON.stringify([body['instructions'], body['input']]),
    tools: ((body['tools'] ?? []) as { name?: string; type: string }[]).map((tool) => tool.name ?? tool.type),
  }),
  whole: responseOf,
  pieces: (turn, number) =>
    eventsOf(turn, number).map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
  failure: (_, type, message) => ({ error: { type, message } }),
  isStream: () => true,
};

const USAGE = {
  input_tokens: 500,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 550,
};

/** A tool that takes a text is a custom one, as `apply_patch` is. */
const itemsOf = ({ text, tools = [] }: Said, number: number): object[] => [
  ...(text === undefined
    ? []
    : [{ type: 'message', id: `msg_${number}`, role: 'assistant', content: [{ type: 'output_text', text }] }]),
  ...tools.map(({ name, input }, index) => {
    const id = { id: `item_${number}_${index}`, call_id: `call_${number}_${index}`, name };
    return typeof input === 'string'
      ? { type: 'custom_tool_call', ...id, input }
      : { type: 'function_call', ...id, arguments: JSON.stringify(input) };
  }),
];

function responseOf(turn: Said, number: number): object {
  return { id: `resp_${number}`, object: 'response', status: 'completed', output: itemsOf(turn, number), usage: USAGE };
}

const eventsOf = (turn: Said, number: number): { type: string }[] => [
  { type: 'response.created', response: { id: `resp_${number}` } } as { type: string },
  ...itemsOf(turn, number).map((item, output_index) => ({ type: 'response.output_item.done', output_index, item })),
  { type: 'response.completed', response: responseOf(turn, number) } as { type: string },
];

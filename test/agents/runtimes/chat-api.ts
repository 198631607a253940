import { scriptedApi, type Dialect, type Said, type ScriptedApi, type Turn } from './scripted-api.js';
import type { SeenText } from './responses-api.js';

export type ChatApi = ScriptedApi<SeenText>;

/** A scripted Chat Completions API, as opencode speaks it. What it asks without tools, such as a title, is not of the script. */
export const scriptedChat = (script: readonly Turn[]): Promise<ChatApi> => scriptedApi(CHAT, script);

const CHAT: Dialect<SeenText> = {
  route: (url, body) => {
    if (!url.startsWith('/v1/chat/completions')) return 'unknown';
    return Array.isArray(body['tools']) ? 'turn' : { said: { kind: 'say', text: 'A title' } };
  },
  seen: (body) => ({
    text: JSON.stringify(body['messages']),
    tools: (body['tools'] as { function: { name: string } }[]).map((tool) => tool.function.name),
  }),
  whole: (turn, number) => ({ ...chunk(number, {}), choices: [{ message: deltaOf(turn, number) }] }),
  pieces: (turn, number) => [
    ...chunksOf(turn, number).map((each) => `data: ${JSON.stringify(each)}\n\n`),
    'data: [DONE]\n\n',
  ],
  failure: (_, type, message) => ({ error: { type, message } }),
  isStream: (_, body) => body['stream'] === true,
};

const chunk = (number: number, more: object): object => ({
  id: `chat_${number}`,
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  ...more,
});

const deltaOf = ({ text, tools = [] }: Said, number: number): object => ({
  role: 'assistant',
  ...(text === undefined ? {} : { content: text }),
  ...(tools.length === 0
    ? {}
    : {
        tool_calls: tools.map(({ name, input }, index) => ({
          index,
          id: `call_${number}_${index}`,
          type: 'function',
          function: { name, arguments: JSON.stringify(input) },
        })),
      }),
});

const chunksOf = (turn: Said, number: number): object[] => [
  chunk(number, { choices: [{ index: 0, delta: deltaOf(turn, number), finish_reason: null }] }),
  chunk(number, { choices: [{ index: 0, delta: {}, finish_reason: turn.tools?.length ? 'tool_calls' : 'stop' }] }),
  chunk(number, { choices: [], usage: { prompt_tokens: 500, completion_tokens: 50, total_tokens: 550 } }),
];

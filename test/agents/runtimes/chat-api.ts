import { scriptedApi, type Dialect, type ScriptedApi, type Turn } from './scripted-api.js';

/** What the model was sent. */
export interface SeenChat {
  messages: { role: string; content: unknown }[];
  key: string | undefined;
}

export type ChatApi = ScriptedApi<SeenChat>;

/** A scripted API of chat completions, as OpenAI and many others speak it; it does not stream. */
export const scriptedChat = (script: readonly Turn[]): Promise<ChatApi> => scriptedApi(CHAT, script);

const CHAT: Dialect<SeenChat> = {
  route: (url) => (url === '/v1/chat/completions' ? 'turn' : 'unknown'),
  seen: (body, request) => ({
    messages: body['messages'] as SeenChat['messages'],
    key: request.headers.authorization,
  }),
  whole: ({ text = '', tools = [] }, number) => ({
    id: `chat_${number}`,
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [
      {
        index: 0,
        finish_reason: tools.length > 0 ? 'tool_calls' : 'stop',
        message: {
          role: 'assistant',
          content: text,
          tool_calls: tools.map(({ name, input }, i) => ({
            id: `call_${number}_${i}`,
            type: 'function',
            function: { name, arguments: JSON.stringify(input) },
          })),
        },
      },
    ],
    usage: { prompt_tokens: 500, completion_tokens: 50, total_tokens: 550 },
  }),
  pieces: () => [],
  failure: (_, type, message) => ({ error: { type, message } }),
  isStream: () => false,
};

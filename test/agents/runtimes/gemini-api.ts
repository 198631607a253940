import { scriptedApi, type Dialect, type Said, type ScriptedApi, type Turn } from './scripted-api.js';
import type { SeenText } from './responses-api.js';

export type GeminiApi = ScriptedApi<SeenText>;

/** A scripted Gemini API. Calls that do not stream are helpers of the program, and not of the script. */
export const scriptedGemini = (script: readonly Turn[]): Promise<GeminiApi> => scriptedApi(GEMINI, script);

const GEMINI: Dialect<SeenText> = {
  route: (url) => {
    if (url.includes(':streamGenerateContent')) return 'turn';
    if (url.includes(':generateContent')) return { beside: answerOf([{ text: '{}' }]) };
    return url.includes(':countTokens') ? { beside: { totalTokens: 500 } } : 'unknown';
  },
  seen: (body) => ({
    text: JSON.stringify([body['systemInstruction'], body['contents']]),
    tools: ((body['tools'] ?? []) as { functionDeclarations?: { name: string }[] }[])
      .flatMap((tool) => tool.functionDeclarations ?? [])
      .map(({ name }) => name),
  }),
  whole: (turn) => answerOf(partsOf(turn)),
  pieces: (turn) =>
    partsOf(turn).map((part, index, all) => {
      const piece = answerOf([part], index === all.length - 1);
      return `data: ${JSON.stringify(piece)}\r\n\r\n`;
    }),
  failure: (code, status, message) => ({ error: { code, status, message } }),
  isStream: () => true,
};

const partsOf = ({ text, tools = [] }: Said): object[] => [
  ...(text === undefined ? [] : [{ text }]),
  ...tools.map(({ name, input }) => ({ functionCall: { name, args: input } })),
];

function answerOf(parts: object[], isLast = true): object {
  const finish = isLast ? { finishReason: 'STOP' } : {};
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...finish }],
    usageMetadata: { promptTokenCount: 500, candidatesTokenCount: 50, totalTokenCount: 550 },
  };
}

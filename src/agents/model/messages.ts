import type { Json } from '../../contract/json.js';

/** What one entry of a transcript holds, as it is kept. */
export type Content =
  | { kind: 'said'; text: string }
  /** The answer's messages as the SDK gave them, and what of them is looked at. */
  | { kind: 'answer'; messages: Json[]; text: string; calls: ToolCall[] }
  | { kind: 'result'; call: string; tool: string; text: string; isError: boolean };

/** A call of a tool that the model wants. */
export interface ToolCall {
  id: string;
  tool: string;
  input: Json;
}

/** The conversation as the SDK takes it: JSON. Results of one answer stand in one message. */
export function messagesOf(contents: readonly Content[]): Json[] {
  const messages: Json[] = [];
  let results: Json[] = [];
  const flush = (): void => {
    if (results.length > 0) messages.push({ role: 'tool', content: results });
    results = [];
  };
  for (const content of contents) {
    if (content.kind === 'result') {
      const output = { type: content.isError ? 'error-text' : 'text', value: content.text };
      results.push({ type: 'tool-result', toolCallId: content.call, toolName: content.tool, output });
      continue;
    }
    flush();
    if (content.kind === 'said') messages.push({ role: 'user', content: content.text });
    else messages.push(...content.messages);
  }
  flush();
  return messages;
}

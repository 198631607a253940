import { LIMITS } from '../../contract/limits.js';
import { objectOf, textOf } from './json.js';

/** What says most about a tool call, in this order. */
const TELLING = ['command', 'file_path', 'notebook_path', 'path', 'pattern', 'url', 'query', 'description', 'prompt'];

/** A tool call's input as one line, longer than is shown: a secret that is cut would not be known as one. */
export function describeInput(input: unknown): string {
  const fields = objectOf(input);
  const telling = fields && TELLING.map((name) => textOf(fields[name])).find((text) => text !== undefined);
  return oneLine(telling ?? asJson(input));
}

/** The beginning of a text as one line of at most `LIMITS.agentNoteChars`. */
export function shorten(text: string): string {
  const line = oneLine(text);
  const chars = [...line];
  return chars.length <= LIMITS.agentNoteChars ? line : `${chars.slice(0, LIMITS.agentNoteChars - 1).join('')}…`;
}

const oneLine = (text: string): string =>
  text
    .slice(0, 4 * LIMITS.agentNoteChars)
    .replace(/\s+/g, ' ')
    .trim();

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // Nested too deeply to be written.
    return '';
  }
}

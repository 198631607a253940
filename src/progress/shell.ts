import { LIMITS } from '../contract/limits.js';
import { globalId } from '../contract/names.js';
import { inert } from './inert.js';

/** No `=` at the beginning: zsh would look for a program of that name. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;

/** One word of a POSIX shell that stands for exactly this text, and that shows nothing active when printed. */
export function shellQuote(text: string): string {
  if (PLAIN.test(text)) return text;
  if (inert(text) === text) return `'${text.replaceAll("'", String.raw`'\''`)}'`;
  // Only the `$'…'` of bash and zsh can write such a character without printing it.
  const quoted = [...text].map((character) => {
    if (character === '\\' || character === "'") return `\\${character}`;
    return inert(character) === character ? character : hexBytes(character);
  });
  return `$'${quoted.join('')}'`;
}

/** The bytes of a character as UTF-8, `\xe2\x80\xae`; half of a surrogate pair becomes U+FFFD, as everywhere on the way to a process. */
function hexBytes(character: string): string {
  return encodeURIComponent(character.replace(/\p{Cs}/gu, '\ufffd'))
    .replaceAll('%', '\\x')
    .toLowerCase();
}

/**
 * The command of Baton's own command line that gives this answer. `decision` is the id in its request, e.g. `d1`; `digest` that of its subject,
 * for which alone the answer shall count.
 */
export function decideCommand(answer: {
  request: string;
  decision: string;
  choice: string;
  digest?: string | undefined;
}): string {
  const words = [globalId(answer.request, answer.decision), answer.choice];
  const only = answer.digest ? ['--digest', answer.digest.slice(0, LIMITS.shownDigestChars)] : [];
  const needsSeparator = words.some((word) => word.startsWith('-'));
  const all = needsSeparator ? [...only, '--', ...words] : [...words, ...only];
  return `baton decide ${all.map(shellQuote).join(' ')}`;
}

/** The command that shows, in the workspace, what agents have changed since the user's branch and theirs parted. */
export const diffCommand = ({ branch }: { branch: string }): string => `git diff ${shellQuote(`HEAD...${branch}`)}`;

/** The command of Temporal's command line that gives this answer; `between` may break it into two lines. */
export function signalCommand(
  answer: { request: string; decision: string; choice: string },
  between: ' ' | typeof CONTINUED = ' ',
): string {
  const input = JSON.stringify({ decisionId: answer.decision, choice: answer.choice });
  const start = `temporal workflow signal --workflow-id ${shellQuote(answer.request)}`;
  return `${start}${between}--name decide --input ${shellQuote(input)}`;
}

/** A line of a shell that goes on in the next. */
export const CONTINUED = ' \\\n  ';

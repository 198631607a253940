/**
 * What would act on a terminal or mislead its reader: control characters (escape sequences begin with one), direction overrides, invisible
 * characters, line separators, tags, halves of a surrogate pair. Joiners stay, because scripts and emoji need them.
 */
const ACTIVE =
  /[\p{Cc}\p{Cs}\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** The text on one line, safe to write to a terminal: white space of any kind is one space, whatever acts is shown as `\u{1b}`. */
export function inert(text: string): string {
  return text.replace(/[\t\n\v\f\r]+/g, ' ').replace(ACTIVE, escaped);
}

/** The lines of a text, each as `inert` gives it, tabs as two spaces. Every kind of line end counts. */
export function inertLines(text: string): string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => inert(line.replaceAll('\t', '  ')));
}

/** At most `chars` UTF-16 units, cut at a whole character; the last one is then `…`. */
export function clip(text: string, chars: number): string {
  if (text.length <= chars) return text;
  return `${text.slice(0, Math.max(0, chars - 1)).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Length of the text as UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

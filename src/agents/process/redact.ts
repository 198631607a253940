import { LIMITS } from '../../contract/limits.js';
import { utf8Tail } from './utf8.js';

const HIDDEN = '[redacted]';

const remembered = new Set<string>();

/** From now on `redact` and `redactBytes` take this value out of every text, whichever task it comes from; the oldest of too many is forgotten. */
export function rememberSecret(value: string): void {
  remembered.delete(value);
  remembered.add(value);
  const [oldest = ''] = remembered;
  if (remembered.size > LIMITS.secretsRemembered) remembered.delete(oldest);
}

/** An output as it may be kept: without the secrets that this process has read. */
export function redactBytes(output: Buffer): Buffer {
  let text: string | undefined;
  for (const form of formsOf(remembered)) {
    if (output.includes(form))
      text = (text ?? output.toString('latin1')).replaceAll(Buffer.from(form).toString('latin1'), HIDDEN);
  }
  return text === undefined ? output : Buffer.from(text, 'latin1');
}

/** Shorter values would also be found where they are no secret, and shred the text. */
const SECRET_MIN_CHARS = 4;

/** Every pattern runs in time linear in the text: what repeats is bounded or cannot fail. */
const TOKEN_SHAPES: readonly RegExp[] = [
  // A block whose end or beginning was cut off is hidden as far as it goes.
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
  /^(?:[A-Za-z0-9+/=]{1,128}\r?\n){1,200}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/,
  /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}/g,
  /(?<![A-Za-z0-9])gh[oprsu]_[A-Za-z0-9]{16,}/g,
  /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{16,}/g,
  /(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{16,}/g,
  /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}/g,
  /(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])/g,
  /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{30,}/g,
  /(?<![A-Za-z0-9])xox[a-z]-[A-Za-z0-9-]{8,}/g,
  /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,2048}\.eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,}/g,
];

/** As it stands, and as JSON and a URL write it; longest first, for a secret that is part of another must not leave the other's rest behind. */
const formsOf = (secrets: Iterable<string>): string[] =>
  [
    ...new Set(
      [...secrets]
        .filter((secret) => secret.length >= SECRET_MIN_CHARS)
        .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(wellFormed(secret))]),
    ),
  ].sort((a, b) => b.length - a.length);

/** A lone surrogate has no form in a URL. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

const BEARER = /\b(Bearer[ \t]{1,8})[A-Za-z0-9._~+/=-]{8,}/gi;

/**
 * The text with the given secrets, those that this process has read, and whatever has the shape of a well-known token, replaced by `[redacted]`. A secret is also found
 * as JSON and as a URL write it. Secrets under 4 characters are not looked for. Linear in the text, per secret.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let result = text;
  for (const form of formsOf([...secrets, ...remembered])) result = result.replaceAll(form, HIDDEN);
  for (const shape of TOKEN_SHAPES) result = result.replace(shape, HIDDEN);
  return result.replace(BEARER, `$1${HIDDEN}`);
}

const ESCAPES =
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  /(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b[\]PX^_](?:[^\x07\x1b\n]{0,1024}(?:\x07|\x1b\\))?|\x1b[ -/]{0,8}[0-~]/g;
// eslint-disable-next-line no-control-regex -- as above
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/**
 * The text as it may stand in a report or on a terminal: escape sequences, control characters and direction overrides taken out, every kind
 * of line end a `\n`. Tabs stay.
 */
export function stripControl(text: string): string {
  return text
    .replace(ESCAPES, '')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(CONTROLS, '');
}

/**
 * The end of an output for people: inert, redacted, at most `LIMITS.outputPreviewBytes` of UTF-8.
 * @param end the last bytes, and whether there were more before them
 */
export function previewOf(end: { bytes: Buffer; cut: boolean }, secrets: readonly string[]): string {
  const text = redact(stripControl(end.bytes.toString('utf8')), secrets);
  if (!end.cut) return utf8Tail(text, LIMITS.outputPreviewBytes);
  // The first line of a cut text may begin inside a secret, which can then not be known as one.
  const newline = text.indexOf('\n');
  const whole = newline >= 0 ? text.slice(newline + 1) : text.slice(Math.floor(text.length / 2));
  return utf8Tail(whole, LIMITS.outputPreviewBytes);
}

/** Values of variables whose names speak of a secret. */
export const secretsOf = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env)
    .filter(
      ([name, value]) =>
        /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name) && !name.startsWith('BATON_') && value.length >= 8,
    )
    .map(([, value]) => value);

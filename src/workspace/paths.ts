import { isUtf8 } from 'node:buffer';

/** A file name's bytes as text that is safe to show: valid UTF-8 as it is, every other byte as `\xNN`. */
export function displayName(raw: Buffer): string {
  if (isUtf8(raw)) return raw.toString('utf8');
  let text = '';
  for (let at = 0; at < raw.length;) {
    const length = sequenceLength(raw[at] ?? 0);
    const sequence = raw.subarray(at, at + length);
    if (sequence.length === length && isUtf8(sequence)) {
      text += sequence.toString('utf8');
      at += length;
    } else {
      text += `\\x${raw.toString('hex', at, at + 1)}`;
      at += 1;
    }
  }
  return text;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/** The absolute path, as bytes, of a name below `root`. */
export function absolutePath(root: string, raw: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), raw]);
}

/** `src/a.ts` → `src`; a name without a folder → `.`. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}

/** `src/a.ts` → `a.ts`. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * The ending of a file name without its dot, in lower case: `a.TS` → `ts`; a name that has none, such as `.env`, → the
 * empty text.
 */
export function extensionOf(path: string): string {
  const base = baseOf(path);
  const dot = base.lastIndexOf('.');
  return dot <= 0 ? '' : base.slice(dot + 1).toLowerCase();
}

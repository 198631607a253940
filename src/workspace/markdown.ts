import { realpathSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { sep } from 'node:path';
import { LIMITS } from '../contract/limits.js';
import { errorCode } from './folder.js';

/** A Markdown file, or why it cannot be read. */
export type MarkdownText = { path: string } & ({ text: string } | { flaw: string });

/** A file of an agent or a skill. `root`: the real path that it may not lead out of. */
export async function readMarkdown(path: string, root: string): Promise<MarkdownText> {
  try {
    const real = realpathSync(path);
    if (!isBelow(real, root)) return { path, flaw: 'a link that leads out of its folder' };
    if (!statSync(real).isFile()) return { path, flaw: 'not a file' };
    const handle = await open(real, 'r');
    try {
      const buffer = Buffer.alloc(LIMITS.agentFileBytes + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      if (bytesRead > LIMITS.agentFileBytes) return { path, flaw: `larger than ${LIMITS.agentFileBytes} bytes` };
      return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead)) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = errorCode(error);
    return {
      path,
      flaw: code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'not UTF-8' : `cannot be read (${code ?? 'unknown error'})`,
    };
  }
}

export const isBelow = (path: string, root: string): boolean =>
  path === root || path.startsWith(root === sep ? sep : root + sep);

export function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

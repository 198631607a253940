import { lstatSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { BatonError } from '../../contract/errors.js';

/**
 * The path of `parts` below `root`, which it cannot leave: refused are absolute parts, `..`, NUL bytes, and symbolic links that lead out.
 * What does not exist yet is judged by the deepest folder above it that does. Parts may hold slashes.
 * @throws BatonError `bad_input`
 */
export async function safeJoin(root: string, ...parts: readonly string[]): Promise<string> {
  for (const part of parts) {
    const why = whyUnsafe(part);
    if (why) throw new BatonError('bad_input', `the path ${JSON.stringify(part)} ${why}`, { path: part });
  }
  const top = resolve(root);
  const path = join(top, ...parts);
  if (path !== top && !path.startsWith(top === sep ? sep : top + sep)) throw leavesRoot(parts);
  const [realTop, real] = [realOrAbove(top), realOrAbove(path)];
  if (real !== realTop && !real.startsWith(realTop === sep ? sep : realTop + sep)) throw leavesRoot(parts);
  return path;
}

const leavesRoot = (parts: readonly string[]): BatonError =>
  new BatonError('bad_input', `the path ${JSON.stringify(parts.join('/'))} leaves its folder`, {
    path: parts.join('/'),
  });

function whyUnsafe(part: string): string | undefined {
  if (part === '') return 'is empty';
  if (part.includes('\0')) return 'holds a NUL byte';
  if (isAbsolute(part)) return 'is absolute';
  if (part.split('/').includes('..')) return 'holds ".."';
  return undefined;
}

/**
 * The path without symbolic links; what does not exist is appended as it is. A link that leads nowhere is refused. Synchronous, because the
 * way to the pool of threads and back takes ten times as long as the look itself.
 */
function realOrAbove(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new BatonError('bad_input', `the path ${JSON.stringify(path)} cannot be followed`, { path, cause: error });
    }
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  const parent = dirname(path);
  if (found?.isSymbolicLink() || parent === path) {
    throw new BatonError('bad_input', `the path ${JSON.stringify(path)} is a link that leads nowhere`, { path });
  }
  // Somebody made it between the two looks, as when two tasks of a request end at once.
  if (found) return realOrAbove(path);
  return join(realOrAbove(parent), path.slice(parent.length));
}

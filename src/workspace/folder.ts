import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BatonError } from '../contract/errors.js';

/**
 * The absolute path of a workspace that can be read. Throws `workspace_missing` where there is nothing, where it is not
 * a folder, and where it may not be read.
 */
export async function requireFolder(path: string): Promise<string> {
  if (path === '' || path.includes('\0')) throw missing(path, 'is not a path');
  const absolute = resolve(path);
  const found = await stat(absolute).catch((cause: unknown) => {
    throw missing(absolute, whyOf(cause), cause);
  });
  if (!found.isDirectory()) throw missing(absolute, 'is not a folder');
  await access(absolute, constants.R_OK | constants.X_OK).catch((cause: unknown) => {
    throw missing(absolute, 'may not be read', cause);
  });
  return absolute;
}

function missing(path: string, why: string, cause?: unknown): BatonError {
  return new BatonError('workspace_missing', `workspace ${JSON.stringify(path)} ${why}`, {
    path: 'workspace',
    hint: 'name a folder that exists on this host and that you may read',
    cause,
  });
}

function whyOf(cause: unknown): string {
  const code = errorCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read';
  return `cannot be read (${code ?? 'unknown error'})`;
}

/** The system's code of an error (`ENOENT`), undefined where it has none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

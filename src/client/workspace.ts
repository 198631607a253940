import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { BatonError } from '../contract/errors.js';

/** The folder that a command was given, absolute and without links. Throws `workspace_missing` with what is wrong with it. */
export function workspaceFolder(given: string | undefined, cwd: string = process.cwd()): string {
  const path = resolve(cwd, given ?? '.');
  const refuse = (why: string): BatonError =>
    new BatonError('workspace_missing', `--workspace: ${path} ${why}`, {
      path: 'workspace',
      hint: 'name a folder that exists with --workspace DIR',
    });
  try {
    if (statSync(path).isDirectory()) return realpathSync(path);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? refuse('does not exist') : refuse('cannot be read');
  }
  throw refuse('is not a folder');
}

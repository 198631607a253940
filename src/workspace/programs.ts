import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The path of a program on the PATH of `env`, or undefined. Relative entries are passed over: the current folder must not decide what may
 * be started. An absolute `program` is looked at as it is; one with another slash is never found.
 */
export function findProgram(program: string, env: Env): string | undefined {
  if (isAbsolute(program)) return isProgram(program) ? program : undefined;
  if (program === '' || program.includes('/')) return undefined;
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, program)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

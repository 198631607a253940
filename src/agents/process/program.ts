import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { LIMITS } from '../../contract/limits.js';

/** Why a process could not be started. `code` is the system's name for it; `transient` where the same thing may work later. */
export interface StartFailure {
  code: string;
  message: string;
  transient: boolean;
}

/**
 * The file that `argv[0]` names: by a path relative to `cwd`, or by the folders of PATH, as execvp does it.
 * Says what is wrong in words where the kernel would answer with one ENOENT for four different mistakes.
 */
export function findProgram(
  name: string,
  cwd: string,
  path: string | undefined,
): { file: string } | { failure: StartFailure } {
  const folder = statOf(cwd);
  if (!folder) return fail('ENOENT', `the folder ${show(cwd)} to run in does not exist`);
  if (!folder.isDirectory()) return fail('ENOTDIR', `${show(cwd)}, to run in, is not a folder`);
  if (!accessible(cwd)) return fail('EACCES', `the folder ${show(cwd)} may not be entered`);
  if (name === '') return fail('ENOENT', 'the command has no program');
  if (name.includes('\0')) return fail('EINVAL', 'the name of the program holds a NUL byte');
  if (name.includes('/')) {
    const file = resolve(cwd, name);
    const failure = whyNotExecutable(name, file);
    return failure ? { failure } : { file };
  }
  let found: StartFailure | undefined;
  for (const entry of (path ?? '/usr/bin:/bin').split(':')) {
    const file = resolve(cwd, entry, name);
    const failure = whyNotExecutable(file, file);
    if (!failure) return { file };
    if (failure.code !== 'ENOENT' && !found) found = failure;
  }
  return found ? { failure: found } : fail('ENOENT', `the program ${show(name)} is not on PATH`);
}

/** What an error of `spawn` means, once the program and the folder are known to be there. */
export function explainStart(error: unknown, program: string): StartFailure {
  const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  const explain = EXPLANATIONS[code];
  if (explain) return { code, message: explain(show(program)), transient: TRANSIENT.has(code) };
  const message = error instanceof Error ? error.message : String(error);
  return { code, message: `${show(program)} could not be started: ${message}`, transient: TRANSIENT.has(code) };
}

const TRANSIENT = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY']);

const EXPLANATIONS: Record<string, (program: string) => string> = {
  E2BIG: (program) =>
    `the arguments or the environment of ${program} are too large: one argument holds at most ${LIMITS.argumentBytes / 1024} KiB; longer text goes by a file or standard input`,
  ENOENT: (program) => `${program} could not be started: the interpreter that its first line names does not exist`,
  EACCES: (program) => `${program} may not be executed: it, its interpreter or its file system forbids it`,
  ENOEXEC: (program) => `${program} is not a program for this machine`,
  EAGAIN: (program) => `${program} could not be started: too many processes`,
  EMFILE: (program) => `${program} could not be started: too many open files`,
  ENFILE: (program) => `${program} could not be started: too many open files`,
  ENOMEM: (program) => `${program} could not be started: out of memory`,
  ETXTBSY: (program) => `${program} could not be started: it is being written to`,
  ERR_INVALID_ARG_VALUE: (program) => `an argument or a variable of ${program} holds a NUL byte`,
};

function whyNotExecutable(name: string, file: string): StartFailure | undefined {
  const stat = statOf(file);
  if (!stat) return fail('ENOENT', `the program ${show(name)} does not exist`).failure;
  if (stat.isDirectory()) return fail('EISDIR', `${show(name)} is a folder, not a program`).failure;
  if (!stat.isFile()) return fail('EACCES', `${show(name)} is not a program`).failure;
  if (!accessible(file)) return fail('EACCES', `${show(name)} is not executable; \`chmod +x\` makes it so`).failure;
  return undefined;
}

function statOf(path: string): ReturnType<typeof statSync> | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function accessible(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const fail = (code: string, message: string): { failure: StartFailure } => ({
  failure: { code, message, transient: false },
});

const show = (name: string): string =>
  name.length > 200 ? JSON.stringify(`${name.slice(0, 200)}…`) : JSON.stringify(name);

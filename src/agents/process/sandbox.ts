import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { LIMITS } from '../../contract/limits.js';
import { findProgram } from './program.js';

/** What a process in a sandbox sees of this machine: all of it to read, but for what is hidden; paths that do not exist do not count. */
export interface Sandbox {
  /** The file of bubblewrap. */
  program: string;
  /** Where it may write. */
  writable: readonly string[];
  /** Folders that are empty for it. */
  hidden: readonly string[];
  /** What it reads even where it lies in /tmp. */
  readable: readonly string[];
}

/** Processes have a folder of this name of their own. */
const TMP = '/tmp';

/**
 * The same command under bubblewrap: it sees its own processes alone, has an empty /tmp, and writes nowhere but where it may. The network stays
 * as it is, since an agent needs its model. TERM reaches the processes inside as it reaches any others.
 */
export function inSandbox(
  { file, args, cwd }: { file: string; args: readonly string[]; cwd: string },
  { program, writable, hidden, readable }: Sandbox,
): { file: string; args: string[] } {
  const there = (paths: readonly string[]): string[] => paths.filter((path) => existsSync(path));
  const own = file.startsWith(`${TMP}/`) ? [dirname(file)] : [];
  const options = [
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--unshare-pid', '--tmpfs', TMP],
    ...there([...readable, ...own]).flatMap((path) => ['--ro-bind', path, path]),
    // Later ones win, so that a worktree in the data folder is there although that folder is hidden.
    ...there(hidden).flatMap((path) => ['--tmpfs', path]),
    ...there(writable).flatMap((path) => ['--bind', path, path]),
    ...['--chdir', cwd],
  ];
  return { file: program, args: [...options, '--', file, ...args] };
}

const probes = new Map<string, Promise<boolean>>();

/** The file of a bubblewrap that works here: on PATH, and allowed to make namespaces. Tried once for each file. */
export async function findBubblewrap(path: string | undefined): Promise<string | undefined> {
  const found = findProgram('bwrap', '/', path);
  if ('failure' in found) return undefined;
  let probe = probes.get(found.file);
  if (!probe) probes.set(found.file, (probe = works(found.file)));
  return (await probe) ? found.file : undefined;
}

const works = (file: string): Promise<boolean> =>
  promisify(execFile)(file, ['--ro-bind', '/', '/', '--proc', '/proc', '--unshare-pid', '--', 'true'], {
    timeout: LIMITS.sandboxProbeMs,
  }).then(
    () => true,
    () => false,
  );

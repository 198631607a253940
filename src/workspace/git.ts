import { execFile } from 'node:child_process';
import { LIMITS } from '../contract/limits.js';
import { runStarted, type StartProgram } from './git-start.js';

/**
 * What git says of a folder. Everything is null, false or 0 where the folder is in no repository that git will read.
 */
export interface GitFacts {
  /** Top folder of the repository. */
  repository: string | null;
  /** Commit that HEAD names; null before the first one. */
  head: string | null;
  /** Null where HEAD is detached. */
  branch: string | null;
  /** Something below the folder differs from HEAD; a file that is new and not ignored counts too. */
  dirty: boolean;
  /** Names in the index below the folder, submodules included. */
  tracked: number;
  /** Why a repository that is there cannot be read, e.g. that it belongs to another user. */
  problem: string | null;
}

export type Repository =
  | { kind: 'repository'; top: string }
  | { kind: 'none' }
  /** There is a repository, but git will not read it. */
  | { kind: 'refused'; why: string };

export interface GitOptions {
  signal?: AbortSignal | undefined;
  /** LIMITS.gitTimeMs if absent. */
  timeMs?: number;
  /** Variables beside the worker's own, such as an author's name. */
  env?: Readonly<Record<string, string>>;
}

/** How a call of git ended. `cut` says that output beyond LIMITS.gitOutputBytes was dropped and git was stopped. */
export type GitRun =
  | { kind: 'ended'; exitCode: number; stdout: Buffer; stderr: string; cut: boolean }
  | { kind: 'not_started'; why: string }
  | { kind: 'timed_out' };

export async function gitFacts(folder: string, options: GitOptions = {}): Promise<GitFacts> {
  const found = await findRepository(folder, options);
  if (found.kind !== 'repository') {
    const problem = found.kind === 'refused' ? found.why : null;
    return { repository: null, head: null, branch: null, dirty: false, tracked: 0, problem };
  }
  const status = ['status', '--porcelain', '-z', '--untracked-files=normal', '--ignore-submodules=all', '--', '.'];
  const [head, branch, changes, tracked] = await Promise.all([
    runGit(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], options),
    runGit(folder, ['symbolic-ref', '--quiet', '--short', 'HEAD'], options),
    runGit(folder, status, options),
    trackedNames(folder, options),
  ]);
  return {
    repository: found.top,
    head: firstLine(head),
    branch: firstLine(branch),
    // Where git gave no answer in time, the careful reading is that there are changes.
    dirty: changes.kind !== 'ended' || changes.stdout.length > 0,
    tracked: tracked.names.length,
    problem: null,
  };
}

/** The repository whose working tree holds `folder`. A bare repository, or the inside of `.git`, is none. */
export async function findRepository(folder: string, options: GitOptions = {}): Promise<Repository> {
  const run = await runGit(folder, ['rev-parse', '--show-toplevel'], options);
  if (run.kind === 'not_started') return { kind: 'none' };
  if (run.kind === 'timed_out') return { kind: 'refused', why: `git gave no answer in ${LIMITS.gitTimeMs} ms` };
  if (run.exitCode === 0) return { kind: 'repository', top: run.stdout.toString('utf8').replace(/\n$/, '') };
  if (/not a git repository|must be run in a work tree/.test(run.stderr)) return { kind: 'none' };
  if (run.stderr.includes('dubious ownership')) {
    const remedy = `git config --global --add safe.directory '${folder}'`;
    return {
      kind: 'refused',
      why: `git does not trust the repository because another user owns it; ${remedy} allows it`,
    };
  }
  return { kind: 'refused', why: `git cannot read the repository: ${run.stderr.split('\n')[0] ?? ''}` };
}

/**
 * The names that `git ls-files -z` lists below `folder`, relative to it, each once, in git's order. `truncated` where
 * the output limit or the time limit cut the list.
 */
export async function trackedNames(
  folder: string,
  options: GitOptions = {},
): Promise<{ names: Buffer[]; truncated: boolean }> {
  const run = await runGit(folder, ['ls-files', '-z'], options);
  if (run.kind !== 'ended') return { names: [], truncated: true };
  const names: Buffer[] = [];
  for (let start = 0, end = run.stdout.indexOf(0); end >= 0; start = end + 1, end = run.stdout.indexOf(0, start)) {
    const name = run.stdout.subarray(start, end);
    // A file in conflict is in the index up to three times, next to each other.
    if (!names.at(-1)?.equals(name)) names.push(name);
  }
  return { names, truncated: run.cut || run.exitCode !== 0 };
}

let starter: StartProgram | undefined;

/**
 * Has a small process start git from now on, in place of this one: a large one copies its page tables for each start, and stands still for it.
 * Undefined: as a child of this process.
 */
export function startGitBy(start: StartProgram | undefined): void {
  starter = start;
}

/**
 * Runs git in `folder` by argv, bounded in time and output. It takes no lock, asks nothing, pages nothing, fetches
 * nothing, and runs neither a hook nor a monitor of the repository. Throws the reason of an aborted signal, and `io` where what starts it has died.
 */
export function runGit(folder: string, args: string[], options: GitOptions = {}): Promise<GitRun> {
  const { signal, timeMs = LIMITS.gitTimeMs, env = {} } = options;
  const settings = [
    'core.quotePath=false',
    'core.fsmonitor=false',
    'core.hooksPath=/dev/null',
    'log.showSignature=false',
  ];
  const argv = ['--no-pager', ...settings.flatMap((setting) => ['-c', setting]), ...args];
  const variables = { ...gitEnvironment(process.env), ...env };
  if (starter) return runStarted(starter, { args: argv, cwd: folder, env: variables, timeMs, signal });
  return new Promise((done, fail) => {
    const child = execFile(
      'git',
      argv,
      {
        cwd: folder,
        env: variables,
        encoding: 'buffer',
        timeout: timeMs,
        maxBuffer: LIMITS.gitOutputBytes,
        ...(signal ? { signal } : {}),
      },
      (error, stdout, stderr) => {
        if (signal?.aborted) fail(signal.reason as Error);
        else done(outcome(error, stdout, stderr.toString('utf8')));
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end();
  });
}

function outcome(error: (Error & { code?: unknown; killed?: boolean }) | null, stdout: Buffer, stderr: string): GitRun {
  if (error === null) return { kind: 'ended', exitCode: 0, stdout, stderr, cut: false };
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return { kind: 'ended', exitCode: 0, stdout, stderr, cut: true };
  if (typeof error.code === 'number') return { kind: 'ended', exitCode: error.code, stdout, stderr, cut: false };
  if (typeof error.code === 'string') return { kind: 'not_started', why: error.code };
  if (error.killed) return { kind: 'timed_out' };
  return { kind: 'ended', exitCode: -1, stdout, stderr, cut: false };
}

/**
 * Variables such as GIT_DIR, which a hook that started Baton would have set, must not point git at another repository.
 */
function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !name.startsWith('GIT_') || name.startsWith('GIT_CONFIG_') || name === 'GIT_CEILING_DIRECTORIES',
  );
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_PAGER: 'cat',
  };
}

function firstLine(run: GitRun): string | null {
  if (run.kind !== 'ended' || run.exitCode !== 0) return null;
  return run.stdout.toString('utf8').split('\n')[0] || null;
}

import { BatonError, type ErrorCode } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { runGit, type GitOptions, type GitRun } from '../git.js';

/** Settings of a repository or of its user that must not act when Baton writes: checks of line ends, upkeep. */
const QUIET = ['core.safecrlf=false', 'gc.auto=0', 'maintenance.auto=false', 'i18n.commitEncoding=UTF-8'];

/** Runs git with time for a large repository, and without what its settings would start beside it. */
export function writeGit(folder: string, args: string[], options: GitOptions = {}): Promise<GitRun> {
  const settings = QUIET.flatMap((setting) => ['-c', setting]);
  return runGit(folder, [...settings, ...args], { timeMs: LIMITS.worktreeTimeMs, ...options });
}

/** As `writeGit`; its standard output as text without the last line end. Throws BatonError with what git said where it fails. */
export async function git(
  folder: string,
  args: string[],
  { code = 'no_worktree', ...options }: GitOptions & { code?: ErrorCode } = {},
): Promise<string> {
  const run = await writeGit(folder, args, options);
  if (run.kind === 'ended' && run.exitCode === 0) return run.stdout.toString('utf8').replace(/\n$/, '');
  throw new BatonError(code, `git ${verbOf(args)}: ${whyOf(run)}`);
}

/** What git answers, without the last line end; undefined where it fails, which is an answer too. */
export async function askGit(folder: string, args: string[], options: GitOptions = {}): Promise<string | undefined> {
  const run = await runGit(folder, args, options);
  if (run.kind !== 'ended' || run.exitCode !== 0) return undefined;
  return run.stdout.toString('utf8').replace(/\n$/, '');
}

const verbOf = (args: readonly string[]): string => args.find((arg) => !arg.startsWith('-')) ?? '';

function whyOf(run: GitRun): string {
  if (run.kind === 'timed_out') return 'it took too long';
  if (run.kind === 'not_started') return `it could not be started (${run.why})`;
  const lines = run.stderr.split('\n').filter((line) => /^(fatal|error):/.test(line));
  return (lines.at(-1) ?? run.stderr.trim().split('\n').at(-1) ?? '').replace(/^(fatal|error): /, '').slice(0, 500);
}

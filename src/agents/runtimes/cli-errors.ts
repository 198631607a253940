import type { CliRuntime, ErrorRule, Failure } from '../../contract/cli-runtime.js';
import type { TaskError } from '../../contract/task.js';
import { endError } from '../process/end-error.js';
import type { ProcessEnd } from '../process/run.js';
import type { ToldFailure } from '../stream/events.js';
import { resetTime } from '../stream/reset-time.js';

/** How a command line's run ended, as far as its output tells. */
export interface CliOutcome {
  isDone: boolean;
  /** Why it failed, where an event told it. */
  failure: ToldFailure | null;
  /** The end of its standard error, for people and for the rules. */
  errorText: string;
}

/** What a failure is, before it is an error of the task: `unknown_session` leads to a new start. */
export interface CliFailure {
  means: Failure | TaskError['code'];
  error: Omit<TaskError, 'tail'>;
  /** When a usage limit is reset, in ms since 1970. */
  resetsAt?: number;
}

/** Why a run is no success; undefined where it is one. Its words count before a status, a status before its exit code. */
export function cliFailure(
  cli: CliRuntime,
  { outcome, end, now }: { outcome: CliOutcome; end: ProcessEnd; now: number },
): CliFailure | undefined {
  if (end.cause !== 'exit') return ofProcess(cli, end);
  const { failure, isDone, errorText } = outcome;
  const { exitCode } = end;
  if (!failure && exitCode === 0 && isDone) return undefined;
  const said = failure?.message || errorText;
  const rule = matchOf(cli.errors, said) ?? (failure ? undefined : matchOf(cli.errors, errorText));
  const means =
    rule?.means ??
    failure?.means ??
    ofStatus(failure?.status ?? null) ??
    cli.exitCodes[String(exitCode)] ??
    ('agent_failed' as const);
  const how = `exit code ${exitCode ?? '?'}${!failure && !isDone && exitCode === 0 ? ' and without a result' : ''}`;
  const words = said.trim() === '' || (exitCode === 0 && !failure) ? `it ended with ${how}` : said.trim();
  const reset = failure?.reset ?? rule?.reset;
  const resetsAt = means === 'usage_limit' && reset !== undefined ? resetTime(reset, now) : undefined;
  const hint = hintOf(cli, means, resetsAt);
  const message = `${cli.title}: ${words.slice(0, TEXT_CHARS)}${hint === undefined ? '' : ` (${hint})`}`;
  const code = means === 'unknown_session' ? 'agent_failed' : means;
  return { means, error: { code, message, exitCode }, ...(resetsAt === undefined ? {} : { resetsAt }) };
}

/** Leaves room for the hint within `LIMITS.errorTextBytes`, whatever the characters are. */
const TEXT_CHARS = 900;

function ofProcess(cli: CliRuntime, end: ProcessEnd): CliFailure | undefined {
  const error = endError(end, {
    name: cli.title,
    code: 'agent_failed',
    install: cli.install === '' ? 'install it, or let the runtime name another program' : `install it: ${cli.install}`,
    silenceLimitMs: cli.silenceLimitMs,
  });
  return error && { means: error.code, error };
}

function matchOf(rules: readonly ErrorRule[], text: string): { means: Failure; reset: string | undefined } | undefined {
  for (const { matches, means } of rules) {
    const match = new RegExp(matches, 'i').exec(text.slice(0, MATCHED_CHARS));
    if (match) return { means, reset: match.groups?.['reset'] };
  }
  return undefined;
}

const MATCHED_CHARS = 8192;

function ofStatus(status: number | null): Failure | undefined {
  if (status === null) return undefined;
  if (status === 401 || status === 402 || status === 403) return 'model_refused';
  return status === 408 || status === 429 || status >= 500 ? 'model_unavailable' : 'agent_failed';
}

function hintOf(cli: CliRuntime, means: CliFailure['means'], resetsAt: number | undefined): string | undefined {
  if (means === 'model_refused') return cli.signIn === '' ? undefined : cli.signIn;
  if (means !== 'usage_limit') return undefined;
  return resetsAt === undefined ? 'when it is reset is not told' : `reset at ${new Date(resetsAt).toISOString()}`;
}

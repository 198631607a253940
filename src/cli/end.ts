import { BatonError, ERRORS } from '../contract/errors.js';
import type { RequestStatus } from '../contract/phase.js';
import { inertLines } from '../progress/inert.js';
import { nextStep } from './next.js';

/** Exit code of commands that follow a request to its end. */
export const EXIT_OF_STATUS: Record<RequestStatus, number> = {
  complete: 0,
  partial: 3,
  failed: 1,
  cancelled: 1,
  compensated: 1,
  running: 0,
  waiting: 4,
  paused: 0,
};

/** Says what went wrong and what to do next, on standard error (with `--json` also as the one document), and sets the exit code. `command` is the one that failed. */
export function endWith(error: unknown, { isJson, command }: { isJson: boolean; command: string | undefined }): void {
  const code = error instanceof BatonError ? error.code : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  const path = error instanceof BatonError ? error.path : undefined;
  const hint = nextStep(code, error instanceof BatonError ? error.hint : undefined, command);
  if (isJson) printJson({ v: 1, error: { code, message, ...(path === undefined ? {} : { path }), hint } });
  const detail =
    code === 'internal' && error instanceof Error && process.env['BATON_DEBUG'] ? `\n${error.stack ?? ''}` : '';
  process.stderr.write(`${inertLines(`error: ${message}${detail}`).join('\n')}\n${inertLines(hint).join('\n')}\n`);
  process.exitCode = ERRORS[code].exit || 1;
}

/** One JSON document on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Text for people on standard output. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export const say = (text: string): void => void process.stderr.write(`${text}\n`);

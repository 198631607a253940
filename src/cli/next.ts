import type { ErrorCode, ERRORS } from '../contract/errors.js';

/** Codes that a command can end with; the others only stand in a task's result. */
type EndingCode = { [K in ErrorCode]: (typeof ERRORS)[K]['exit'] extends 0 ? never : K }[ErrorCode];

/** The command to try next, by code, where an error's own hint names none. `COMMAND` stands for the command that failed. */
const NEXT: Record<EndingCode, string> = {
  bad_input: 'see: baton COMMAND --help',
  unknown_id: 'list what there is with: baton list',
  not_supported: 'see: baton COMMAND --help',
  not_installed: 'see what is missing with: baton doctor',
  workspace_missing: 'see: baton COMMAND --help',
  policy_denied: 'see what would be done with: baton plan',
  no_worktree: 'see what would be done with: baton plan',
  waits_for_decision: 'see what waits with: baton decisions',
  no_server: 'look at the server with: baton doctor',
  refused: 'see how it is with: baton list',
  busy: 'try again in a moment; see how it is with: baton list',
  internal: 'look at the machine with: baton doctor',
  plan_changed: 'submit it again with: baton run',
  artifact_missing: 'submit it again with: baton run',
  artifact_corrupt: 'submit it again with: baton run',
  no_space: 'free some space with: baton gc',
  io: 'look at the machine with: baton doctor',
  no_worker: 'start one with: baton up',
};

/** A command that can be typed as it stands. */
const COMMAND = /\b(baton [a-z-]|temporal [a-z]|chmod |git [a-z]|export )/;

/** What to do after an error: its own hint, which ends with a command, or gets one. `command`: the one that failed, if it is known. */
export function nextStep(code: ErrorCode, hint: string | undefined, command: string | undefined): string {
  if (hint !== undefined && COMMAND.test(hint)) return hint;
  const known = Object.hasOwn(NEXT, code) ? (code as EndingCode) : 'internal';
  const next = NEXT[known].replace(' COMMAND', command === undefined ? '' : ` ${command}`);
  return hint === undefined ? next : `${hint.replace(/\.$/, '')}; ${next}`;
}

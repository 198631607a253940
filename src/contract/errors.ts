/**
 * Every error that Baton reports, by code. `fate` says whether the same thing may be tried again by itself; `repeats` that a task which ended so
 * may end otherwise all the same, so that it is tried again as often as its plan says. `exit` is the exit code of a command that ends with it
 * (0 where the code only ever stands in a task's result).
 */
export const ERRORS = {
  bad_input: {
    fate: 'terminal',
    exit: 2,
    means: 'what was given cannot be used; the message holds the path to the field',
  },
  unknown_id: { fate: 'terminal', exit: 2, means: 'no request, task or decision has this id' },
  not_supported: {
    fate: 'terminal',
    exit: 2,
    means: 'a field or feature that this version of Baton does not carry out yet',
  },
  not_installed: { fate: 'terminal', exit: 2, means: 'something that the plan needs is missing on this machine' },
  workspace_missing: { fate: 'terminal', exit: 2, means: 'the workspace is not a folder that can be read on its host' },
  waits_for_decision: { fate: 'terminal', exit: 4, means: 'nothing else can run until a person has decided' },
  no_server: { fate: 'terminal', exit: 5, means: 'no Temporal server answers' },
  refused: { fate: 'terminal', exit: 6, means: 'the present state does not allow it: late, opposite, already ended' },
  busy: {
    fate: 'retryable',
    exit: 6,
    means: 'the request is about to continue as a new run and takes no update for a moment',
  },
  internal: { fate: 'terminal', exit: 1, means: 'a defect in Baton' },
  command_failed: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: 'a command ended with an exit code other than 0, or by a signal',
  },
  command_not_started: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: 'the program of a command could not be started',
  },
  agent_failed: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: 'an agent ended with an error of its own, or without a result',
  },
  model_unavailable: {
    fate: 'retryable',
    exit: 0,
    means: "the API of an agent's model was overloaded, failed, or its answer was cut off",
  },
  model_refused: {
    fate: 'terminal',
    exit: 0,
    means: "the API of an agent's model refuses the key, the account or its balance",
  },
  usage_limit: {
    fate: 'terminal',
    exit: 0,
    means: "the usage limit of an agent's account is reached; its task waits for the reset and has not failed",
  },
  skill_failed: { fate: 'terminal', repeats: true, exit: 0, means: 'a built-in skill could not do its work' },
  skill_output: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: 'the result of a skill is not what its schema promises',
  },
  tool_failed: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: 'a tool of an MCP server answered with an error of its own',
  },
  tool_unavailable: {
    fate: 'retryable',
    exit: 0,
    means: 'an MCP server did not answer, ended, or answered with something else than its protocol',
  },
  policy_denied: {
    fate: 'terminal',
    exit: 2,
    means: 'a policy of `baton.yaml` denies the plan, or a part of it; the message names both',
  },
  mode_violation: {
    fate: 'terminal',
    exit: 0,
    means: 'an agent changed what its mode does not allow; that was undone, and the rest is kept as a patch',
  },
  no_effect: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: 'an agent that was to change files said that it is done, and had changed nothing',
  },
  secret_unavailable: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: 'a secret that a task needs could not be read where `baton.yaml` says that it is',
  },
  no_worktree: {
    fate: 'terminal',
    exit: 2,
    means: 'agents work in git worktrees, and none can be made of this workspace',
  },
  commit_failed: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: "what an agent changed could not be put on its request's branch; it is kept as a patch",
  },
  merge_conflict: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: 'what an agent changed conflicts with what others changed meanwhile; it is kept on a branch of its own',
  },
  outcome_unknown: {
    fate: 'terminal',
    exit: 0,
    means: 'a task that says `once` was begun, nobody knows how it ended, and a person said not to do it again',
  },
  check_failed: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: "one of the task's checks did not end with exit code 0 on what the task made",
  },
  time_limit: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: "the task's time limit passed; its processes were ended",
  },
  resource_limit: {
    fate: 'terminal',
    repeats: true,
    exit: 0,
    means: "an agent's processes used more memory than it may, or there were too many of them; they were ended",
  },
  resource_queue_full: {
    fate: 'terminal',
    exit: 0,
    means: 'too many tasks of the cluster wait for shared resources already',
  },
  plan_changed: { fate: 'terminal', exit: 1, means: 'the stored plan is not the one that was accepted' },
  artifact_missing: { fate: 'terminal', exit: 1, means: 'something that was stored is not there any more' },
  artifact_corrupt: { fate: 'terminal', exit: 1, means: 'something that was stored is not what was written' },
  no_space: { fate: 'retryable', exit: 1, means: 'no space is left for artifacts' },
  io: { fate: 'retryable', exit: 1, means: 'reading or writing a file failed' },
  no_worker: { fate: 'terminal', exit: 1, means: 'no worker of that host took the task' },
} as const satisfies Record<string, { fate: 'terminal' | 'retryable'; repeats?: true; exit: number; means: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Whether a task that ended with it is tried again as often as its plan says. */
export const isRepeated = (code: ErrorCode): boolean => ERRORS[code].fate === 'retryable' || 'repeats' in ERRORS[code];

/** The one error type of Baton's own code. `path` points into the input (`tasks[2].command`), `hint` is what to do next. */
export class BatonError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, more: { path?: string; hint?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'BatonError';
    this.code = code;
    this.path = more.path;
    this.hint = more.hint;
  }
}

/** One thing wrong with an input; several are reported together. */
export interface Problem {
  path: string;
  message: string;
}

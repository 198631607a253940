import type { ErrorCode } from './errors.js';

/** What an agent may do, as far as a foreign command line can be told: look, also change files, also run any command. */
export const ACCESS_LEVELS = ['read', 'edit', 'run'] as const;
export type Access = (typeof ACCESS_LEVELS)[number];

/** What may stand in braces in an argument. */
export const ARGUMENT_VALUES = ['access', 'model', 'session', 'systemPrompt', 'maxTurns', 'prompt'] as const;
export type ArgumentValue = (typeof ARGUMENT_VALUES)[number];

/** Where a value stands in an event: names, and positions of lists, with dots between (`item.changes.0.path`). */
export type EventPath = string;

type Scalar = string | number | boolean | null;

/**
 * How an agent's command line is run and its output read (EXE-1, EXE-2), as data alone. The same fields stand under `runtimes` in
 * `baton.yaml`.
 */
export interface CliRuntime {
  /** What people call it. */
  title: string;
  /** A name on PATH, or an absolute path. */
  program: string;
  /** What to do where the program is not there; empty if nothing is known. */
  install: string;
  /** What to do where its account is refused; empty if nothing is known. */
  signIn: string;
  /**
   * Its arguments. A list among them is left out as a whole where one of its names in braces has no value; `{access}` alone stands for the arguments of the agent's access.
   * Without `{prompt}` the prompt goes to standard input, which is closed then; without `{systemPrompt}` the agent's own prompt stands before the task's.
   */
  arguments: readonly (string | readonly string[])[];
  /** The arguments for each access. Without it, the agent's tools limit nothing. */
  access: Readonly<Record<Access, readonly string[]>> | null;
  /** Variables for each access, whatever the worker has of these names. */
  accessVariables: Readonly<Record<Access, Readonly<Record<string, string>>>> | null;
  /** Files and folders by which a repository makes it run code or lifts its limits. Where there is one, it is not started. */
  foreignSettings: readonly string[];
  /** Names of variables of the worker that it gets beside those of every task; the last character may be `*`. */
  variables: readonly string[];
  /** Variables that it gets where the worker has none of that name. */
  defaults: Readonly<Record<string, string>>;
  /** `text`: what it prints is its answer. `json-lines`: read by `events`. `stream-json`: as Claude Code prints it. */
  output: 'text' | 'json-lines' | 'stream-json';
  events: readonly EventRule[];
  /** Lines of standard error that tell of a tool call which was not allowed: regular expressions with the groups `tool` and `input`. */
  denials: readonly string[];
  /** What its words of failure mean; the first that fits counts. */
  errors: readonly ErrorRule[];
  /** What its exit codes mean, where its words do not tell. */
  exitCodes: Readonly<Record<string, Failure>>;
  /** It is ended where it prints nothing for so long: some wait in silence for an API that has told them to come back later. */
  silenceLimitMs: number;
}

/** What a run that failed comes to. */
export const FAILURES = [
  'agent_failed',
  'model_refused',
  'model_unavailable',
  'usage_limit',
  'unknown_session',
] as const satisfies (ErrorCode | 'unknown_session')[];
export type Failure = (typeof FAILURES)[number];

export interface ErrorRule {
  /** A regular expression, without regard to case. Its group `reset` holds when a usage limit is reset. */
  matches: string;
  means: Failure;
}

/** What one event of `json-lines` tells, if it is one: each value at a path of `when` is the one named, or one of those. */
export interface EventRule {
  when: Readonly<Record<EventPath, Scalar | readonly Scalar[]>>;
  session?: EventPath;
  /** A whole message of the model; the last one is the answer. */
  text?: EventPath;
  /** A piece of a message: pieces are joined until another event comes. */
  delta?: EventPath;
  /** A call of a tool. By `id`, a later denial knows it. */
  tool?: { name: EventPath; input?: EventPath; id?: EventPath };
  /** A call that was not allowed. */
  denied?: { tool?: EventPath; input?: EventPath; id?: EventPath };
  /** Why the run failed. `status`: of the API's answer. `reset`: when a usage limit is reset. */
  failure?: { message: EventPath; status?: EventPath; reset?: EventPath };
  /** Only to be shown. */
  notice?: EventPath;
  usage?: UsageRule;
  /** A turn with the model. */
  turn?: true;
  /** The run ended well. With a rule that tells it, a run without it failed. */
  done?: true;
}

/** The amounts of a list are added up: input is all of it, from a cache or not. */
export interface UsageRule {
  input: readonly EventPath[];
  output: readonly EventPath[];
  usd?: EventPath;
  /** What they count: the run so far, one step of it, or the whole session, also what was used before it was resumed. */
  counts: 'run' | 'step' | 'session';
}

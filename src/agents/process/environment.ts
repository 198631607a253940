import { createHash } from 'node:crypto';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';

/** One attempt at a task, as its processes are told of it. */
export interface TaskIdentity {
  requestId: string;
  taskId: string;
  epoch: number;
  attempt: number;
  /** `request/task/epoch`, see `idempotencyKeyOf`. */
  idempotencyKey: string;
  /** The marker by which the task's processes are found, see `taskKeyOf`. */
  taskKey: string;
}

export interface EnvironmentSources {
  /** The worker's own environment. */
  worker: NodeJS.ProcessEnv;
  /** Further names to take from it: the runtime's and those of `baton.yaml`. A name may end in `*` (`ANTHROPIC_*`). */
  declared: readonly string[];
  task: TaskIdentity;
  /** The plan task's own variables; they win over the worker's. */
  extra: Readonly<Record<string, string>>;
}

const INHERITED = ['PATH', 'HOME', 'LANG', 'LC_*', 'TERM', 'TMPDIR'];
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'FTP_PROXY'];
const PROXY_NAMES = PROXIES.flatMap((name) => [name, name.toLowerCase()]);

/**
 * The whole environment of a task's process: what this function does not return, the process does not see. The task's own six
 * variables always win.
 * @throws BatonError `bad_input` for a name or value that no environment can hold, a bare `*`, and variables of a plan that load foreign code
 */
export function taskEnvironment(sources: EnvironmentSources): Record<string, string> {
  const task = taskVariables(sources.task);
  // The marker stands first, where it is found soonest in /proc/PID/environ.
  const environment: Record<string, string> = { ...task };
  const wanted = matcher([...INHERITED, ...PROXY_NAMES, ...sources.declared]);
  for (const [name, value] of Object.entries(sources.worker)) {
    if (value !== undefined && wanted(name)) environment[name] = value;
  }
  for (const [name, value] of Object.entries(sources.extra)) {
    checkVariable(name, value);
    environment[name] = value;
  }
  return Object.assign(environment, task);
}

export const idempotencyKeyOf = (task: { requestId: string; taskId: string; epoch: number }): string =>
  `${task.requestId}/${task.taskId}/${task.epoch}`;

/**
 * The marker of a task's processes: the same for all its attempts, another for another epoch and for another `installation` (the data
 * folder's path) that happens to use the same ids. A digest, so that no id can put a separator into it.
 */
export function taskKeyOf(installation: string, task: { requestId: string; taskId: string; epoch: number }): string {
  const text = JSON.stringify([installation, task.requestId, task.taskId, task.epoch]);
  return `baton-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** @throws BatonError `bad_input` unless the key is printable ASCII without spaces, at most `LIMITS.taskKeyChars` */
export function checkTaskKey(key: string): string {
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > LIMITS.taskKeyChars) {
    throw new BatonError('bad_input', 'a task key is printable ASCII without spaces', { path: 'taskKey' });
  }
  return key;
}

/** Names that make a program load or run code before its own; a plan gives commands openly instead. */
const LOADERS =
  /^(?:LD_.*|DYLD_.*|NODE_OPTIONS|NODE_PATH|BASH_ENV|ENV|BASH_FUNC_.*|SHELLOPTS|PYTHONSTARTUP|PERL5OPT|PERL5LIB|RUBYOPT|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|GIT_CONFIG.*|GIT_EXTERNAL_DIFF|GIT_SSH.*)$/;

/** Whether a plan may not set this variable. */
export const isLoaderVariable = (name: string): boolean => LOADERS.test(name);

function checkVariable(name: string, value: string): void {
  const path = `env.${name}`;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new BatonError('bad_input', `${JSON.stringify(name)} is not the name of an environment variable`, { path });
  }
  if (isLoaderVariable(name)) {
    throw new BatonError('bad_input', `${name} may not be set by a plan: it makes programs load foreign code`, {
      path,
    });
  }
  if (value.includes('\0')) throw new BatonError('bad_input', `the value of ${name} holds a NUL byte`, { path });
}

function taskVariables(task: TaskIdentity): Record<string, string> {
  return {
    BATON_TASK_KEY: checkTaskKey(task.taskKey),
    BATON_REQUEST_ID: task.requestId,
    BATON_TASK_ID: task.taskId,
    BATON_EPOCH: String(task.epoch),
    BATON_IDEMPOTENCY_KEY: task.idempotencyKey,
    BATON_ATTEMPT: String(task.attempt),
  };
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  if (prefixes.includes('')) {
    throw new BatonError('bad_input', 'the whole environment cannot be handed to a task: name the variables');
  }
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

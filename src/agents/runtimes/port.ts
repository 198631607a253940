import type { AgentDefinition } from '../../contract/agent.js';
import type { Json } from '../../contract/json.js';
import type { Asks, ProcessUsage, TaskError, Usage } from '../../contract/task.js';
import type { Sandbox } from '../process/sandbox.js';
import type { Launcher } from '../process/launcher.js';

/** One attempt of an agent at a task. */
export interface AgentRun {
  agent: AgentDefinition;
  /** What the agent is asked to do; goes by standard input. */
  prompt: string;
  /** Absolute; where the agent works. */
  cwd: string;
  /** The whole environment of the process, without the marker. */
  env: Record<string, string>;
  taskKey: string;
  /** What its process sees of the machine; absent: all. */
  sandbox?: Sandbox | undefined;
  /** The name of what it may do, for a service that is told so. */
  mode?: string;
  timeLimitMs: number;
  /** The MCP servers that it may use, for Claude Code. */
  mcpConfig?: string | undefined;
  /** What it may cost, for a program that can be told so. */
  budgetUsd?: number;
  /** The agent's own session of an earlier attempt, to be resumed. */
  session?: string;
  /** What a person answered to the question at which that session was parked. */
  said?: string;
  /**
   * What earlier attempts of that session told as theirs: taken off where a program tells the total of a session. Absent where they told nothing, as one whose worker
   * died; what such an attempt used is this one's then, for nobody else tells it.
   */
  usedBefore?: Usage;
}

export interface AgentHooks {
  /** Aborted with `cancel` where a person wants an end, with `shutdown` where the worker stops. */
  signal: AbortSignal;
  launcher?: Launcher;
  /** As soon as the agent has told its session. */
  onSession?: (session: string) => void;
  /** A short line on what it does now (a tool call, a text), as it may be shown: inert and redacted. */
  onActivity?: (note: string) => void;
  onSpawn?: (pid: number) => void;
  /** Once a process of the attempt has ended: what it used together with those that it had started; null where that could not be seen. */
  onMeasured?: (used: ProcessUsage | null) => void;
  /** Asks whether the agent may do what its rules do not allow by themselves. Where it is absent, that is denied. */
  onAsk?: (ask: ToolAsk) => Promise<AskAnswer>;
}

/** A tool call that an agent asks leave for. */
export interface ToolAsk {
  tool: string;
  /** As the tool takes it. */
  input: Json;
}

/** `park`: nobody answered in time; the agent's process ends, and its session goes on once somebody has. */
export type AskAnswer = { kind: 'allow' } | { kind: 'deny'; message: string } | { kind: 'park'; asks: Asks };

/** A tool call that the agent was not allowed. */
export interface Denial {
  tool: string;
  input: string;
}

/**
 * How the attempt ended. An exit code or the word success alone is never taken for `done`; an agent that was denied
 * tools may be done all the same. `cancelled` is also the end at a shutdown: the reason of the signal tells which.
 */
export type AgentEnd = {
  session: string | null;
  /** Of this attempt alone, input with what came from a cache; null where the runtime did not tell, as after a cancel. */
  usage: Usage | null;
  turns: number;
  denials: Denial[];
  /** The last output, redacted. */
  tail: string;
} & (
  | { kind: 'done'; text: string }
  /** `resetsAt`: of `usage_limit`, in ms since 1970, where it was told. */
  | { kind: 'failed'; error: TaskError; resetsAt?: number }
  | { kind: 'cancelled' }
  /** It waits for leave, and its process has ended. */
  | { kind: 'parked'; asks: Asks }
);

/** @throws BatonError `bad_input` for a definition that cannot be run, such as a tool that is no name of one */
export type Runtime = (run: AgentRun, hooks: AgentHooks) => Promise<AgentEnd>;

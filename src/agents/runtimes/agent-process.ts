import type { AgentDefinition } from '../../contract/agent.js';
import { LIMITS } from '../../contract/limits.js';
import type { TreeCaps } from '../process/measure.js';
import { runProcess, type ProcessEnd, type ProcessHooks } from '../process/run.js';
import type { AgentHooks, AgentRun } from './port.js';

/** What an attempt's process is, beside what the attempt itself says. */
export interface AgentProcess {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  stdin: string;
  /** Its standard input stays open, and more is written to it later. */
  onInput?: NonNullable<ProcessHooks['onInput']>;
  /** Ends it beside the signal of the hooks. */
  signal?: AbortSignal;
  silenceLimitMs?: number;
  /** Every piece of its output as it comes; nothing else keeps it. */
  onOutput: NonNullable<ProcessHooks['onOutput']>;
}

/** Runs the process of an agent's attempt. */
export async function runAgentProcess(
  run: AgentRun,
  hooks: AgentHooks,
  { argv, env, stdin, silenceLimitMs, onInput, signal, onOutput }: AgentProcess,
): Promise<ProcessEnd> {
  const end = await runProcess(
    {
      argv,
      cwd: run.cwd,
      env,
      taskKey: run.taskKey,
      sandbox: run.sandbox,
      stdin,
      keepsInput: onInput !== undefined,
      timeLimitMs: run.timeLimitMs,
      ...(silenceLimitMs === undefined ? {} : { silenceLimitMs }),
      caps: capsOf(run.agent),
      killGraceMs: LIMITS.killGraceMs,
      outputBytes: 0,
    },
    {
      signal: signal ? AbortSignal.any([hooks.signal, signal]) : hooks.signal,
      ...(onInput && { onInput }),
      ...(hooks.launcher && { start: hooks.launcher.start }),
      ...(hooks.onSpawn && { onStart: hooks.onSpawn }),
      onOutput,
    },
  );
  hooks.onMeasured?.(end.used);
  return end;
}

/** A repository's file may only narrow what Baton allows by itself. */
function capsOf({ limits, source }: AgentDefinition): TreeCaps {
  const own = source === 'workspace';
  const { maxMemoryMb = LIMITS.agentMemoryMb, maxProcesses = LIMITS.agentProcesses } = limits;
  const memoryMb = own ? Math.min(maxMemoryMb, LIMITS.agentMemoryMb) : maxMemoryMb;
  return {
    memoryBytes: memoryMb * 1024 * 1024,
    processes: own ? Math.min(maxProcesses, LIMITS.agentProcesses) : maxProcesses,
  };
}

import type { AgentDefinition } from '../../../src/contract/agent.js';
import type { AgentHooks, AgentRun } from '../../../src/agents/runtimes/port.js';
import { newKey } from '../process/helpers.js';

export const agentOf = (more: Partial<AgentDefinition>): AgentDefinition => ({
  v: 1,
  name: 'tester',
  description: '',
  capabilities: [],
  specialization: '',
  runtime: 'command',
  command: [],
  tools: [],
  mode: null,
  maxLoad: 3,
  model: null,
  limits: {},
  prompt: '',
  source: 'built-in',
  path: '/tester.md',
  ...more,
});

export const runOf = (more: Partial<AgentRun>): AgentRun => ({
  agent: agentOf({}),
  prompt: 'do it',
  cwd: '/',
  env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  taskKey: newKey(),
  timeLimitMs: 60_000,
  ...more,
});

/** Hooks that note what they are told. */
export function watching(signal = new AbortController().signal) {
  const [sessions, notes, pids]: [string[], string[], number[]] = [[], [], []];
  const hooks: AgentHooks = {
    signal,
    onSession: (session) => void sessions.push(session),
    onActivity: (note) => void notes.push(note),
    onSpawn: (pid) => void pids.push(pid),
  };
  return { hooks, sessions, notes, pids };
}

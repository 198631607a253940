import type { WholeRuntime } from '../../contract/agent.js';
import { CLAUDE_VARIABLES } from './claude-arguments.js';
import { claudeCode } from './claude-code.js';
import { commandAgent } from './command.js';
import type { Runtime } from './port.js';

export const RUNTIME_BY_NAME: Record<WholeRuntime, Runtime> = {
  'claude-code': claudeCode,
  command: commandAgent,
};

/** Further variables of the worker that an agent's process gets, as `EnvironmentSources.declared` takes them. */
export const RUNTIME_VARIABLES: Record<WholeRuntime, readonly string[]> = {
  'claude-code': CLAUDE_VARIABLES,
  command: [],
};

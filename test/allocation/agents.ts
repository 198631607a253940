import { permissionOf } from '../../src/allocation/permission.js';
import type { AgentDefinition, Allocation } from '../../src/contract/agent.js';
import { BUILT_IN_MODES } from '../../src/contract/modes.js';

/** An agent that can do what is given, the rest at its defaults. */
export const agent = (name: string, more: Partial<AgentDefinition> = {}): AgentDefinition => ({
  v: 1,
  name,
  description: name,
  capabilities: [],
  specialization: '',
  runtime: 'claude-code',
  command: [],
  tools: ['Read'],
  mode: null,
  maxLoad: 3,
  model: null,
  limits: {},
  prompt: '',
  source: 'user',
  path: `/agents/${name}.md`,
  ...more,
});

/** A task given to an agent, in the mode that its file names or its tools say, perhaps narrowed by the task's. */
export function given(to: AgentDefinition, mode?: string): Allocation {
  const permission = permissionOf(to, { modes: BUILT_IN_MODES, mode });
  if (!permission) throw new Error(`no mode ${mode ?? to.mode}`);
  return { agent: to, permission, why: '', candidates: [] };
}

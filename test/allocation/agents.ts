import type { AgentDefinition } from '../../src/contract/agent.js';

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
  maxLoad: 3,
  model: null,
  limits: {},
  prompt: '',
  source: 'user',
  path: `/agents/${name}.md`,
  ...more,
});

import { BatonError } from '../../contract/errors.js';
import type { Action } from '../../contract/plan.js';
import { runAgent } from './agent.js';
import { runCommand } from './command.js';
import type { Executed, Execution } from './execution.js';
import { runProgram } from './program.js';
import { runSkill } from './skill.js';
import { runTool } from './tool.js';

/** How each kind of action is carried out. */
export const EXECUTORS: {
  [K in Action['kind']]: (execution: Execution, action: Action & { kind: K }) => Promise<Executed>;
} = {
  command: (execution, action) => runCommand(execution, action.argv),
  shell: (execution, action) => runCommand(execution, ['sh', '-c', action.script]),
  skill: runSkill,
  program: runProgram,
  tool: runTool,
  agent: runAgent,
  decision: () => Promise.reject(new BatonError('internal', 'a decision is asked by the workflow, not run')),
};

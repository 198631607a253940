import type { Json } from '../contract/json.js';
import type { Mode, Permission } from '../contract/mode.js';
import { EDITING } from '../contract/modes.js';

/** A tool call that an agent's own rules do not allow by themselves. */
export interface AskedCall {
  tool: string;
  input: Json;
}

/** Whether a person may be asked for it: every mode allows such a call. What a mode denies no answer can allow. */
export const mayBeAsked = ({ modes }: Permission, call: AskedCall): boolean =>
  modes.every((mode) => allows(mode, call));

function allows(mode: Mode, { tool, input }: AskedCall): boolean {
  if (
    !mode.tools.some((pattern) => (pattern.endsWith('*') ? tool.startsWith(pattern.slice(0, -1)) : pattern === tool))
  ) {
    return false;
  }
  if (tool === 'Bash') return mode.commands.includes('*') || isOneOf(mode.commands, input);
  // What it changes outside of its mode is undone, whoever allowed it.
  if (EDITING.includes(tool)) return mode.write.length > 0;
  if (tool === 'WebFetch' || tool === 'WebSearch') return mode.hosts.length > 0;
  return true;
}

/** One command of the mode and nothing besides: whatever a shell could make more of is denied. */
function isOneOf(commands: readonly string[], input: Json): boolean {
  const command = typeof input === 'object' && input !== null && !Array.isArray(input) ? input['command'] : undefined;
  if (typeof command !== 'string' || /[;&|<>`$(){}\n\\]/.test(command)) return false;
  return commands.some((allowed) => command === allowed || command.startsWith(`${allowed} `));
}

import type { Json } from '../../contract/json.js';
import type { Permission } from '../../contract/mode.js';
import { mayBeAsked } from '../../allocation/asking.js';
import { globMatcher } from '../permissions/judge.js';

/** What an agent's rules and the modes it works in allow a model that calls tools of Baton's own; what none names is denied. */
export interface Rights {
  /** Whether the tool is there for it at all. */
  has: (tool: string) => boolean;
  /** Of a call as it is made. Files are judged by the next two. */
  mayCall: (tool: string, input: Json) => boolean;
  mayRead: (path: string) => boolean;
  mayWrite: (tool: string, path: string) => boolean;
}

/** Paths are relative to the folder of the workspace, which stands `below` so many folders above the one in which the agent works. */
export function rightsOf(permission: Permission, below = ''): Rights {
  const { modes, tools } = permission;
  const readable = modes.map(({ read }) => globMatcher(read));
  const writable = modes.map(({ write }) => globMatcher(write));
  const details = (name: string): (string | undefined)[] =>
    tools.filter((tool) => baseOf(tool) === name).map((tool) => /\((.*)\)$/s.exec(tool)?.[1]);
  const inWorkspace = (path: string): string => `${below}${path}`;
  return {
    has: (tool) => details(tool).length > 0,
    mayCall(tool, input) {
      const rules = details(tool);
      if (rules.length === 0 || !mayBeAsked(permission, { tool, input })) return false;
      return tool !== 'Bash' || rules.some((rule) => rule === undefined || isCommand(rule, input));
    },
    mayRead: (path) => readable.every((allows) => allows(inWorkspace(path))),
    mayWrite(tool, path) {
      if (!writable.every((allows) => allows(inWorkspace(path)))) return false;
      return details(tool).some((rule) => rule === undefined || globMatcher([rule])(inWorkspace(path)));
    },
  };
}

/** `npm test` or `npm test:*`, and nothing that a shell could make more of. */
function isCommand(rule: string, input: Json): boolean {
  const command = typeof input === 'object' && input !== null && !Array.isArray(input) ? input['command'] : undefined;
  if (typeof command !== 'string' || /[;&|<>`$(){}\n\\]/.test(command)) return false;
  const words = rule.replace(/:\*$/, '');
  return command === words || (words !== rule && command.startsWith(`${words} `));
}

const baseOf = (tool: string): string => tool.replace(/\(.*$/s, '');

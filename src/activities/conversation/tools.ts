import type { OfferedTool } from '../../agents/model/call.js';
import { builtInTools } from '../../agents/model/tools/index.js';
import type { Tool } from '../../agents/model/tools/tool.js';
import { globMatcher } from '../permissions/judge.js';
import type { Rights } from './may-call.js';

const TOOLS: readonly Tool[] = builtInTools((pattern) => globMatcher([pattern]));

/** The tools that an agent may use; the others it is not told of. */
export const offeredTools = (rights: Rights): OfferedTool[] => TOOLS.filter(({ name }) => rights.has(name));

export const toolNamed = (name: string): Tool | undefined => TOOLS.find((tool) => tool.name === name);

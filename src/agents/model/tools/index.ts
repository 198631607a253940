import { bash } from './command.js';
import { edit, read, write } from './files.js';
import { glob, grep, list } from './search.js';
import type { Tool } from './tool.js';

/** The tools that Baton itself has for a model, by the names that agents' files and modes use. */
export const builtInTools = (globMatcher: (pattern: string) => (path: string) => boolean): readonly Tool[] => [
  read,
  list,
  glob(globMatcher),
  grep,
  edit,
  write,
  bash,
];

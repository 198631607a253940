import { createHash } from 'node:crypto';

/** A ref's file has to fit into 255 bytes, with the `.lock` that git adds. */
const NAME_CHARS = 200;

/**
 * The branch that holds what the agents of a request changed: `baton/<request id>`. What git allows in no ref is written as `+` and the
 * character's code in hexadecimal; `+` is part of no id, so two ids never share a branch.
 */
export function branchOf(request: string): string {
  const name = request
    .replace(/\.lock$/, '+2elock')
    .replace(/\.$/, '+2e')
    .replace(/\.(?=\.)/g, '+2e')
    .replaceAll(':', '+3a');
  const fits = name.length <= NAME_CHARS;
  return `baton/${fits ? name : `++${createHash('sha256').update(request).digest('hex')}`}`;
}

export const refOf = (branch: string): string => `refs/heads/${branch}`;

import { createHash } from 'node:crypto';

/** A ref's file has to fit into 255 bytes, with the `.lock` that git adds. */
const NAME_CHARS = 200;

/**
 * The branch that holds what the agents of a request changed: `baton/<request id>`. What git allows in no ref is written as `+` and the
 * character's code in hexadecimal; `+` is part of no id, so two ids never share a branch.
 */
export const branchOf = (request: string): string => `baton/${nameOf(request)}`;

/**
 * The branch of its own that holds what an agent made of a task until it is part of the request's branch: `baton-agents/<request id>/<task>.<epoch>`.
 */
export const agentBranchOf = ({ request, task, epoch }: { request: string; task: string; epoch: number }): string =>
  `baton-agents/${nameOf(request)}/${treeNameOf({ task, epoch })
    .replace(/^\./, '+2e')
    .replace(/\.(?=\.)/g, '+2e')}`;

/** Upper case is written as `+` and the small letter, because some file systems take `A` and `a` for the same name. */
export const treeNameOf = ({ task, epoch }: { task: string; epoch: number }): string =>
  `${task.replace(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`)}.${epoch}`;

function nameOf(request: string): string {
  const name = request
    .replace(/\.lock$/, '+2elock')
    .replace(/\.$/, '+2e')
    .replace(/\.(?=\.)/g, '+2e')
    .replaceAll(':', '+3a');
  return name.length <= NAME_CHARS ? name : `++${createHash('sha256').update(request).digest('hex')}`;
}

export const refOf = (branch: string): string => `refs/heads/${branch}`;

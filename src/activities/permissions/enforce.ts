import { createHash } from 'node:crypto';
import type { Objection } from '../../contract/change.js';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { Permission } from '../../contract/mode.js';
import type { Asks, Permit } from '../../contract/task.js';
import type { TreeChange } from '../../workspace/worktree/inspect.js';
import type { AgentTree } from '../../workspace/worktree/worktrees.js';
import { judgeChanges, type Verdict } from './judge.js';

/** Changes of an agent that were undone. At most LIMITS.changedFilesListed of them are named. */
export interface Undone {
  /** Because it may not make them. */
  refused: Listed;
  /** Because a person said so. */
  rejected: Listed;
}

interface Listed {
  named: Objection[];
  leftOut: number;
}

export const NOTHING_UNDONE: Undone = {
  refused: { named: [], leftOut: 0 },
  rejected: { named: [], leftOut: 0 },
};

/** What is left is what may be committed, or what a person is to be asked about first. */
export type Enforced = { kind: 'clear'; undone: Undone } | { kind: 'asks'; asks: Asks; undone: Undone };

export interface Circumstances {
  /** What was undone when an earlier delivery looked. */
  known: Undone;
  /** Awaited before anything is undone, so that a crash cannot make it forgotten. */
  before: (undone: Undone) => Promise<void>;
  permit: Permit | undefined;
  task: string;
}

/**
 * Undoes what the agent may not change. An undone file may bring another to light, as one that said what git ignores does, so it is looked
 * again until nothing is left.
 * @throws BatonError `commit_failed` where that comes to no end
 */
export async function enforce(tree: AgentTree, { modes }: Permission, given: Circumstances): Promise<Enforced> {
  let undone = given.known;
  for (let round = 0; round < LIMITS.undoRounds; round += 1) {
    const verdict = judgeChanges(await tree.changes(), { modes, prefix: tree.prefix });
    const held = verdict.protected;
    const isRefused = verdict.refused.length > 0 || undone.refused.named.length > 0;
    if (!isRefused) {
      if (held.length === 0) return { kind: 'clear', undone };
      const digest = digestOf(held);
      if (given.permit?.digest !== digest)
        return { kind: 'asks', asks: asksFor(held, digest, { tree, ...given }), undone };
      if (given.permit.choice === 'approve') return { kind: 'clear', undone };
      undone = { ...undone, rejected: added(undone.rejected, held.map(rejectedOf)) };
    } else {
      if (verdict.refused.length + held.length === 0) return { kind: 'clear', undone };
      undone = { ...undone, refused: added(undone.refused, [...verdict.refused, ...held]) };
    }
    await given.before(undone);
    await tree.undo([...verdict.refused, ...held].map(({ change }) => change));
  }
  throw new BatonError('commit_failed', 'what the agent may not change could not be undone', {
    hint: 'nothing of it was committed; look at its patch',
  });
}

type Held = Verdict<TreeChange>['protected'];

/** Names exactly these changes: other bytes in one of the files are another digest. */
function digestOf(held: Held): string {
  const lines = held.map(({ change: { raw, before, after, id } }) => [raw.toString('hex'), before, after, id]);
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex');
}

const FILES_SHOWN = 20;

function asksFor(held: Held, digest: string, { tree, task }: { tree: AgentTree; task: string }): Asks {
  const files = held.slice(0, FILES_SHOWN).map(({ path, why, change }) => {
    const what = change.before === 'none' ? 'new' : change.after === 'none' ? 'removed' : 'changed';
    return [path.slice(0, LIMITS.titleChars), `${what}; ${why}`] as const;
  });
  const count = `${held.length} file${held.length === 1 ? '' : 's'}`;
  return {
    question: `The agent of ${task} changed what decides what runs. Take these changes onto the branch, or undo them?`,
    digest,
    summary: `${count} of ${task}: ${held.map(({ path }) => path).join(', ')}`.slice(0, LIMITS.titleChars),
    context: {
      ...Object.fromEntries(files),
      ...(held.length > FILES_SHOWN ? { '…': `and ${held.length - FILES_SHOWN} more` } : {}),
      'look at it with': tree.lookCommand,
    },
  };
}

const rejectedOf = ({ path, why }: Objection): Objection => ({ path, why: `${why}; a person said no` });

function added({ named, leftOut }: Listed, objections: readonly Objection[]): Listed {
  const paths = new Set(named.map(({ path }) => path));
  const fresh = objections.filter(({ path }) => !paths.has(path)).map(({ path, why }) => ({ path, why }));
  const all = [...named, ...fresh];
  const listed = all.slice(0, LIMITS.changedFilesListed);
  return { named: listed, leftOut: leftOut + all.length - listed.length };
}

const PATHS_TOLD = 10;
const PATH_CHARS = 100;

/** For people: what was refused, and that it is undone. */
export function refusalText({ named, leftOut }: Listed, mode: string): string {
  const told = named.slice(0, PATHS_TOLD).map(({ path, why }) => `${path.slice(0, PATH_CHARS)} (${why})`);
  const more = named.length - told.length + leftOut;
  const rest = more > 0 ? `, and ${more} more` : '';
  return `the agent changed what it may not in mode ${mode}, which was undone: ${told.join(', ')}${rest}`;
}

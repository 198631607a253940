import type { Objection } from '../../contract/change.js';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { Permission } from '../../contract/mode.js';
import type { AgentTree } from '../../workspace/worktree/worktrees.js';
import { judgeChanges } from './judge.js';

/** What an agent changed without leave; it is undone. At most LIMITS.changedFilesListed of them are named. */
export interface Refusals {
  named: Objection[];
  leftOut: number;
}

export const NO_REFUSALS: Refusals = { named: [], leftOut: 0 };

/**
 * Undoes what the agent may not change, and says what that was. `before` is awaited with it before anything is undone, so that a crash cannot
 * make it forgotten. An undone file may bring another to light, as one that said what git ignores does, so it is looked again until nothing is left.
 * @throws BatonError `commit_failed` where that comes to no end
 */
export async function enforce(
  tree: AgentTree,
  { modes }: Permission,
  { known, before }: { known: Refusals; before: (refusals: Refusals) => Promise<void> },
): Promise<Refusals> {
  let refusals = known;
  for (let round = 0; round < LIMITS.undoRounds; round += 1) {
    const verdict = judgeChanges(await tree.changes(), { modes, prefix: tree.prefix });
    const objections = [...verdict.refused, ...verdict.protected];
    if (objections.length === 0) return refusals;
    refusals = added(refusals, objections);
    await before(refusals);
    await tree.undo(objections.map(({ change }) => change));
  }
  throw new BatonError('commit_failed', 'what the agent may not change could not be undone', {
    hint: 'nothing of it was committed; look at its patch',
  });
}

function added({ named, leftOut }: Refusals, objections: readonly Objection[]): Refusals {
  const paths = new Set(named.map(({ path }) => path));
  const fresh = objections.filter(({ path }) => !paths.has(path)).map(({ path, why }) => ({ path, why }));
  const all = [...named, ...fresh];
  const listed = all.slice(0, LIMITS.changedFilesListed);
  return { named: listed, leftOut: leftOut + all.length - listed.length };
}

const PATHS_TOLD = 10;

/** For people: what was refused, and that it is undone. */
export function refusalText({ named, leftOut }: Refusals, mode: string): string {
  const told = named
    .slice(0, PATHS_TOLD)
    .map(({ path, why }) => `${path.slice(0, LIMITS.errorTextBytes / 40)} (${why})`);
  const more = named.length - told.length + leftOut;
  const rest = more > 0 ? `, and ${more} more` : '';
  return `the agent changed what it may not in mode ${mode}, which was undone: ${told.join(', ')}${rest}`;
}

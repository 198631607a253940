import type { AgentEnd } from '../../agents/runtimes/port.js';
import type { AgentDefinition } from '../../contract/agent.js';
import { BatonError } from '../../contract/errors.js';
import type { Json } from '../../contract/json.js';
import { LIMITS } from '../../contract/limits.js';
import type { Permission } from '../../contract/mode.js';
import type { AgentSkill } from '../../contract/skill.js';
import type { AgentWork } from '../../contract/report.js';
import type { ArtifactRef, BrokenCheck, MergeConflict, ProcessUsage, TaskError } from '../../contract/task.js';
import type { Changes } from '../../workspace/worktree/changes.js';
import type { Integration } from '../../workspace/worktree/integrate.js';
import type { AgentTree } from '../../workspace/worktree/worktrees.js';
import { enforce, NOTHING_UNDONE, refusalText, type Enforced, type Undone } from '../permissions/enforce.js';
import type { AccountLimit } from './agent-program.js';
import { checkError, runChecksAlone, type Broken } from './checks.js';
import type { Executed, Execution } from './execution.js';
import { answerOf, smallResult } from './value.js';

/** How an agent ended, with what its processes used, and what was found and undone when an earlier delivery looked at its changes. */
export type KeptEnd = AgentEnd & { undone?: Undone; patches?: ArtifactRef[]; processes?: ProcessUsage | null };

export interface Ended {
  agent: AgentDefinition;
  permission: Permission;
  tree: AgentTree;
  end: KeptEnd;
  startedAt: number;
  mayChangeNothing: boolean;
  /** What it carried out, where that was a skill. */
  skill?: AgentSkill;
  /** It met the usage limit of its account, and goes on later. */
  limit?: AccountLimit;
}

/** Makes a result of how the agent ended. Done again after a crash it comes to the same. */
export async function carryOut(execution: Execution, ended: Ended): Promise<Executed> {
  const { tree, end, startedAt } = ended;
  if (ended.limit) {
    const artifacts = await keepPatch(execution, tree);
    const { session } = end;
    const result = { kind: 'limited' as const, startedAt, ...ended.limit, session, artifacts, ...usageOf(end) };
    return { result, details: detailsOf(ended, { text: end.tail }) };
  }
  if (end.kind === 'failed') return failed(execution, ended, { error: withDenials(end.error, end), text: end.tail });
  if (end.kind === 'done') return finished(execution, { ...ended, end });
  if (end.kind === 'parked') {
    const { session, asks } = end;
    return { result: { kind: 'parked', startedAt, session, asks, ...usageOf(end) }, details: {} };
  }
  return cancelled(execution, ended, end.tail);
}

async function cancelled(execution: Execution, ended: Ended, text: string): Promise<Executed> {
  const { startedAt, tree, end } = ended;
  const artifacts = await keepPatch(execution, tree);
  return {
    result: { kind: 'cancelled', startedAt, artifacts, ...usageOf(end) },
    details: detailsOf(ended, { text }),
  };
}

type Finished = Ended & { end: KeptEnd & { kind: 'done' } };

/** It says that it is done: what it changed is looked at, and put onto the request's branch. */
async function finished(execution: Execution, ended: Finished): Promise<Executed> {
  const { deps, task } = execution;
  const { permission, tree, end, startedAt } = ended;
  const { text } = end;
  const answer = text === '' ? [] : [await deps.artifacts.put(`${task.id}.answer.md`, text)];
  const refuse = (code: TaskError['code'], message: string, more: Partial<Failure> = {}): Promise<Executed> => {
    const error = withDenials({ code, message: message.slice(0, LIMITS.errorTextBytes) }, end);
    return failed(execution, ended, { error, text, kept: answer, ...more });
  };
  const unmended = await tree.unmended();
  if (unmended.length > 0) return refuse('merge_conflict', `the agent left both versions in ${unmended.join(', ')}`);
  const said = await answerOf(text, ended.skill);
  if (said && 'error' in said) return refuse(said.error.code, said.error.message, { kept: answer });
  let changes: Integration | undefined;
  let broken: Broken | undefined;
  const look = async (folder: string): Promise<BrokenCheck | undefined> => {
    broken = await runChecksAlone(execution, folder);
    return broken?.check;
  };
  let found: Inspected;
  try {
    found = await inspect(execution, ended);
    const { undone, patches } = found;
    const kept = [...answer, ...patches];
    if (undone.refused.named.length > 0) {
      return await refuse('mode_violation', refusalText(undone.refused, permission.name), { undone, kept });
    }
    if (found.kind === 'asks') {
      const artifacts = [...answer, ...(await keepPatch(execution, tree))];
      const result = { kind: 'parked' as const, startedAt, session: end.session, asks: found.asks, artifacts };
      return { result, details: detailsOf(ended, { text, undone }) };
    }
    changes = await tree.integrate(task.title, task.checks && look);
    if (!changes && undone.rejected.named.length > 0) return await refuse('mode_violation', REJECTED, { undone, kept });
    if (!changes && ended.mayChangeNothing && task.checks) await look(tree.cwd);
  } catch (error) {
    if (execution.signal.reason === 'cancel') return cancelled(execution, ended, text);
    if (!(error instanceof BatonError) || error.code !== 'commit_failed') throw error;
    return refuse('commit_failed', [error.message, error.hint ?? ''].join('\n').trim());
  }
  if (!changes && !ended.mayChangeNothing) return refuse('no_effect', NO_EFFECT);
  const artifacts = [...answer, ...found.patches, ...(broken?.artifacts ?? [])];
  if (!changes && broken) return refuse('check_failed', '', { error: checkError(broken.check), kept: artifacts });
  const common = { startedAt, artifacts, ...usageOf(end) };
  const details = detailsOf(ended, { text, undone: found.undone, changes: workOf(tree, changes) });
  if (changes?.kind === 'conflict')
    return { result: { kind: 'conflicted', conflict: boundedConflict(changes), ...common }, details };
  const summary = summaryOf(end, changes);
  const output = { ...outputOf(end, tree, changes), ...(said && smallResult(said.value)) };
  return { result: { kind: 'completed', summary, output, ...common }, details };
}

const REJECTED = 'a person rejected all that the agent changed, and it was undone';
const NO_EFFECT =
  'the agent says that it is done, and changed nothing; where that may be, the task says effect: optional, or mode: ask';

interface Failure {
  error: TaskError;
  text: string;
  kept?: ArtifactRef[];
  undone?: Undone;
}

async function failed(
  execution: Execution,
  ended: Ended,
  { error, text, kept = [], undone }: Failure,
): Promise<Executed> {
  const { tree, end, startedAt } = ended;
  const artifacts = [...kept, ...(await keepPatch(execution, tree))];
  return {
    result: { kind: 'failed', startedAt, error, artifacts, ...usageOf(end) },
    details: detailsOf(ended, { text, ...(undone ? { undone } : {}) }),
  };
}

const usageOf = ({ usage }: AgentEnd) => (usage ? { usage } : {});

interface Told {
  text: string;
  undone?: Undone;
  changes?: AgentWork['changes'];
}

function detailsOf(
  { agent, end }: Ended,
  { text, undone = end.undone ?? NOTHING_UNDONE, changes = null }: Told,
): Executed['details'] {
  return {
    agent: {
      agent: agent.name,
      turns: end.turns,
      text: text.slice(0, LIMITS.agentPreviewChars),
      denials: end.denials.slice(0, LIMITS.agentDenials),
      ...undoneOf(undone),
      processes: end.processes ?? null,
      changes,
    },
  };
}

function workOf(tree: AgentTree, changes: Integration | undefined): AgentWork['changes'] {
  if (!changes) return null;
  const { commit, files, filesLeftOut } = changes;
  return { branch: changes.kind === 'conflict' ? changes.branch : tree.branch, commit, files, filesLeftOut };
}

function boundedConflict(held: Integration & { kind: 'conflict' }): MergeConflict {
  const { commit, branch, conflicts, against, check } = held;
  const files = conflicts.slice(0, LIMITS.conflictFilesInState).map((path) => path.slice(0, 200));
  return { branch, commit, files, against: against.slice(0, LIMITS.conflictFilesInState), ...(check && { check }) };
}

type Inspected = Enforced & { patches: ArtifactRef[] };

/** Looks at what the agent changed, and undoes what it may not; before that, all of it is kept as a patch of another name. */
async function inspect(execution: Execution, { permission, tree, end }: Ended): Promise<Inspected> {
  const { order, task } = execution;
  let patches = end.patches ?? [];
  const before = async (undone: Undone): Promise<void> => {
    if (patches.length === 0) patches = await keepPatch(execution, tree, 'refused');
    await tree.keepEnd({ ...end, undone, patches } satisfies KeptEnd);
  };
  const known = end.undone ?? NOTHING_UNDONE;
  return { ...(await enforce(tree, permission, { known, before, permit: order.permit, task: task.id })), patches };
}

function undoneOf({ refused, rejected }: Undone): Pick<AgentWork, 'refused' | 'refusedLeftOut'> {
  const named = [...refused.named, ...rejected.named];
  return named.length === 0 ? {} : { refused: named, refusedLeftOut: refused.leftOut + rejected.leftOut };
}

/** The changes of an agent that did not end well; without them where they cannot be read. */
async function keepPatch({ deps, task }: Execution, tree: AgentTree, name = 'changes'): Promise<ArtifactRef[]> {
  const patch = await tree.patch().catch((error: unknown) => {
    deps.log.warn({ task: task.id, error: String(error) }, 'what the agent changed could not be kept');
    return undefined;
  });
  return patch ? [await deps.artifacts.put(`${task.id}.${name}.patch`, patch)] : [];
}

const FILES_IN_RESULT = 50;

function summaryOf(end: AgentEnd & { kind: 'done' }, changes: Changes | undefined): string {
  const count = changes ? changes.files.length + changes.filesLeftOut : 0;
  const changed = changes ? `${count} file${count === 1 ? '' : 's'} changed` : 'nothing changed';
  const said = end.text.replace(/\s+/g, ' ').trim();
  return [changed, ...deniedOf(end), ...(said === '' ? [] : [said])].join('; ').slice(0, LIMITS.agentSummaryChars);
}

function outputOf(end: AgentEnd, { branch }: AgentTree, changes: Changes | undefined): Record<string, Json> {
  const { session, turns, denials } = end;
  const { commit = null, files = [], filesLeftOut = 0 } = changes ?? {};
  // All of them stand in the task's record; what crosses Temporal is bounded.
  const paths = files.slice(0, FILES_IN_RESULT).map(({ path }) => path.slice(0, 300));
  return {
    session,
    turns,
    denials: denials.length,
    branch: changes ? branch : null,
    commit,
    files: paths,
    filesLeftOut: filesLeftOut + files.length - paths.length,
  };
}

/** The tools that the agent was not allowed, each once. */
const deniedOf = ({ denials }: AgentEnd): string[] =>
  denials.length === 0 ? [] : [`not allowed: ${[...new Set(denials.map(({ tool }) => tool))].join(', ')}`];

const withDenials = (error: TaskError, end: AgentEnd): TaskError => ({
  ...error,
  message: [error.message, ...deniedOf(end)].join('; ').slice(0, LIMITS.errorTextBytes),
});

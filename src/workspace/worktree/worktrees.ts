import { readdir, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BatonError } from '../../contract/errors.js';
import type { BrokenCheck } from '../../contract/task.js';
import { writeAtomically } from '../artifacts/atomic.js';
import { folderOf, type RequestFiles } from '../artifacts/requests.js';
import { branchOf, treeNameOf } from './branch.js';
import { patchOf, type Origin, type Tree } from './changes.js';
import { checkOut, folderIn, forget, isFolder, registered, tipOf, type KeptBranch } from './checkout.js';
import { changesIn, undoIn, type TreeChange } from './inspect.js';
import { requireGround } from './ground.js';
import { dropBranch, integrate, mergeInto, unmended, type Integration, type Target } from './integrate.js';
import { inTurn } from './turns.js';
import { readTreeState, type TreeState } from './tree-state.js';

export interface TreeOrder extends Origin {
  attempt: number;
  workspace: string;
  /** Whether the agent goes on with a session, so that its half-done edits must still be there. */
  hasSession: boolean;
  /** The commit that could not be merged, where the agent is to do it, and the branch that holds it. */
  repairs?: { commit: string; branch: string };
  /** Its end was held back by an earlier attempt of the epoch, and is to be carried out now. */
  goesOn?: boolean;
  signal: AbortSignal;
}

/** The worktree of one attempt of an agent at a task. */
export interface AgentTree {
  /** The workspace's folder in it. */
  cwd: string;
  branch: string;
  /** The workspace's folder in the repository, with a slash at its end; empty for the top. */
  prefix: string;
  /** Shows a person what was changed so far. */
  lookCommand: string;
  /** Whether it is the one in which an earlier delivery of this attempt worked. */
  isResumed: boolean;
  /** What was kept of how the agent ended, where only the commit is still missing. */
  ended: unknown;
  /** Of a repair: files that hold two versions between markers; none where the commit can be merged by now. */
  conflicts: readonly string[] | undefined;
  /** Those of them that still hold both versions. */
  unmended(): Promise<string[]>;
  /** Keeps how the agent ended, so that it does not have to work again if the worker dies before the rest is done. */
  keepEnd(end: unknown): Promise<void>;
  /** What differs from where it began; `undo` makes some of it what it was. */
  changes(): Promise<TreeChange[]>;
  undo(changes: readonly TreeChange[]): Promise<void>;
  /**
   * One commit on the request's branch, after those that others put there meanwhile; undefined where nothing was changed. Doing it again finds
   * the same. `check` looks at the workspace's folder in a checkout of what the branch is about to be; meanwhile nobody else moves the branch.
   */
  integrate(title: string, check?: FolderCheck): Promise<Integration | undefined>;
  patch(): Promise<Buffer | undefined>;
  remove(): Promise<void>;
}

/** Gives what is broken in a folder. */
export type FolderCheck = (folder: string) => Promise<BrokenCheck | undefined>;

/** A checkout of what the agents have made so far, for tasks that build on it. */
export interface Snapshot {
  /** The workspace's folder in it. */
  cwd: string;
  commit: string;
  release(): void;
}

/** The worktrees of requests, in `<root>/<request>/` with `root` a folder of the data folder; nothing in them is the user's. */
export class Worktrees {
  readonly #root: string;
  readonly #files: RequestFiles;
  /** Snapshots that tasks of this process use, and how many do. */
  readonly #used = new Map<string, number>();
  readonly #making = new Map<string, Promise<void>>();
  /** By request: what is put onto its branch is put there one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: { root: string; files: RequestFiles }) {
    this.#root = options.root;
    this.#files = options.files;
  }

  /**
   * A worktree for an agent, at the tip of the request's branch, or at its base. One of an earlier delivery is taken up again where the agent
   * goes on with its session, or has ended and only its end has to be carried out; else it starts afresh.
   * @throws BatonError `no_worktree`; the signal's reason where it is aborted
   */
  async forAgent(order: TreeOrder): Promise<AgentTree> {
    const kept = await this.#branch(order);
    const path = join(this.#folder(order.request), treeNameOf(order));
    const state = await readTreeState(path);
    const isKnown = (state?.attempt === order.attempt || order.goesOn === true) && (await isFolder(path));
    if (state && isKnown && (order.hasSession || state.ended !== undefined)) {
      return this.#tree(order, kept, { path, state, isResumed: true });
    }
    await this.#remove(kept.repository, path);
    const start = await tipOf(kept);
    const gitDir = await checkOut(kept, path, start, order.signal);
    const { repairs } = order;
    const conflicts = repairs === undefined ? undefined : await mergeInto({ path, gitDir, start }, repairs.commit);
    const fresh: TreeState = { v: 1, attempt: order.attempt, gitDir, start, ...(conflicts && { conflicts }) };
    await this.#write(`${path}.json`, fresh);
    return this.#tree(order, kept, { path, state: fresh, isResumed: false });
  }

  /** Undefined where no agent of the request has begun, so that the workspace itself is what they left. */
  async snapshot(request: string, signal: AbortSignal): Promise<Snapshot | undefined> {
    const kept = await this.kept(request);
    if (!kept) return undefined;
    const commit = await tipOf(kept);
    const path = join(this.#folder(request), `at-${commit.slice(0, 16)}`);
    this.#use(path, 1);
    try {
      await unlessAborted(signal, this.#make(kept, { request, path, commit }));
      return { cwd: await folderIn(path, kept), commit, release: () => this.#use(path, -1) };
    } catch (error) {
      this.#use(path, -1);
      throw error;
    }
  }

  /** What the agents of a request have put on its branch so far. */
  async result(request: string): Promise<{ branch: string; commit: string } | null> {
    const kept = await this.kept(request);
    return kept?.tip ? { branch: kept.branch, commit: kept.tip } : null;
  }

  /** Removes whatever worktrees a request has left, and what the repository knows of them; its branch stays. */
  async clear(request: string): Promise<void> {
    const kept = await this.kept(request);
    const folder = this.#folder(request);
    if (kept) {
      const real = await realpath(folder).catch(() => folder);
      const names = await readdir(folder).catch(() => []);
      const known = await registered(kept.repository);
      const paths = [
        ...names.filter((name) => !name.endsWith('.json')).map((name) => join(folder, name)),
        ...known.filter((path) => dirname(path) === real || dirname(path) === folder),
      ];
      for (const path of new Set(paths)) await this.#remove(kept.repository, path);
    }
    await rm(folder, { recursive: true, force: true });
  }

  async kept(request: string): Promise<KeptBranch | undefined> {
    return (await this.#files.readJson(request, 'branch.json')) as KeptBranch | undefined;
  }

  async #branch({ request, workspace }: TreeOrder): Promise<KeptBranch> {
    // Agents that begin together begin at one commit.
    return inTurn(this.#turns, request, async () => {
      const known = await this.kept(request);
      if (known) return known;
      const { repository, prefix, head: base } = await requireGround(workspace, request);
      const kept: KeptBranch = { v: 1, repository, prefix, branch: branchOf(request), base, tip: null };
      await this.#files.writeJson(request, 'branch.json', kept);
      return kept;
    });
  }

  async #tree(
    order: TreeOrder,
    kept: KeptBranch,
    { path, state, isResumed }: { path: string; state: TreeState; isResumed: boolean },
  ): Promise<AgentTree> {
    const { request, task, epoch } = order;
    const tree: Tree = { path, gitDir: state.gitDir, start: state.start };
    return {
      cwd: await folderIn(path, kept),
      branch: kept.branch,
      prefix: kept.prefix,
      // Not by the `.git` in the folder, which the agent may have made lead anywhere.
      lookCommand: `git --git-dir=${quoted(state.gitDir)} --work-tree=${quoted(path)} diff --cached ${state.start.slice(0, 12)}`,
      isResumed,
      ended: state.ended,
      keepEnd: (ended) => this.#write(`${path}.json`, { ...state, ended }),
      conflicts: state.conflicts,
      unmended: () => unmended(path, state.conflicts ?? []),
      integrate: async (title, look) => {
        const check =
          look && ((commit: string) => this.#inCheckout(kept, { path, commit, signal: order.signal }, look));
        const made = await this.#integrate(tree, { title, origin: { request, task, epoch }, check });
        if (made?.kind === 'integrated' && order.repairs) await dropBranch(tree, order.repairs.branch);
        return made;
      },
      changes: () => changesIn(tree),
      undo: (changes) => undoIn(tree, changes),
      patch: () => patchOf(tree),
      remove: () => this.#remove(kept.repository, path),
    };
  }

  async #integrate(tree: Tree, target: Omit<Target, 'branch' | 'inTurn'>): Promise<Integration | undefined> {
    const { request } = target.origin;
    const kept = await this.kept(request);
    if (!kept) throw new BatonError('artifact_missing', `the branch of ${request} is not known any more`);
    return integrate(tree, {
      branch: kept.branch,
      ...target,
      inTurn: (work) =>
        inTurn(this.#turns, request, async () => {
          const landing = await work();
          if (landing.kind === 'integrated')
            await this.#files.writeJson(request, 'branch.json', { ...kept, tip: landing.tip });
          return landing;
        }),
    });
  }

  /** In a worktree of its own that is gone afterwards: what a check leaves behind is part of nothing. */
  async #inCheckout(
    kept: KeptBranch,
    { path, commit, signal }: { path: string; commit: string; signal: AbortSignal },
    look: FolderCheck,
  ): Promise<BrokenCheck | undefined> {
    const folder = `${path}.check`;
    await this.#remove(kept.repository, folder);
    try {
      await checkOut(kept, folder, commit, signal).catch((error: unknown) => {
        if (!(error instanceof BatonError)) throw error;
        throw new BatonError('commit_failed', `nothing to run the checks in could be made: ${error.message}`);
      });
      return await look(await folderIn(folder, kept));
    } finally {
      await this.#remove(kept.repository, folder);
    }
  }

  /** Once for all tasks that want it at the same time; it is not given up where one of them is. */
  #make(kept: KeptBranch, snapshot: { request: string; path: string; commit: string }): Promise<void> {
    const { path } = snapshot;
    const making =
      this.#making.get(path) ?? this.#makeSnapshot(kept, snapshot).finally(() => this.#making.delete(path));
    this.#making.set(path, making);
    return making;
  }

  async #makeSnapshot(
    kept: KeptBranch,
    { request, path, commit }: { request: string; path: string; commit: string },
  ): Promise<void> {
    const state = await readTreeState(path);
    if (state?.start === commit && (await isFolder(path))) return;
    for (const name of await readdir(this.#folder(request)).catch(() => [])) {
      const other = join(this.#folder(request), name);
      const isOld = name.startsWith('at-') && !name.includes('.') && !this.#used.has(other);
      if (isOld) await this.#remove(kept.repository, other);
    }
    await this.#remove(kept.repository, path);
    const gitDir = await checkOut(kept, path, commit);
    await this.#write(`${path}.json`, { v: 1, attempt: 0, gitDir, start: commit });
  }

  #use(path: string, by: 1 | -1): void {
    const count = (this.#used.get(path) ?? 0) + by;
    if (count > 0) this.#used.set(path, count);
    else this.#used.delete(path);
  }

  #folder(request: string): string {
    return join(this.#root, folderOf(request));
  }

  /** First the files: git then forgets the worktree, also one that was only half made, or of which an agent left no more than a folder. */
  async #remove(repository: string, path: string): Promise<void> {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    await forget(repository, path);
    await rm(`${path}.json`, { force: true });
  }

  #write(path: string, state: TreeState): Promise<void> {
    return writeAtomically(join(dirname(this.#root), 'tmp'), async (file) => {
      await file.writeFile(`${JSON.stringify(state)}\n`);
      return path;
    });
  }
}

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;

/** Rejects with the signal's reason once it is aborted; the work itself goes on. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const aborted = new Promise<never>((_, fail) => {
    const onAbort = (): void => fail(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true, signal: over.signal });
  });
  work.catch(() => undefined);
  return Promise.race([work, aborted]).finally(() => over.abort());
}

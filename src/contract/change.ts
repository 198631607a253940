/** What stands at a path; `none` where nothing does. */
export type EntryKind = 'none' | 'file' | 'executable' | 'link' | 'submodule';

/** What became of one path of a worktree since its agent began. */
export interface FileChange {
  /** Relative to the repository's top, as it can be shown; bytes that are no UTF-8 stand as `\xNN`. */
  path: string;
  before: EntryKind;
  after: EntryKind;
  /** Where a link leads to, as its text says; of links alone. */
  target?: string;
}

/** A change that does not go onto the branch by itself, and why. */
export interface Objection {
  path: string;
  why: string;
}

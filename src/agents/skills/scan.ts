import { LIMITS } from '../../contract/limits.js';
import { readListed } from '../../workspace/files.js';
import { requireFolder } from '../../workspace/folder.js';
import { listWorkspace, type ListedFile, type Listing } from '../../workspace/listing.js';
import type { SkillContext } from './skill.js';

/** Where a skill works: the folder's absolute path and the files in it. */
export interface Ground {
  root: string;
  listing: Listing;
}

export async function survey(context: SkillContext): Promise<Ground> {
  context.signal.throwIfAborted();
  const root = await requireFolder(context.workspace);
  return { root, listing: await listWorkspace(root, { signal: context.signal }) };
}

/** How many of the files that were offered were not visited, and why. */
export interface ScanTotals {
  text: number;
  /** A NUL byte stands in the first LIMITS.scannedFileBytes. */
  binary: number;
  /** Text longer than LIMITS.scannedFileBytes. */
  tooLarge: number;
  /** Vanished, or became something else, after they were listed. */
  gone: number;
  unreadable: number;
}

export interface ScanOptions {
  ground: Ground;
  context: SkillContext;
  /** Which of the regular files to read; all if absent. */
  only?: (file: ListedFile) => boolean;
  visit(file: ListedFile, content: Buffer): void | Promise<void>;
  /** Told of each binary file, by name. */
  visitBinary?(file: ListedFile): void;
}

/**
 * Visits the text files of a listing one after the other, in its order. Text is a regular file of at most
 * LIMITS.scannedFileBytes without a NUL byte; an empty file is text. The signal is honoured between files.
 */
export async function forEachTextFile(options: ScanOptions): Promise<ScanTotals> {
  const { ground, context, only = () => true } = options;
  const files = ground.listing.files.filter((file) => file.kind === 'file' && only(file));
  const totals: ScanTotals = { text: 0, binary: 0, tooLarge: 0, gone: 0, unreadable: 0 };
  for (let start = 0; start < files.length; start += LIMITS.filesAtOnce) {
    context.signal.throwIfAborted();
    const batch = files.slice(start, start + LIMITS.filesAtOnce);
    const contents = await Promise.all(batch.map((file) => readListed(ground.root, file, LIMITS.scannedFileBytes)));
    for (const [index, file] of batch.entries()) {
      context.signal.throwIfAborted();
      const found = contents[index];
      if (found === undefined) continue;
      if (found.kind !== 'read') {
        totals[found.kind] += 1;
      } else if (found.content.includes(0)) {
        totals.binary += 1;
        options.visitBinary?.(file);
      } else if (!found.complete) {
        totals.tooLarge += 1;
      } else {
        totals.text += 1;
        await options.visit(file, found.content);
      }
    }
    context.progress(Math.floor((100 * (start + batch.length)) / files.length), batch.at(-1)?.path ?? '');
  }
  return totals;
}

/** Figures of what a scan did and did not read; zeros are left out, except that of the files read. */
export function scanFigures(totals: ScanTotals): Record<string, number> {
  const others = {
    'binary files not read': totals.binary,
    'files too large to read': totals.tooLarge,
    'files that vanished': totals.gone,
    'files that may not be read': totals.unreadable,
  };
  const nonZero = Object.entries(others).filter(([, number]) => number > 0);
  return { 'text files read': totals.text, ...Object.fromEntries(nonZero) };
}

/** A function from a position in `text` to its line, counted from 1. Positions must be asked for in ascending order. */
export function lineCounter(text: string): (at: number) => number {
  let [line, from] = [1, 0];
  return (at) => {
    for (let next = text.indexOf('\n', from); next >= 0 && next < at; next = text.indexOf('\n', from)) {
      line += 1;
      from = next + 1;
    }
    return line;
  };
}

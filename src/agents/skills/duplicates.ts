import { LIMITS } from '../../contract/limits.js';

/** A block that stands in two places: `from` and `to` are lines of the file, counted from 1, both included. */
export interface Duplicate {
  /** Normalised lines in the block. */
  lines: number;
  first: Place;
  second: Place;
}

interface Place {
  path: string;
  from: number;
  to: number;
}

/** The normalised lines of many files as numbers, eight bytes a line, at most LIMITS.comparedLines. */
export class LineStore {
  readonly files: { path: string; start: number; end: number }[] = [];
  /** Lines kept. */
  lines = 0;
  /** Files not kept because of the limit. */
  left = 0;
  private hashes = new Uint32Array(1 << 12);
  private numbers = new Uint32Array(1 << 12);

  add(path: string, text: string): void {
    const kept: [number, number][] = [];
    for (const [index, line] of text.split('\n').entries()) {
      if (/[\p{L}\p{N}]/u.test(line)) kept.push([hashOf(line.trim().replaceAll(/\s+/g, ' ')), index + 1]);
    }
    if (this.lines + kept.length > LIMITS.comparedLines) {
      this.left += 1;
      return;
    }
    this.reserve(this.lines + kept.length);
    this.files.push({ path, start: this.lines, end: this.lines + kept.length });
    for (const [hash, number] of kept) {
      this.hashes[this.lines] = hash;
      this.numbers[this.lines] = number;
      this.lines += 1;
    }
  }

  hash(at: number): number {
    return this.hashes[at] ?? 0;
  }

  /** The line of the file that a kept line was. */
  number(at: number): number {
    return this.numbers[at] ?? 0;
  }

  private reserve(lines: number): void {
    if (lines <= this.hashes.length) return;
    const size = Math.max(lines, this.hashes.length * 2);
    const [hashes, numbers] = [new Uint32Array(size), new Uint32Array(size)];
    hashes.set(this.hashes);
    numbers.set(this.numbers);
    [this.hashes, this.numbers] = [hashes, numbers];
  }
}

/**
 * Every block of at least `size` lines that repeats an earlier one, made as long as it goes, without overlap. `largest`
 * holds the longest ones, at most LIMITS.findingsPerSkill. The time is linear in the lines. Throws the reason of an
 * aborted signal.
 */
export function findDuplicates(
  store: LineStore,
  size: number,
  signal: AbortSignal,
): { blocks: number; lines: number; largest: Duplicate[] } {
  const windows = new Windows(store, size);
  let largest: Duplicate[] = [];
  let [blocks, lines] = [0, 0];
  for (const file of store.files) {
    signal.throwIfAborted();
    for (let at = file.start; at + size <= file.end;) {
      const earlier = windows.firstLike(at);
      if (earlier === at || earlier + size > at) {
        at += 1;
        continue;
      }
      const original = fileAt(store, earlier);
      const length = commonLength(store, { earlier, at, size, earlierEnd: Math.min(original.end, at), end: file.end });
      blocks += 1;
      lines += length;
      largest.push({
        lines: length,
        first: { path: original.path, from: store.number(earlier), to: store.number(earlier + length - 1) },
        second: { path: file.path, from: store.number(at), to: store.number(at + length - 1) },
      });
      if (largest.length >= 2 * LIMITS.findingsPerSkill) largest = longest(largest);
      at += length;
    }
  }
  return { blocks, lines, largest: longest(largest) };
}

/**
 * An open-addressed table from the content of `size` lines to the first place where it stands; keys are compared in the
 * store itself.
 */
class Windows {
  private readonly table: Int32Array;
  private readonly mask: number;

  constructor(
    private readonly store: LineStore,
    private readonly size: number,
  ) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, store.lines * 2)));
    this.table = new Int32Array(slots).fill(-1);
    this.mask = slots - 1;
  }

  /** The first place whose lines are those at `at`; `at` itself, which is then remembered, where they are new. */
  firstLike(at: number): number {
    let slot = this.slotOf(at);
    for (let place = this.table[slot] ?? -1; place >= 0; place = this.table[slot] ?? -1) {
      if (this.equal(place, at)) return place;
      slot = (slot + 1) & this.mask;
    }
    this.table[slot] = at;
    return at;
  }

  private slotOf(at: number): number {
    let hash = 0;
    for (let i = 0; i < this.size; i += 1) hash = (Math.imul(hash, 0x01000193) ^ this.store.hash(at + i)) >>> 0;
    return (hash ^ (hash >>> 15)) & this.mask;
  }

  private equal(a: number, b: number): boolean {
    for (let i = 0; i < this.size; i += 1) if (this.store.hash(a + i) !== this.store.hash(b + i)) return false;
    return true;
  }
}

function commonLength(
  store: LineStore,
  o: { earlier: number; at: number; size: number; earlierEnd: number; end: number },
): number {
  let length = o.size;
  while (
    o.earlier + length < o.earlierEnd &&
    o.at + length < o.end &&
    store.hash(o.earlier + length) === store.hash(o.at + length)
  ) {
    length += 1;
  }
  return length;
}

function fileAt(store: LineStore, at: number): { path: string; end: number } {
  let [low, high] = [0, store.files.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((store.files[middle]?.start ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return store.files[low] ?? { path: '', end: at };
}

function longest(blocks: Duplicate[]): Duplicate[] {
  return blocks.sort((a, b) => b.lines - a.lines).slice(0, LIMITS.findingsPerSkill);
}

/** 32-bit FNV-1a over code units. */
function hashOf(line: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < line.length; at += 1) hash = Math.imul(hash ^ line.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

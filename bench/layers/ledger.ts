import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerTask } from './graph.js';

/**
 * Reads what the tasks themselves left in `ledger`: the time in ms from the first begin to the last end.
 * Throws unless every task ran exactly once, and began after all that it depends on had ended.
 */
export function makespanOf(ledger: string, tasks: readonly LayerTask[]): number {
  const ended = new Map<string, number>();
  let [first, last] = [Infinity, 0];
  for (const { id, dependencies } of tasks) {
    const [begin, end] = [timeOf(ledger, `${id}.begin`), timeOf(ledger, `${id}.end`)];
    for (const dependency of dependencies) {
      const before = ended.get(dependency);
      if (before === undefined || before > begin) throw new Error(`${id} began before ${dependency} had ended`);
    }
    ended.set(id, end);
    first = Math.min(first, begin);
    last = Math.max(last, end);
  }
  return last - first;
}

function timeOf(ledger: string, name: string): number {
  const path = join(ledger, name);
  const times = readFileSync(path, 'utf8').length;
  if (times !== 1) throw new Error(`${name} was written ${times} times`);
  return statSync(path).mtimeMs;
}

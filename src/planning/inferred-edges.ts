import { LIMITS } from '../contract/limits.js';
import type { TaskDraft } from '../contract/plan.js';
import { PRIORITIES } from '../contract/task.js';
import { findCycle, formatCycle } from './order.js';
import { refuse } from './references.js';

interface Producer {
  task: number;
  output: string;
}

/**
 * Adds to `edges` (the explicit dependencies, positions) those that follow from declared inputs and outputs: a task waits for every other one
 * whose output meets one of its inputs. Two patterns meet if they are equal, or if one is a folder (`dist/` or `dist/**`) that holds the other, or that
 * is the other. Other globs are compared as texts only: it is cheap, and an edge too few is seen at once, one too many is not.
 *
 * A cycle is broken at its inferred edge of the lowest priority (the lower one of the two tasks'); among equals at the one whose waiting task is
 * defined last. Returns notes on what was added, broken, and put out twice.
 */
export function addInferredEdges(tasks: readonly TaskDraft[], edges: number[][]): string[] {
  const producers = new ProducerIndex(tasks);
  const inferred: Map<number, string>[] = tasks.map(() => new Map<number, string>());
  let count = 0;
  tasks.forEach((task, position) => {
    const explicit = new Set(edges[position]);
    for (const input of task.inputs) {
      for (const { task: producer } of producers.meeting(input)) {
        if (producer === position || explicit.has(producer) || inferred[position]?.has(producer)) continue;
        inferred[position]?.set(producer, input);
        edges[position]?.push(producer);
        count += 1;
        if (count > LIMITS.inferredEdges) {
          const message = `inputs and outputs of the plan imply more than ${LIMITS.inferredEdges} dependencies`;
          refuse([{ path: `tasks[${position}].inputs`, message }]);
        }
      }
    }
  });
  const broken = breakCycles(tasks, edges, inferred);
  const id = (position: number): string => tasks[position]?.id ?? '';
  const added = inferred.flatMap((from, position) =>
    [...from].map(
      ([producer, input]) => `"${id(position)}" waits for "${id(producer)}", which puts out its input ${input}`,
    ),
  );
  return [...broken, ...producers.doubles(id), ...added];
}

function breakCycles(tasks: readonly TaskDraft[], edges: number[][], inferred: Map<number, string>[]): string[] {
  const id = (position: number): string => tasks[position]?.id ?? '';
  const rank = (position: number): number => PRIORITIES.indexOf(tasks[position]?.priority ?? 'normal');
  const notes: string[] = [];
  for (;;) {
    const cycle = findCycle(edges.map((dependencies) => ({ dependencies })));
    if (!cycle) return notes;
    if (notes.length >= LIMITS.inferredCycles) {
      const message = `inputs and outputs form more than ${LIMITS.inferredCycles} cycles; name the dependencies instead`;
      refuse([{ path: `tasks[${cycle[0] ?? 0}].inputs`, message }]);
    }
    const candidates = cycle
      .map((waiting, i) => ({ waiting, producer: cycle[(i + 1) % cycle.length] ?? 0 }))
      .filter(({ waiting, producer }) => inferred[waiting]?.has(producer))
      .map((edge) => ({ ...edge, priority: Math.min(rank(edge.waiting), rank(edge.producer)) }))
      .sort((a, b) => a.priority - b.priority || b.waiting - a.waiting);
    // The explicit edges alone have no cycle, so every cycle has an inferred edge.
    const { waiting, producer } = candidates[0] ?? { waiting: 0, producer: 0 };
    inferred[waiting]?.delete(producer);
    edges[waiting] = (edges[waiting] ?? []).filter((dependency) => dependency !== producer);
    const named = formatCycle(cycle.map(id));
    notes.push(`inputs and outputs form a cycle (${named}); "${id(waiting)}" does not wait for "${id(producer)}"`);
  }
}

/** Outputs by their text, by each folder above them, and by the folder that they stand for. */
class ProducerIndex {
  private readonly exact = new Map<string, Producer[]>();
  private readonly folders = new Map<string, Producer[]>();
  private readonly below = new Map<string, Producer[]>();

  constructor(tasks: readonly TaskDraft[]) {
    tasks.forEach(({ outputs }, task) => {
      for (const raw of new Set(outputs.map((output) => normal(output).text))) {
        const { text, folder } = normal(raw);
        const producer = { task, output: text };
        append(this.exact, text, producer);
        if (folder !== undefined) append(this.folders, folder, producer);
        for (const above of foldersAbove(folder ?? text)) append(this.below, above, producer);
      }
    });
  }

  meeting(input: string): Producer[] {
    const { text, folder } = normal(input);
    const found = [...(this.exact.get(text) ?? [])];
    for (const above of [folder ?? text, ...foldersAbove(folder ?? text)])
      found.push(...(this.folders.get(above) ?? []));
    if (folder !== undefined) found.push(...(this.exact.get(folder) ?? []), ...(this.below.get(folder) ?? []));
    return found;
  }

  doubles(id: (position: number) => string): string[] {
    return [...this.exact]
      .filter(([, producers]) => producers.length > 1)
      .map(([output, producers]) => {
        const names = producers.slice(0, 5).map(({ task }) => `"${id(task)}"`);
        const more = producers.length > 5 ? ` and ${producers.length - 5} more` : '';
        return `${names.join(', ')}${more} put out the same: ${output}`;
      });
  }
}

/** Without `./`; a pattern that stands for a whole folder ends in `/**`, and `folder` is that folder (empty: the workspace). */
function normal(pattern: string): { text: string; folder?: string } {
  const plain = pattern.replace(/^(\.\/)+/, '').replace(/\/$/, '/**');
  if (plain === '**' || plain === '.' || plain === '') return { text: '**', folder: '' };
  return plain.endsWith('/**') ? { text: plain, folder: plain.slice(0, -3) } : { text: plain };
}

function foldersAbove(path: string): string[] {
  const above: string[] = path === '' ? [] : [''];
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) above.push(path.slice(0, slash));
  return above;
}

function append(map: Map<string, Producer[]>, key: string, producer: Producer): void {
  const list = map.get(key);
  if (list) list.push(producer);
  else map.set(key, [producer]);
}

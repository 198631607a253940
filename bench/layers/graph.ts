import { generator } from '../shared/figures.js';

/** One process: the shape that both contenders are given. */
export interface LayerTask {
  id: string;
  argv: string[];
  dependencies: string[];
}

export interface LayerShape {
  layers: number;
  width: number;
  taskMs: number;
  seed: number;
  /** Folder in which each task leaves the times of its begin and its end. */
  ledger: string;
}

/**
 * Layers of equal tasks; each task of a layer depends on one to three of the layer before. The same seed gives the same graph. A task is a shell
 * that sleeps between two lines which it adds to files of its own, whose times and lengths say when and how often it ran.
 */
export function layeredTasks({ layers, width, taskMs, seed, ledger }: LayerShape): LayerTask[] {
  const random = generator(seed);
  const tasks: LayerTask[] = [];
  for (let layer = 0; layer < layers; layer += 1) {
    for (let place = 0; place < width; place += 1) {
      const id = idOf(layer, place);
      const argv = ['sh', '-c', `echo >>"$0.begin"; sleep ${taskMs / 1000}; echo >>"$0.end"`, `${ledger}/${id}`];
      tasks.push({ id, argv, dependencies: layer === 0 ? [] : chosen(random, layer - 1, width) });
    }
  }
  return tasks;
}

/** The least time, in ms, that equal tasks can take: the longest path, or all work divided by the width. */
export function boundMs(tasks: readonly LayerTask[], { width, taskMs }: Pick<LayerShape, 'width' | 'taskMs'>): number {
  const depth = new Map<string, number>();
  for (const { id, dependencies } of tasks) {
    depth.set(id, 1 + Math.max(0, ...dependencies.map((dependency) => depth.get(dependency) ?? 0)));
  }
  return taskMs * Math.max(Math.max(...depth.values()), tasks.length / width);
}

const idOf = (layer: number, place: number): string => `l${String(layer).padStart(2, '0')}-${place}`;

function chosen(random: () => number, layer: number, width: number): string[] {
  const count = 1 + Math.floor(random() * 3);
  const places = new Set(Array.from({ length: count }, () => Math.floor(random() * width)));
  return [...places].sort((a, b) => a - b).map((place) => idOf(layer, place));
}

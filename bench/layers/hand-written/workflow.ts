/** The graph as a Temporal workflow that somebody wrote for it by hand: no plan, no decisions, no pause, no reports. */
import { proxyActivities } from '@temporalio/workflow';
import type { LayerTask } from '../graph.js';
import type * as activities from './activities.js';

const { runProcess } = proxyActivities<typeof activities>({ startToCloseTimeout: '10 minutes' });

export async function layers(tasks: LayerTask[]): Promise<void> {
  const ended = new Map<string, Promise<void>>();
  for (const { id, argv, dependencies } of tasks) {
    const before = Promise.all(dependencies.map((dependency) => ended.get(dependency) ?? Promise.resolve()));
    ended.set(
      id,
      before.then(() => runProcess(argv)),
    );
  }
  await Promise.all(ended.values());
}

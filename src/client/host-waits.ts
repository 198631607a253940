import type { TaskView, TaskWait } from '../contract/view.js';
import { waitText } from '../progress/waits.js';
import type { Place } from './place.js';

/** What Temporal tells of an activity that has not ended. */
interface Pending {
  activityId?: string | null;
  state?: number | null;
}

/** `SCHEDULED` of Temporal's PendingActivityState: no worker has it. */
const SCHEDULED = 1;

/**
 * Tasks that were handed out and that no worker has begun say so: to the engine they run, since only Temporal knows. Where it cannot be asked,
 * they are shown as they are.
 */
export async function withHostWaits({ client }: Place, id: string, tasks: TaskView[]): Promise<TaskView[]> {
  if (!tasks.some(({ status }) => status === 'running')) return tasks;
  const found = await client.workflow
    .getHandle(id)
    .describe()
    .catch(() => undefined);
  return markWaiting(tasks, found?.raw.pendingActivities ?? []);
}

export function markWaiting(tasks: readonly TaskView[], pending: readonly Pending[]): TaskView[] {
  const unbegun = new Set(
    pending.flatMap(({ activityId, state }) =>
      state === SCHEDULED && typeof activityId === 'string' ? [taskOf(activityId)] : [],
    ),
  );
  return tasks.map((task) => {
    if (task.status !== 'running' || !unbegun.has(task.id)) return task;
    const waitsFor: TaskWait = { kind: 'host', agents: task.kind === 'agent' };
    return { ...task, note: task.note ?? waitText(waitsFor), waitsFor };
  });
}

/** Only the newest attempt of a task can be pending. */
const taskOf = (activityId: string): string => activityId.split('/')[0] ?? '';

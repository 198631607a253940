import type { ProcessUsage } from '../contract/task.js';
import type { TaskView } from '../contract/view.js';
import type { RequestFiles } from '../workspace/artifacts/requests.js';

/** Of a record of a task what is read here. */
interface Measured {
  task: string;
  agent?: { processes?: ProcessUsage | null };
}

/** Tasks with what their agents' processes used, where the request runs on this machine; a query can read no files. */
export async function withProcesses(files: RequestFiles, id: string, tasks: TaskView[]): Promise<TaskView[]> {
  if (!tasks.some(({ kind }) => kind === 'agent')) return tasks;
  const found = new Map<string, ProcessUsage>();
  for await (const record of files.records(id)) {
    const { task, agent } = record as Measured;
    if (agent?.processes) found.set(task, agent.processes);
  }
  return tasks.map((task) => {
    const processes = found.get(task.id);
    return processes ? { ...task, processes } : task;
  });
}

import { formatBytes } from '../contract/bytes.js';
import { formatDuration } from '../contract/durations.js';
import type { ProcessUsage } from '../contract/task.js';

/** What an agent's processes used, for people: `1.2s of processor time, 310.5 MiB of memory, 4 processes`. */
export function processesText({ cpuMs, peakMemoryBytes, peakProcesses }: ProcessUsage): string {
  const count = `${peakProcesses} process${peakProcesses === 1 ? '' : 'es'}`;
  return `${formatDuration(cpuMs)} of processor time, ${formatBytes(peakMemoryBytes)} of memory, ${count}`;
}

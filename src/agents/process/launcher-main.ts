/**
 * The launcher's program: starts processes for the worker that it is a child of, and tells it of their output and their end. It imports next
 * to nothing, because its small size is what it is there for. It ends with the worker's end of the channel, and leaves what it started to
 * the reaper.
 */
import type { FromLauncher, ToLauncher } from './launcher.js';
import type { RunningProcess } from './start.js';
import { startProcess } from './start.js';

const running = new Map<number, RunningProcess>();

process.on('message', (message: ToLauncher) => {
  if (message.kind === 'release') running.get(message.id)?.release();
  else if (message.kind === 'input') running.get(message.id)?.write(message.text);
  else void launch(message);
});
process.on('disconnect', () => process.exit(0));
// A signal to all processes of a service must not take it away from a worker that is still ending its tasks.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

async function launch({ id, order }: ToLauncher & { kind: 'start' }): Promise<void> {
  const started = await startProcess(order, (bytes, stream) => tell({ kind: 'output', id, stream, bytes }));
  if ('failure' in started) return tell({ kind: 'failed', id, failure: started.failure });
  running.set(id, started);
  void tell({ kind: 'started', id, pid: started.pid });
  const exit = await started.exit;
  void tell({ kind: 'exit', id, exit });
  await started.closed;
  running.delete(id);
  void tell({ kind: 'closed', id });
}

/** Resolves once the message is in the channel. A worker that is gone is noticed by `disconnect`. */
function tell(message: FromLauncher): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
  });
}

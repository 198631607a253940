import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { LayerTask } from '../graph.js';

const TASK_QUEUE = 'bench-layers';

export interface HandWritten {
  /** Runs the graph to its end; gives the time from start to close of the workflow as Temporal says it, in ms. */
  run(tasks: LayerTask[], id: string): Promise<number>;
  close(): Promise<void>;
}

/** Starts the worker of the hand-written workflow on a server and waits until it polls. */
export async function startHandWritten(address: string, width: number): Promise<HandWritten> {
  const program = fileURLToPath(new URL('worker.js', import.meta.url));
  const worker = spawn(process.execPath, [program, address, TASK_QUEUE, String(width)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(worker, 'exit');
  const ready = (async () => {
    for await (const line of createInterface(worker.stdout)) if (line === 'READY') return;
    throw new Error('the worker of the hand-written workflow ended before it was ready');
  })();
  await ready;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  return {
    async run(tasks, workflowId) {
      const handle = await client.workflow.start('layers', { taskQueue: TASK_QUEUE, workflowId, args: [tasks] });
      await handle.result();
      const { startTime, closeTime } = await handle.describe();
      return (closeTime?.getTime() ?? NaN) - startTime.getTime();
    },
    async close() {
      await connection.close();
      worker.kill('SIGTERM');
      await exited;
    },
  };
}

/** The least that a worker of Temporal's SDK can be, with the same bundle of workflows: what every worker's start is measured against. */
import { NativeConnection, Worker } from '@temporalio/worker';
import { join } from 'node:path';
import { ROOT } from '../shared/machine.js';

const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
const worker = await Worker.create({
  connection,
  taskQueue: 'bench-plain',
  workflowBundle: { codePath: join(ROOT, 'dist', 'workflow-bundle.js') },
  reuseV8Context: true,
  activities: { nothing: () => Promise.resolve() },
});
const running = worker.run();
process.stdout.write('BATON_WORKER_READY\n');
await running;
await connection.close();

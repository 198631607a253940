/** The worker of the hand-written workflow, a process of its own. Its slots are the width of the graph; it prints READY once it polls. */
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities.js';

const [address = '', taskQueue = '', width = '1'] = process.argv.slice(2);
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('workflow.js', import.meta.url)),
  activities,
  maxConcurrentActivityTaskExecutions: Number(width),
  maxEagerActivityReservationsPerWorkflowTask: Number(width),
  maxConcurrentActivityTaskPolls: 2,
  maxConcurrentWorkflowTaskPolls: 4,
  reuseV8Context: true,
});
const running = worker.run();
process.stdout.write('READY\n');
await running;
await connection.close();

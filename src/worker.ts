/**
 * The worker: serves three queues, Baton's own (workflows and light activities), this host's (tasks in its workspaces) and that of its agents.
 * Prints BATON_WORKER_READY once it polls; TERM drains it.
 */
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import type { Composition, Perform, Surroundings } from './compose.js';
import { redact } from './agents/process/redact.js';
import { LIMITS } from './contract/limits.js';
import { agentQueue, hostQueue, NAMESPACE, TASK_QUEUE } from './contract/names.js';
import { resolveHome } from './local/home.js';
import { payloadCodec } from './local/payload-codec.js';
import { withoutLoopbackProxy } from './local/proxy.js';
import { DefaultLogger, loadClientConnectConfig, NativeConnection, Runtime, Worker } from './sdk/worker.js';

const BUNDLE = fileURLToPath(new URL('workflow-bundle.js', import.meta.url));

async function main(): Promise<void> {
  Object.assign(process.env, withoutLoopbackProxy(process.env));
  // Whatever is logged, secrets are taken out of the line.
  const log = pino({ hooks: { streamWrite: (line) => redact(line, []) } });
  installRuntime(log);
  const { connectionOptions, namespace = NAMESPACE } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  const host = process.env['BATON_HOST'] ?? hostname();
  const home = resolveHome();
  const codec = payloadCodec(home);
  const perform: Perform = async (input) => (await composing).perform(input);
  const creating = createWorkers({ connection, namespace, codec }, host, perform);
  const composing = composeAfter(creating, { connection, namespace, home, host, codec, log });
  const [workers, composition] = await Promise.all([creating, composing]);
  const slots = composition.maxProcesses;
  workers.push(await createAgentsWorker({ connection, namespace, codec }, { host, perform, slots }));
  const running = Promise.all(workers.map((worker) => worker.run()));
  process.stdout.write('BATON_WORKER_READY\n');
  log.info({ host, namespace }, 'worker serves');
  await running;
  await composition.close();
  await connection.close();
}

/**
 * The code of the activities is loaded while the thread of the workflows starts, on another processor; the processes beside the worker
 * are started after it, so that they do not delay it.
 */
async function composeAfter(created: Promise<unknown>, surroundings: Surroundings): Promise<Composition> {
  const { compose } = await import('./compose.js');
  await created;
  return compose(surroundings);
}

/** The SDK's own messages go into the worker's log, in its form and at its level. */
function installRuntime(log: Logger): void {
  const logger = new DefaultLogger('DEBUG', ({ level, message, meta }) => {
    const method =
      level === 'TRACE' || level === 'DEBUG'
        ? 'debug'
        : level === 'WARN'
          ? 'warn'
          : level === 'ERROR'
            ? 'error'
            : 'info';
    log[method](meta ?? {}, message);
  });
  Runtime.install({ logger, shutdownSignals: ['SIGTERM', 'SIGINT'] });
}

/** The SDK takes it, but only the type of its own complete options names it. Its default of 5 s is short on a busy machine. */
const PATIENCE = { isolateExecutionTimeout: LIMITS.workerActivationMs };

type Place = Required<Pick<WorkerOptions, 'connection' | 'namespace'>> & Pick<Surroundings, 'codec'>;

async function createWorkers(place: Place, host: string, perform: Perform): Promise<Worker[]> {
  const shared = sharedOptions(place, perform);
  const conducting = Worker.create({
    ...shared,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: BUNDLE },
    maxConcurrentActivityTaskExecutions: LIMITS.workerLightActivities,
    maxConcurrentWorkflowTaskPolls: 4,
    maxConcurrentWorkflowTaskExecutions: LIMITS.workerWorkflowTasks,
    maxCachedWorkflows: LIMITS.workerCachedWorkflows,
    stickyQueueScheduleToStartTimeout: LIMITS.stickyTimeoutMs,
    reuseV8Context: true,
    ...PATIENCE,
  });
  const working = Worker.create({
    ...shared,
    taskQueue: hostQueue(host),
    maxConcurrentActivityTaskExecutions: LIMITS.workerTasks,
  });
  return Promise.all([conducting, working]);
}

/** Its slots bound the processes of agents on this host over all requests. */
function createAgentsWorker(
  place: Place,
  { host, perform, slots }: { host: string; perform: Perform; slots: number },
): Promise<Worker> {
  return Worker.create({
    ...sharedOptions(place, perform),
    taskQueue: agentQueue(host),
    maxConcurrentActivityTaskExecutions: slots,
  });
}

function sharedOptions({ codec, ...place }: Place, perform: Perform) {
  return {
    ...place,
    dataConverter: { payloadCodecs: codec ? [codec] : [] },
    activities: { default: perform },
    maxHeartbeatThrottleInterval: LIMITS.heartbeatIntervalMs,
    defaultHeartbeatThrottleInterval: LIMITS.heartbeatIntervalMs,
    maxConcurrentActivityTaskPolls: 2,
    shutdownGraceTime: 0,
    shutdownForceTime: LIMITS.stopGraceMs,
  } satisfies Partial<WorkerOptions>;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});

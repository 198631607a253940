/**
 * The composition root of a worker: reads this machine's settings, puts the activities together, and serves two queues, Baton's own (workflows
 * and light activities) and this host's (tasks in its workspaces). Prints BATON_WORKER_READY once it polls; TERM drains it.
 */
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import { createActivities, createTaskActivity } from './activities/index.js';
import type { Deps } from './activities/deps.js';
import { createLauncher } from './agents/process/launcher.js';
import { createReaper } from './agents/process/reaper.js';
import { LIMITS } from './contract/limits.js';
import { hostQueue, NAMESPACE, TASK_QUEUE } from './contract/names.js';
import { loadConfig, reloadConfig, type LoadedConfig } from './local/config.js';
import { ensureHome, resolveHome } from './local/home.js';
import { ensureKey, verify } from './local/key.js';
import { withoutLoopbackProxy } from './local/proxy.js';
import { registerAttributes } from './local/search-attributes.js';
import { createArtifactStore } from './workspace/artifacts/store.js';
import { createRequestFiles } from './workspace/artifacts/requests.js';

const BUNDLE = fileURLToPath(new URL('workflow-bundle.js', import.meta.url));

/** What the SDK's logger calls a level, and what ours does. */
const LEVELS = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const;

async function main(): Promise<void> {
  Object.assign(process.env, withoutLoopbackProxy(process.env));
  const home = resolveHome();
  ensureHome(home);
  const loaded = loadConfig({ home });
  const log = pino({ level: LEVELS[loaded.config.logLevel] });
  installRuntime(log, loaded.config.logLevel);
  const { connectionOptions, namespace = NAMESPACE } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  const reaper = createReaper({ onWarning: (message) => log.warn(message) });
  const launcher = createLauncher();
  const deps = createDeps({
    home,
    loaded,
    log,
    reaper,
    launcher,
    attributes: once(() => registerAttributes(connection, namespace, log)),
  });
  const workers = await createWorkers(connection, namespace, deps);
  const running = Promise.all(workers.map((worker) => worker.run()));
  process.stdout.write('BATON_WORKER_READY\n');
  log.info({ host: deps.host, namespace }, 'worker serves');
  await running;
  launcher.close();
  await reaper.close();
  await connection.close();
}

/** Asked for with every request, found out once; what failed is tried again at the next. */
function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= find().catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

/** The SDK's own messages go into the worker's log, in its form. */
function installRuntime(log: Logger, level: keyof typeof LEVELS): void {
  const logger = new DefaultLogger(level === 'WARNING' ? 'WARN' : level, ({ level: name, message, meta }) => {
    const method =
      name === 'TRACE' || name === 'DEBUG' ? 'debug' : name === 'WARN' ? 'warn' : name === 'ERROR' ? 'error' : 'info';
    log[method](meta ?? {}, message);
  });
  Runtime.install({ logger, shutdownSignals: ['SIGTERM', 'SIGINT'] });
}

interface Parts {
  home: string;
  loaded: LoadedConfig;
  log: Logger;
  reaper: Deps['reaper'];
  launcher: Deps['launcher'];
  attributes: Deps['attributes'];
}

function createDeps({ home, loaded, log, reaper, launcher, attributes }: Parts): Deps {
  const paths = ensureHome(home);
  const key = ensureKey(home);
  const lastGood = new Map<string, LoadedConfig>();
  return {
    host: process.env['BATON_HOST'] ?? hostname(),
    installation: home,
    artifacts: createArtifactStore(paths.artifacts),
    files: createRequestFiles(home),
    // Read anew for each use; a file that cannot be used leaves the last good settings in force.
    settings: (workspace) => {
      const { loaded: fresh, problem } = reloadConfig(lastGood.get(workspace) ?? loaded, { home, workspace });
      if (problem) log.warn({ workspace }, `baton.yaml: ${problem.message}; the last good settings stay`);
      lastGood.set(workspace, fresh);
      return fresh.config;
    },
    verify: (text, signature) => verify(key, text, signature),
    attributes,
    reaper,
    launcher,
    // A copy: each look at a variable of `process.env` itself is a call to the system's library.
    environment: { ...process.env },
    log,
  };
}

async function createWorkers(connection: NativeConnection, namespace: string, deps: Deps): Promise<Worker[]> {
  const shared = {
    connection,
    namespace,
    activities: { ...createActivities(deps), default: createTaskActivity(deps) },
    maxHeartbeatThrottleInterval: LIMITS.heartbeatIntervalMs,
    defaultHeartbeatThrottleInterval: LIMITS.heartbeatIntervalMs,
    maxConcurrentActivityTaskPolls: 2,
    shutdownGraceTime: 0,
    shutdownForceTime: LIMITS.stopGraceMs,
  } satisfies Partial<WorkerOptions>;
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
  });
  const working = Worker.create({
    ...shared,
    taskQueue: hostQueue(deps.host),
    maxConcurrentActivityTaskExecutions: LIMITS.workerTasks,
  });
  return Promise.all([conducting, working]);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});

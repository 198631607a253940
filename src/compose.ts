/**
 * The composition root of the activities: reads this machine's settings and puts together what the activities need. The worker loads it
 * while the SDK's thread of workflows starts on another processor.
 */
import { join } from 'node:path';
import type { PayloadCodec } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Deps } from './activities/deps.js';
import { createBreaker } from './agents/limits/breaker.js';
import { createLauncher } from './agents/process/launcher.js';
import { createReaper } from './agents/process/reaper.js';
import { RUNTIME_BY_NAME } from './agents/runtimes/index.js';
import { loadConfig, reloadConfig, type LoadedConfig } from './local/config.js';
import { ensureHome } from './local/home.js';
import { ensureKey, sign, verify } from './local/key.js';
import { registerAttributes } from './local/search-attributes.js';
import { watchConfigurations } from './workspace/audit/configuration.js';
import { AuditLogs } from './workspace/audit/log.js';
import { createArtifactStore } from './workspace/artifacts/store.js';
import { createRequestFiles } from './workspace/artifacts/requests.js';
import { startGitBy } from './workspace/git.js';
import { Worktrees } from './workspace/worktree/worktrees.js';
import { activityInfo } from './sdk/activity.js';

export interface Surroundings {
  connection: NativeConnection;
  namespace: string;
  home: string;
  host: string;
  /** Encrypts what goes to Temporal, where the data folder holds a key for it. */
  codec: PayloadCodec | undefined;
  log: Logger;
}

/** Performs the activity that is asked for, by its type: one of Baton's own, else a task. */
export type Perform = (input: unknown) => Promise<unknown>;

export interface Composition {
  perform: Perform;
  /** Slots for processes of agents. */
  maxProcesses: number;
  close(): Promise<void>;
}

const LEVELS = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const;

export function compose(surroundings: Surroundings): Composition {
  const { home, log } = surroundings;
  ensureHome(home);
  const loaded = loadConfig({ home });
  log.level = LEVELS[loaded.config.logLevel];
  const reaper = createReaper({ onWarning: (message) => log.warn(message) });
  const launcher = createLauncher();
  startGitBy(launcher.start);
  const deps = createDeps(surroundings, { loaded, reaper, launcher });
  const loading = loadActivities(deps);
  return {
    maxProcesses: loaded.config.maxProcesses,
    perform: async (input) => (await loading)(input),
    close: async () => {
      launcher.close();
      await reaper.close();
    },
  };
}

/** Their code is as large as all else together; a worker polls before it has it. */
async function loadActivities(deps: Deps): Promise<Perform> {
  const { createActivities, createTaskActivity } = await import('./activities/index.js');
  const own = new Map<string, unknown>(Object.entries(createActivities(deps)));
  const task = createTaskActivity(deps) as Perform;
  return (input) => ((own.get(activityInfo().activityType) ?? task) as Perform)(input);
}

interface Parts {
  loaded: LoadedConfig;
  reaper: Deps['reaper'];
  launcher: Deps['launcher'];
}

function createDeps(surroundings: Surroundings, { loaded, reaper, launcher }: Parts): Deps {
  const { connection, namespace, home, host, codec, log } = surroundings;
  const paths = ensureHome(home);
  const key = ensureKey(home);
  const files = createRequestFiles(home);
  const audit = new AuditLogs({ home, mac: (text) => sign(key, text) });
  const configurations = watchConfigurations(audit, log);
  configurations(null, loaded);
  const asking = once(async () => (await import('./ask.js')).createAsk({ connection, namespace, codec }));
  const leasing = once(async () => (await import('./leases.js')).createLeases({ connection, namespace, codec }));
  const lastGood = new Map<string, LoadedConfig>();
  return {
    host,
    installation: home,
    encrypts: codec !== undefined,
    artifacts: createArtifactStore(paths.artifacts),
    files,
    audit,
    breaker: createBreaker({ folder: paths.usageLimits, temporary: join(home, 'tmp'), salt: key }),
    worktrees: new Worktrees({ root: paths.worktrees, files }),
    runtimes: RUNTIME_BY_NAME,
    // The client is loaded when the first agent asks.
    ask: async (order, asks, options) => (await asking())(order, asks, options),
    leases: {
      ask: async (ask) => (await leasing()).ask(ask),
      gone: async (holders) => (await leasing()).gone(holders),
    },
    // Read anew for each use; a file that cannot be used leaves the last good settings in force.
    settings: (workspace) => {
      const { loaded: fresh, problem } = reloadConfig(lastGood.get(workspace) ?? loaded, { home, workspace });
      if (problem) log.warn({ workspace }, `baton.yaml: ${problem.message}; the last good settings stay`);
      lastGood.set(workspace, fresh);
      configurations(workspace, fresh);
      return fresh.config;
    },
    verify: (text, signature) => verify(key, text, signature),
    attributes: once(() => registerAttributes(connection, namespace, log)),
    reaper,
    launcher,
    // A copy: each look at a variable of `process.env` itself is a call to the system's library.
    environment: { ...process.env },
    log,
  };
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

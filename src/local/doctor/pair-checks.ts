import { hostname } from 'node:os';
import type { Connection } from '@temporalio/client';
import { LIMITS } from '../../contract/limits.js';
import { hostQueue, SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../contract/names.js';
import { existingCluster, type ExistingCluster } from '../cluster.js';
import { askSupervisor } from '../control.js';
import { databaseVersion } from '../database.js';
import type { Check, DoctorOptions } from '../doctor.js';
import { findPair, type FoundPair } from '../pair.js';
import { connectCluster } from '../temporal.js';

type Given = DoctorOptions & { env: Readonly<Record<string, string | undefined>> };

/** Names, never values: some are secrets. */
const SECRET = /KEY|DATA|TOKEN|AUTH|META/;

export async function serverChecks(given: Given): Promise<Check[]> {
  const settings = settingsCheck(given.env);
  let cluster: ExistingCluster | undefined;
  let pair: FoundPair | undefined;
  try {
    cluster = await existingCluster(given.home, given.env);
    pair = await findPair({ home: given.home, env: given.env });
  } catch (error) {
    return [
      settings,
      { name: 'server', ok: false, detail: (error as Error).message, fix: 'Mend the Temporal settings.' },
    ];
  }
  const processes = [settings, await supervisorCheck(given.home, pair), workerCheck(pair)];
  if (!pair) {
    const written = databaseVersion(given.home);
    const detail = `not running${written === undefined ? '' : `; the database was last written by server ${written}`}`;
    return [
      ...processes,
      { name: 'server', ok: 'warning', detail, fix: 'It starts with the next `baton run` or `baton up`.' },
    ];
  }
  return [...processes, ...(await askServer(pair, given.env, cluster !== undefined))];
}

function settingsCheck(env: Given['env']): Check {
  const names = Object.keys(env)
    .filter((name) => name.startsWith('TEMPORAL_') && env[name] !== undefined)
    .sort();
  const shown = names.map((name) => (SECRET.test(name) ? `${name}=…` : `${name}=${env[name] ?? ''}`));
  return { name: 'settings', ok: true, detail: shown.length > 0 ? shown.join(' ') : 'no TEMPORAL_* variable is set' };
}

async function supervisorCheck(home: string, pair: FoundPair | undefined): Promise<Check> {
  const name = 'supervisor';
  const status = await askSupervisor(home, 'status').catch(() => undefined);
  if (!status) {
    if (!pair?.server && !pair?.worker) return { name, ok: true, detail: 'not running' };
    return {
      name,
      ok: 'warning',
      detail: 'gone; nothing restarts the server or the worker',
      fix: 'The next `baton run` or `baton up` starts one again.',
    };
  }
  const restarts = `restarts: server ${status.serverRestarts}, worker ${status.workerRestarts}`;
  const detail = `pid ${status.pid}, ${status.state}: ${status.step}; ${restarts}`;
  if (status.problem === null) return { name, ok: true, detail };
  return { name, ok: 'warning', detail: `${detail}; last problem: ${status.problem}` };
}

function workerCheck(pair: FoundPair | undefined): Check {
  const worker = pair?.worker;
  if (worker)
    return {
      name: 'worker',
      ok: worker.state === 'ready' || 'warning',
      detail: `pid ${worker.pid}, Baton ${worker.version}, ${worker.state}`,
    };
  const fix = 'It starts with the next `baton run` or `baton up`.';
  return { name: 'worker', ok: 'warning', detail: 'none of this data folder runs', fix };
}

async function askServer(pair: FoundPair, env: Given['env'], existing: boolean): Promise<Check[]> {
  const name = 'server';
  let connection: Connection;
  try {
    connection = await connectCluster(pair.address, { env, existing });
  } catch (error) {
    const fix = existing
      ? 'Start that cluster, or unset TEMPORAL_ADDRESS.'
      : 'Run `baton down`, then `baton up`; see logs/server.log.';
    return [{ name, ok: false, detail: `${pair.address} does not answer: ${(error as Error).message}`, fix }];
  }
  try {
    return await connection.withDeadline(Date.now() + LIMITS.queryMs, async () => {
      const { serverVersion } = await connection.workflowService.getSystemInfo({});
      const place = `${pair.address}, namespace ${pair.namespace}${pair.uiUrl === null ? '' : `, ${pair.uiUrl}`}`;
      const up: Check = { name, ok: true, detail: `${serverVersion ?? 'unknown version'} at ${place}` };
      return [up, await attributeCheck(connection, pair.namespace), await pollerCheck(connection, pair.namespace)];
    });
  } catch (error) {
    return [{ name, ok: false, detail: `${pair.address} answers with an error: ${(error as Error).message}` }];
  } finally {
    await connection.close().catch(() => undefined);
  }
}

async function attributeCheck(connection: Connection, namespace: string): Promise<Check> {
  const name = 'search attributes';
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.filter((attribute) => !(attribute in (customAttributes ?? {})));
  if (missing.length === 0) return { name, ok: true, detail: SEARCH_ATTRIBUTES.join(', ') };
  const create = missing.map((attribute) => `--name ${attribute} --type Keyword`).join(' ');
  return {
    name,
    ok: 'warning',
    detail: `missing: ${missing.join(', ')}; they are left out until they exist`,
    fix: `temporal operator search-attribute create --namespace ${namespace} ${create}`,
  };
}

type PollerKind = NonNullable<Parameters<Connection['workflowService']['describeTaskQueue']>[0]['taskQueueType']>;

/** Those that poll for workflows and for activities, in Temporal's enumeration, whose package is no dependency of Baton's. */
const POLLER_KINDS = [1, 2] as unknown as readonly PollerKind[];

async function pollerCheck(connection: Connection, namespace: string): Promise<Check> {
  const queues = [TASK_QUEUE, hostQueue(hostname())];
  const counts = await Promise.all(
    queues.map(async (queue) => {
      const kinds = await Promise.all(
        POLLER_KINDS.map((taskQueueType) =>
          connection.workflowService.describeTaskQueue({ namespace, taskQueue: { name: queue }, taskQueueType }),
        ),
      );
      return new Set(kinds.flatMap((kind) => (kind.pollers ?? []).map((poller) => poller.identity))).size;
    }),
  );
  const detail = queues.map((queue, index) => `${queue}: ${counts[index] ?? 0}`).join(', ');
  if (counts[0]) return { name: 'polling workers', ok: true, detail };
  return { name: 'polling workers', ok: 'warning', detail, fix: 'Start one with `baton up`.' };
}

import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectLocal } from '../../src/local/temporal.js';
import { askSupervisor } from '../../src/local/control.js';
import { recordDatabaseVersion } from '../../src/local/database.js';
import { ensureHome } from '../../src/local/home.js';
import { ensurePair, findPair, type PairPlace, stopPair } from '../../src/local/pair.js';
import { isAlive, startTimeOf } from '../../src/local/process-identity.js';
import { liveRunFile, readRunFile, type RunFile } from '../../src/local/run-files.js';
import { findServerBinary } from '../../src/local/server-binary/find.js';
import { compileLocalRoom, fixture } from './helpers/compiled.js';
import { eventually, temporaryFolder } from './helpers/folders.js';

const START_MS = 90_000;
let room: ReturnType<typeof compileLocalRoom>;
let home: string;

beforeAll(async () => {
  room = compileLocalRoom();
  await findServerBinary();
}, 25 * 60_000);
afterAll(() => room.remove());
beforeEach(() => {
  home = temporaryFolder();
  const kept = home;
  onTestFinished(async () => {
    await stopPair({ home: kept });
  });
  vi.stubEnv('FAKE_WORKER_TRACE', join(home, 'workers.txt'));
  for (const name of ['TEMPORAL_ADDRESS', 'TEMPORAL_CONFIG_FILE', 'TEMPORAL_PROFILE']) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

const ensure = (onProgress?: (line: string) => void): Promise<PairPlace> =>
  ensurePair({
    home,
    supervisorCommand: [process.execPath, fixture('supervise.mjs'), room.folder, fixture('fake-worker.mjs')],
    ...(onProgress ? { onProgress } : {}),
  });

const live = (name: 'server' | 'worker'): RunFile => {
  const file = liveRunFile(home, name);
  if (!file) throw new Error(`no ${name} runs`);
  return file;
};

async function startWorkflow(address: string, id: string): Promise<void> {
  const connection = await connectLocal(address);
  const { Client } = await import('@temporalio/client');
  await new Client({ connection }).workflow.start('someone', { workflowId: id, taskQueue: 'nobody' });
  await connection.close();
}

async function workflowStatus(address: string, id: string): Promise<string> {
  const connection = await connectLocal(address, 10_000);
  const { Client } = await import('@temporalio/client');
  const { status } = await new Client({ connection }).workflow.getHandle(id).describe();
  await connection.close();
  return status.name;
}

const differentPid = (name: 'server' | 'worker', before: RunFile) => (): RunFile | undefined => {
  const file = liveRunFile(home, name);
  return file && file.pid !== before.pid && file.state === 'ready' ? file : undefined;
};

describe('the pair', () => {
  it(
    'is one server and one worker for two commands at once, and ends as a whole',
    async () => {
      const lines: string[] = [];
      const [first, second] = await Promise.all([ensure((line) => lines.push(line)), ensure()]);
      expect(second).toEqual(first);
      expect(first).toMatchObject({ namespace: 'default', embedded: true });
      expect(lines[0]).toContain('in the background');
      expect(readFileSync(join(home, 'workers.txt'), 'utf8').trim().split('\n')).toHaveLength(1);
      const [server, worker] = [live('server'), live('worker')];
      expect(server).toMatchObject({ v: 1, address: first.address, uiUrl: first.uiUrl, state: 'ready' });
      expect(worker).toMatchObject({ v: 1, address: first.address, version: '0.1.0' });
      expect(await findPair({ home })).toMatchObject({ address: first.address, server, worker });
      expect(await ensure()).toEqual(first);
      expect(await stopPair({ home })).toEqual({
        supervisor: expect.any(Number) as number,
        worker: worker.pid,
        server: server.pid,
      });
      expect([isAlive(server.pid, server.startTime), isAlive(worker.pid, worker.startTime)]).toEqual([false, false]);
      expect([readRunFile(home, 'server'), readRunFile(home, 'worker'), await findPair({ home })]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(await stopPair({ home })).toEqual({ supervisor: null, worker: null, server: null });
      expect((await ensure()).address).toBe(first.address);
    },
    START_MS,
  );

  it(
    'gets a new worker when its worker is killed',
    async () => {
      await ensure();
      const before = live('worker');
      process.kill(before.pid, 'SIGKILL');
      const after = await eventually('another worker', differentPid('worker', before));
      expect(after.address).toBe(before.address);
      expect(await askSupervisor(home, 'status')).toMatchObject({
        state: 'ready',
        workerPid: after.pid,
        workerRestarts: 1,
      });
    },
    START_MS,
  );

  it(
    'gets its server back at the same address with the same data, again and again',
    async () => {
      const { address } = await ensure();
      await startWorkflow(address, 'kept');
      const worker = live('worker');
      for (let round = 0; round < 3; round++) {
        const before = live('server');
        process.kill(before.pid, 'SIGKILL');
        const after = await eventually('another server', differentPid('server', before));
        expect(after.address).toBe(address);
        expect(await workflowStatus(address, 'kept')).toBe('RUNNING');
      }
      expect(live('worker').pid).toBe(worker.pid);
    },
    START_MS,
  );

  it(
    'is adopted as it is after its supervisor was killed',
    async () => {
      const place = await ensure();
      const [server, worker, status] = [live('server'), live('worker'), await askSupervisor(home, 'status')];
      process.kill(status?.pid ?? 0, 'SIGKILL');
      await eventually(
        'the end of the supervisor',
        async () => (await askSupervisor(home, 'status')) === undefined || undefined,
      );
      expect(await ensure()).toEqual(place);
      expect([live('server').pid, live('worker').pid]).toEqual([server.pid, worker.pid]);
      process.kill(worker.pid, 'SIGKILL');
      await eventually('another worker', differentPid('worker', worker));
    },
    START_MS,
  );

  it(
    'comes back on the same database after all three were killed',
    async () => {
      const { address } = await ensure();
      await startWorkflow(address, 'kept');
      const status = await askSupervisor(home, 'status');
      for (const pid of [status?.pid, status?.workerPid, status?.serverPid]) process.kill(pid ?? 0, 'SIGKILL');
      expect((await ensure()).address).toBe(address);
      expect(await workflowStatus(address, 'kept')).toBe('RUNNING');
    },
    START_MS,
  );

  it(
    'is ended also where its supervisor was killed',
    async () => {
      await ensure();
      const [server, worker, status] = [live('server'), live('worker'), await askSupervisor(home, 'status')];
      process.kill(status?.pid ?? 0, 'SIGKILL');
      expect(await stopPair({ home })).toEqual({ supervisor: null, worker: worker.pid, server: server.pid });
      expect([isAlive(server.pid, server.startTime), isAlive(worker.pid, worker.startTime)]).toEqual([false, false]);
    },
    START_MS,
  );

  it(
    'never opens a database that a server without a record still has open',
    async () => {
      const { address } = await ensure();
      await startWorkflow(address, 'kept');
      const [server, status] = [live('server'), await askSupervisor(home, 'status')];
      process.kill(status?.pid ?? 0, 'SIGKILL');
      process.kill(status?.workerPid ?? 0, 'SIGKILL');
      rmSync(join(home, 'run', 'server.json'));
      const lines: string[] = [];
      const after = await ensure((line) => lines.push(line));
      expect(lines.join('\n')).toContain('waiting for another process');
      expect(isAlive(server.pid, server.startTime)).toBe(false);
      expect(await workflowStatus(after.address, 'kept')).toBe('RUNNING');
    },
    START_MS,
  );

  it(
    'keeps its server when a newer command replaces the worker',
    async () => {
      await ensure();
      const [server, worker] = [live('server'), live('worker')];
      vi.stubEnv('FAKE_VERSION', '0.2.0');
      await ensurePair({
        home,
        supervisorCommand: [process.execPath, fixture('supervise.mjs'), room.folder, fixture('fake-worker.mjs')],
        version: '0.2.0',
      });
      expect(live('server').pid).toBe(server.pid);
      expect(live('worker')).toMatchObject({ version: '0.2.0' });
      expect(isAlive(worker.pid, worker.startTime)).toBe(false);
    },
    START_MS,
  );

  it(
    'ends by itself when nothing runs',
    async () => {
      vi.stubEnv('FAKE_IDLE_MS', '1500');
      await ensure();
      const server = live('server');
      await eventually('the end of the server', () => !isAlive(server.pid, server.startTime) || undefined);
      await eventually(
        'the end of the supervisor',
        async () => (await askSupervisor(home, 'status')) === undefined || undefined,
      );
    },
    START_MS,
  );

  it(
    'reports a worker that never becomes ready with what it said',
    async () => {
      vi.stubEnv('FAKE_WORKER_DIES', '1');
      await expect(ensure()).rejects.toMatchObject({
        code: 'no_worker',
        message: expect.stringContaining('cannot work today') as string,
      });
      expect(liveRunFile(home, 'server')).toBeUndefined();
    },
    START_MS,
  );
});

describe('the pair beside an existing cluster', () => {
  it(
    'is a worker alone, which leaves that cluster as it is',
    async () => {
      const cluster = await ensure();
      const [clusterHome, server] = [home, live('server')];
      home = temporaryFolder();
      const own = home;
      onTestFinished(async () => {
        await stopPair({ home: own });
      });
      vi.stubEnv('FAKE_WORKER_TRACE', join(home, 'workers.txt'));
      vi.stubEnv('TEMPORAL_ADDRESS', cluster.address);
      expect(await ensure()).toEqual({ address: cluster.address, uiUrl: null, namespace: 'default', embedded: false });
      expect(readFileSync(join(home, 'workers.txt'), 'utf8')).toContain(` ${cluster.address}\n`);
      expect(existsSync(join(home, 'temporal.db'))).toBe(false);
      expect(readRunFile(home, 'server')).toBeUndefined();
      vi.stubEnv('TEMPORAL_ADDRESS', undefined);
      await expect(ensure()).rejects.toMatchObject({
        code: 'refused',
        hint: expect.stringContaining('baton down') as string,
      });
      const worker = live('worker');
      expect(await stopPair({ home })).toMatchObject({ worker: worker.pid, server: null });
      expect(liveRunFile(clusterHome, 'server')?.pid).toBe(server.pid);
    },
    START_MS,
  );
});

describe('the supervisor', () => {
  it(
    'ends everything when it is asked to by a signal',
    async () => {
      await ensure();
      const [server, worker, status] = [live('server'), live('worker'), await askSupervisor(home, 'status')];
      process.kill(status?.pid ?? 0, 'SIGTERM');
      await eventually(
        'the end of the supervisor',
        async () => (await askSupervisor(home, 'status')) === undefined || undefined,
      );
      expect([isAlive(server.pid, server.startTime), isAlive(worker.pid, worker.startTime)]).toEqual([false, false]);
      expect([readRunFile(home, 'server'), readRunFile(home, 'worker')]).toEqual([undefined, undefined]);
    },
    START_MS,
  );

  it(
    'makes a new database where the first start was cut off, for its owner alone',
    async () => {
      const { database } = ensureHome(home);
      writeFileSync(database, '');
      recordDatabaseVersion(home, '1.29.0', false);
      await ensure();
      expect(statSync(database).mode & 0o777).toBe(0o600);
    },
    START_MS,
  );

  it(
    'refuses a server older than its database, and the waiting command says so',
    async () => {
      const { database } = ensureHome(home);
      writeFileSync(database, '');
      recordDatabaseVersion(home, '99.0.0', true);
      await expect(ensure()).rejects.toMatchObject({
        code: 'no_server',
        message: expect.stringContaining('99.0.0') as string,
      });
      expect(statSync(database).size).toBe(0);
    },
    START_MS,
  );

  it(
    'ends when its data folder is gone, after which a new one starts afresh',
    async () => {
      await ensure();
      const [server, worker, status] = [live('server'), live('worker'), await askSupervisor(home, 'status')];
      const supervisor = startTimeOf(status?.pid ?? 0);
      rmSync(home, { recursive: true, force: true });
      await ensure();
      expect(live('server').pid).not.toBe(server.pid);
      await eventually('the end of the old server', () => !isAlive(server.pid, server.startTime) || undefined);
      await eventually('the end of the old worker', () => !isAlive(worker.pid, worker.startTime) || undefined);
      await eventually(
        'the end of the old supervisor',
        () => startTimeOf(status?.pid ?? 0) !== supervisor || undefined,
      );
      expect([live('server').state, live('worker').state]).toEqual(['ready', 'ready']);
    },
    START_MS,
  );
});

describe('the embedded server', () => {
  it(
    'keeps what ended for thirty days, knows the search attributes, and is reached past a proxy',
    async () => {
      vi.stubEnv('http_proxy', 'http://127.0.0.1:9');
      vi.stubEnv('https_proxy', 'http://127.0.0.1:9');
      const { address } = await ensure();
      const connection = await connectLocal(address);
      const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      expect(Object.keys(customAttributes ?? {})).toEqual(
        expect.arrayContaining(['BatonState', 'BatonIntent', 'BatonWorkspace']),
      );
      await connection.close();
    },
    START_MS,
  );
});

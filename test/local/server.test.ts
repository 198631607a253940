import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { existingCluster, workerEnvironment } from '../../src/local/cluster.js';
import {
  databaseHolders,
  databaseVersion,
  guardDatabase,
  recordDatabaseVersion,
  removeUnservedDatabase,
} from '../../src/local/database.js';
import { ensureHome } from '../../src/local/home.js';
import { answers, choosePorts, isPortFree, recordPorts, splitAddress } from '../../src/local/ports.js';
import { isLoopback, withoutLoopbackProxy } from '../../src/local/proxy.js';
import { serverArguments, serverEnvironment } from '../../src/local/server-arguments.js';
import { compareVersions } from '../../src/local/versions.js';
import { temporaryFolder } from './helpers/folders.js';

async function listening(host = '127.0.0.1'): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen({ port: 0, host }, resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

describe('the arguments of the server', () => {
  it('keep it on loopback, on a durable file, and tuned', () => {
    const args = serverArguments({ port: 7233, uiPort: 8233, database: '/h/temporal.db' });
    const text = args.join(' ');
    for (const part of [
      'server start-dev',
      '--ip 127.0.0.1 --port 7233 --ui-port 8233 --db-filename /h/temporal.db',
      '--sqlite-pragma journal_mode=WAL --sqlite-pragma synchronous=FULL',
      '--dynamic-config-value history.transferProcessorMaxPollRPS=10000',
      '--dynamic-config-value history.workflowIdReuseMinimalInterval="1ms"',
      '--dynamic-config-value matching.useNewMatcher=true',
      '--search-attribute BatonState=Keyword --search-attribute BatonIntent=Keyword --search-attribute BatonWorkspace=Keyword',
    ]) {
      expect(text).toContain(part);
    }
    expect(args.filter((arg) => arg === '--dynamic-config-value')).toHaveLength(17);
  });

  it('come with an environment that holds no settings and no secrets of the user', () => {
    const env = serverEnvironment({
      PATH: '/bin',
      HOME: '/h',
      TEMPORAL_ADDRESS: 'x:1',
      ANTHROPIC_API_KEY: 's',
      HTTPS_PROXY: 'p',
    });
    expect(env).toEqual({
      PATH: '/bin',
      HOME: '/h',
      GOGC: '400',
      NO_PROXY: '127.0.0.1,localhost,::1',
      no_proxy: '127.0.0.1,localhost,::1',
    });
  });
});

describe('ports', () => {
  it('are those from before if free, also over the usual ones', async () => {
    const { home } = ensureHome(temporaryFolder());
    const { port, uiPort } = await choosePorts(home, new Set([7233, 8233]));
    recordPorts(home, { port, uiPort });
    expect(await choosePorts(home)).toEqual({ port, uiPort });
  });

  it('move when something else listens there, on this address or on all', async () => {
    const { home } = ensureHome(temporaryFolder());
    const [port, uiPort] = [await listening(), await listening('0.0.0.0')];
    recordPorts(home, { port, uiPort });
    expect([await isPortFree(port), await isPortFree(uiPort)]).toEqual([false, false]);
    const chosen = await choosePorts(home, new Set([7233, 8233]));
    expect([port, uiPort]).not.toContain(chosen.port);
    expect([port, uiPort]).not.toContain(chosen.uiPort);
    expect(await answers('127.0.0.1', port, 1000)).toBe(true);
    expect(await answers('127.0.0.1', chosen.port, 1000)).toBe(false);
  });

  it('that were recorded wrongly are not used', async () => {
    const { home, run } = ensureHome(temporaryFolder());
    writeFileSync(join(run, 'ports.json'), '{"port": 70000, "uiPort": "x"}');
    expect((await choosePorts(home)).port).toBeLessThan(65_536);
  });

  it('are read out of an address', () => {
    expect([splitAddress('a.b:7233'), splitAddress('[::1]:7'), splitAddress('a.b')]).toEqual([
      { host: 'a.b', port: 7233 },
      { host: '::1', port: 7 },
      undefined,
    ]);
  });
});

describe('the database', () => {
  it('is refused to an older server and copied before a newer one', () => {
    const { home, database } = ensureHome(temporaryFolder());
    guardDatabase(home, '1.29.1');
    recordDatabaseVersion(home, '1.29.1', true);
    writeFileSync(database, 'main');
    writeFileSync(`${database}-wal`, 'log');
    guardDatabase(home, '1.29.1');
    expect(existsSync(`${database}.before-1.29.1`)).toBe(false);
    const older = (): void => guardDatabase(home, '1.9.9');
    expect(older).toThrow(
      expect.objectContaining({ code: 'no_server', message: expect.stringContaining('1.29.1') as string }),
    );
    guardDatabase(home, '1.32.0');
    expect(readFileSync(`${database}.before-1.32.0`, 'utf8')).toBe('main');
    expect(readFileSync(`${database}.before-1.32.0-wal`, 'utf8')).toBe('log');
    recordDatabaseVersion(home, '1.32.0', false);
    expect(databaseVersion(home)).toBe('1.32.0');
  });

  it('is removed only if no server ever answered from it', () => {
    const { home, database } = ensureHome(temporaryFolder());
    writeFileSync(database, 'without a record');
    removeUnservedDatabase(home);
    expect(existsSync(database)).toBe(true);
    recordDatabaseVersion(home, '1.29.1', true);
    recordDatabaseVersion(home, '1.32.0', false);
    removeUnservedDatabase(home);
    expect(existsSync(database)).toBe(true);
    const fresh = ensureHome(temporaryFolder());
    recordDatabaseVersion(fresh.home, '1.29.1', false);
    writeFileSync(fresh.database, 'half');
    writeFileSync(`${fresh.database}-wal`, 'half');
    removeUnservedDatabase(fresh.home);
    expect([existsSync(fresh.database), existsSync(`${fresh.database}-wal`)]).toEqual([false, false]);
  });

  it('is known to be open in another process', async () => {
    const { database } = ensureHome(temporaryFolder());
    writeFileSync(database, '');
    expect(databaseHolders(database)).toEqual([]);
    const child = spawn('sh', ['-c', 'exec 3<"$0"; echo open; read line', database], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');
    expect(databaseHolders(database)).toEqual([child.pid]);
    child.stdin.end();
    await once(child, 'exit');
  });
});

describe('versions', () => {
  it('are compared by number', () => {
    expect(compareVersions('1.29.1', '1.9.9')).toBeGreaterThan(0);
    expect(compareVersions('v20.9.0', '20.19')).toBeLessThan(0);
    expect(compareVersions('1.2.0-beta', '1.2')).toBe(0);
    expect(compareVersions('what', '0.0.1')).toBeLessThan(0);
  });
});

describe('an existing cluster', () => {
  it('is named by TEMPORAL_ADDRESS or a profile of the configuration file', async () => {
    const { home } = ensureHome(temporaryFolder());
    expect(await existingCluster(home, { HOME: home })).toBeUndefined();
    expect(await existingCluster(home, { HOME: home, TEMPORAL_ADDRESS: 'a:1' })).toEqual({
      address: 'a:1',
      namespace: 'default',
    });
    const file = join(home, 'temporal.toml');
    writeFileSync(file, '[profile.work]\naddress = "b:2"\nnamespace = "team"\n');
    const env = { HOME: home, TEMPORAL_CONFIG_FILE: file };
    expect(await existingCluster(home, env)).toBeUndefined();
    expect(await existingCluster(home, { ...env, TEMPORAL_PROFILE: 'work' })).toEqual({
      address: 'b:2',
      namespace: 'team',
    });
    await expect(existingCluster(home, { ...env, TEMPORAL_PROFILE: 'gone' })).rejects.toMatchObject({
      code: 'bad_input',
      path: 'TEMPORAL_PROFILE',
    });
    writeFileSync(file, '');
    expect(await existingCluster(home, env)).toBeUndefined();
    writeFileSync(file, '[profile');
    await expect(existingCluster(home, env)).rejects.toMatchObject({ code: 'bad_input' });
  });

  it('is not the own server whose address was exported', async () => {
    const { home } = ensureHome(temporaryFolder());
    recordPorts(home, { port: 12_345, uiPort: 12_346 });
    expect(await existingCluster(home, { HOME: home, TEMPORAL_ADDRESS: 'localhost:12345' })).toBeUndefined();
    expect(await existingCluster(home, { HOME: home, TEMPORAL_ADDRESS: 'localhost:12347' })).toBeDefined();
  });

  it('is reached by a worker with the user’s settings, the own server without them', async () => {
    const env = { A: '1', TEMPORAL_API_KEY: 's', TEMPORAL_PROFILE: 'work', TEMPORAL_ADDRESS: 'x:1' };
    expect(workerEnvironment(env, undefined)).toEqual(env);
    const own = workerEnvironment(env, { home: '/h', address: '127.0.0.1:7' });
    expect(own).toMatchObject({ A: '1', TEMPORAL_ADDRESS: '127.0.0.1:7', TEMPORAL_NAMESPACE: 'default' });
    expect(Object.keys(own)).not.toContain('TEMPORAL_API_KEY');
    const { loadClientConnectConfig } = await import('@temporalio/envconfig');
    const { connectionOptions } = loadClientConnectConfig({ overrideEnvVars: own as Record<string, string> });
    expect(connectionOptions).toMatchObject({ address: '127.0.0.1:7', tls: undefined, apiKey: undefined });
  });
});

describe('proxies', () => {
  it('are never for this machine', () => {
    expect(withoutLoopbackProxy({ http_proxy: 'p' })).toEqual({
      http_proxy: 'p',
      NO_PROXY: '127.0.0.1,localhost,::1',
      no_proxy: '127.0.0.1,localhost,::1',
    });
    const kept = withoutLoopbackProxy({ NO_PROXY: 'a.b, localhost', no_proxy: 'c', no_grpc_proxy: 'd' });
    expect(kept['NO_PROXY']).toBe('a.b,localhost,c,127.0.0.1,::1');
    expect(kept['no_proxy']).toBe(kept['NO_PROXY']);
    expect(kept['no_grpc_proxy']).toBe('d,127.0.0.1,localhost,::1');
  });

  it('know this machine by its addresses', () => {
    const own = ['127.0.0.1:7233', '127.9.9.9', 'localhost:1', '[::1]:7233', '::1'];
    expect(own.map(isLoopback)).toEqual(own.map(() => true));
    const others = ['128.0.0.1:1', 'localhost.evil.org:1', '127.0.0.1.evil.org', '10.0.0.1'];
    expect(others.map(isLoopback)).toEqual(others.map(() => false));
  });
});

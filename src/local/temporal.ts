import type { Connection } from '@temporalio/client';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { NAMESPACE } from '../contract/names.js';
import { connectionSettings } from './cluster.js';
import { pause } from './processes.js';
import { isLoopback } from './proxy.js';

/** Connects to a server on this machine, never through a proxy. The client is imported here because it is slow to load. */
export async function connectLocal(address: string, timeMs: number = LIMITS.connectMs): Promise<Connection> {
  const { Connection: TemporalConnection } = await import('../sdk/client.js');
  return TemporalConnection.connect({
    address,
    connectTimeout: timeMs,
    ...withoutProxy(address),
  });
}

/** Connects with the standard Temporal settings of `env` to an existing cluster, or plainly to Baton's own server. */
export async function connectCluster(
  address: string,
  options: { env: Readonly<Record<string, string | undefined>>; existing: boolean },
): Promise<Connection> {
  if (!options.existing) return connectLocal(address);
  const [{ Connection: TemporalConnection }, settings] = await Promise.all([
    import('../sdk/client.js'),
    connectionSettings(options.env),
  ]);
  return TemporalConnection.connect({ ...settings, ...withoutProxy(address), connectTimeout: LIMITS.connectMs });
}

/** gRPC would take a proxy from the environment for this machine's own addresses too. */
const withoutProxy = (address: string): { channelArgs?: Record<string, number> } =>
  isLoopback(address) ? { channelArgs: { 'grpc.enable_http_proxy': 0 } } : {};

/** The version of the server if it answers within the time. */
export async function serverHealth(address: string, timeMs: number = LIMITS.connectMs): Promise<string | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await connectLocal(address, timeMs);
    const { workflowService } = connection;
    const info = await connection.withDeadline(Date.now() + timeMs, () => workflowService.getSystemInfo({}));
    return info.serverVersion ?? '';
  } catch {
    return undefined;
  } finally {
    await connection?.close().catch(() => undefined);
  }
}

/** Sets how long the embedded server keeps what ended. A server that has just started may refuse for a moment; that is waited for. */
export async function setRetention(connection: Connection, signal: AbortSignal): Promise<void> {
  const { msToTs } = await import('../sdk/common.js');
  const wanted = msToTs(LIMITS.namespaceRetentionMs);
  const end = Date.now() + LIMITS.serverStartMs;
  for (;;) {
    try {
      const service = connection.workflowService;
      const found = await service.describeNamespace({ namespace: NAMESPACE });
      if (Number(found.config?.workflowExecutionRetentionTtl?.seconds) === Number(wanted.seconds)) return;
      await service.updateNamespace({ namespace: NAMESPACE, config: { workflowExecutionRetentionTtl: wanted } });
      return;
    } catch (cause) {
      signal.throwIfAborted();
      if (Date.now() >= end) {
        throw new BatonError('no_server', `The namespace ${NAMESPACE} cannot be set up: ${String(cause)}`, { cause });
      }
      await pause(LIMITS.processPollMs, signal);
    }
  }
}

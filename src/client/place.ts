import { fileURLToPath } from 'node:url';
import { BatonError } from '../contract/errors.js';
import { VERSION } from '../contract/version.js';
import { ensurePair, findPair, type PairPlace } from '../local/pair.js';
import { resolveHome } from '../local/home.js';
import { payloadCodec } from '../local/payload-codec.js';
import { isLoopback, withoutLoopbackProxy } from '../local/proxy.js';
import type { Client } from '@temporalio/client';

/** Where a command works: Baton's data folder on this machine, and a connection to Temporal. */
export interface Place {
  home: string;
  client: Client;
  pair: PairPlace;
  close(): Promise<void>;
}

const SUPERVISE_MAIN = fileURLToPath(new URL('../supervise.js', import.meta.url));

export interface OpenOptions {
  /** Start the background pair if none runs; otherwise it is `no_server`. */
  start: boolean;
  onProgress?: (line: string) => void;
}

/** Finds the server, or starts it where the command may, and connects. */
export async function openPlace({ start, onProgress }: OpenOptions): Promise<Place> {
  Object.assign(process.env, withoutLoopbackProxy(process.env));
  const home = resolveHome();
  const pair = start
    ? await ensurePair({
        home,
        version: VERSION,
        supervisorCommand: [process.execPath, SUPERVISE_MAIN],
        ...(onProgress ? { onProgress } : {}),
      })
    : await findPair({ home });
  if (!pair) {
    throw new BatonError('no_server', 'no Temporal server runs for this data folder', {
      hint: 'start one with: baton up   (or set TEMPORAL_ADDRESS to a cluster)',
    });
  }
  const { client, close } = await connectTo(pair);
  return { home, client, pair, close };
}

/** The place if a server answers; undefined where none does. Starts none. */
export async function openIfUp(): Promise<Place | undefined> {
  return openPlace({ start: false }).catch((error: unknown) => {
    if (error instanceof BatonError && error.code === 'no_server') return undefined;
    throw error;
  });
}

/** Connects to a server by the standard Temporal settings; an embedded one by its address alone. */
export async function connectTo(pair: PairPlace): Promise<{ client: Client; close: () => Promise<void> }> {
  const { Client: TemporalClient, Connection } = await import('../sdk/client.js');
  const codec = payloadCodec(resolveHome());
  const options = pair.embedded ? { address: pair.address } : await standardOptions();
  const noProxy = isLoopback(pair.address) ? { channelArgs: { 'grpc.enable_http_proxy': 0 } } : {};
  try {
    const connection = await Connection.connect({ ...options, ...noProxy, connectTimeout: CONNECT_MS });
    const dataConverter = { payloadCodecs: codec ? [codec] : [] };
    const client = new TemporalClient({ connection, namespace: pair.namespace, dataConverter });
    return { client, close: () => connection.close() };
  } catch (cause) {
    throw new BatonError('no_server', `no Temporal server answers at ${pair.address}`, {
      hint: 'look at it with: baton doctor',
      cause,
    });
  }
}

const CONNECT_MS = 5000;

async function standardOptions(): Promise<object> {
  const { loadClientConnectConfig } = await import('../sdk/envconfig.js');
  return loadClientConnectConfig().connectionOptions;
}

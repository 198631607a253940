import type { ClientConfigProfile, ClientConnectConfig } from '@temporalio/envconfig';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BatonError } from '../contract/errors.js';
import { NAMESPACE } from '../contract/names.js';
import { homePaths } from './home.js';
import { isLoopback } from './proxy.js';
import { recordedPorts, splitAddress } from './ports.js';

/** A Temporal cluster that exists already, as the standard settings name it. Baton starts no server beside it. */
export interface ExistingCluster {
  address: string;
  namespace: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The cluster of `TEMPORAL_ADDRESS` or of the profile in the Temporal configuration file; `undefined` if neither names an address, or if it
 * is the one that this data folder's own server prints for `export TEMPORAL_ADDRESS=…`. Throws a BatonError (`bad_input`) if the settings
 * cannot be used.
 */
export async function existingCluster(home: string, env: Env = process.env): Promise<ExistingCluster | undefined> {
  const given = definedOnly(env);
  let address: string | undefined;
  let namespace: string | undefined;
  try {
    ({ address, namespace } = await loadSettings(given));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BatonError('bad_input', `The Temporal settings cannot be used: ${why}`, {
      path: given['TEMPORAL_PROFILE'] ? 'TEMPORAL_PROFILE' : 'TEMPORAL_CONFIG_FILE',
      hint: 'Mend the configuration file, or unset TEMPORAL_PROFILE and TEMPORAL_CONFIG_FILE.',
      cause,
    });
  }
  if (!address || isOwnServer(home, address)) return undefined;
  return { address, namespace: namespace || NAMESPACE };
}

/** The settings as options of a connection: address, TLS, key, metadata. */
export async function connectionSettings(env: Env): Promise<ClientConnectConfig['connectionOptions']> {
  const { toClientOptions } = await import('../sdk/envconfig.js');
  return toClientOptions(await loadSettings(definedOnly(env))).connectionOptions;
}

const definedOnly = (env: Env): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));

async function loadSettings(env: Record<string, string>): Promise<ClientConfigProfile> {
  // Where nothing is set, which is the rule, the library need not be loaded for every command.
  if (!Object.keys(env).some((name) => name.startsWith('TEMPORAL_')) && !existsSync(defaultConfigFile(env))) return {};
  const { loadClientConfigProfile } = await import('../sdk/envconfig.js');
  try {
    return loadClientConfigProfile({ overrideEnvVars: env });
  } catch (error) {
    // The library trips over a file without any profile; such a file says nothing, so the variables alone count.
    if (error instanceof TypeError) return loadClientConfigProfile({ overrideEnvVars: env, disableFile: true });
    throw error;
  }
}

/** Where the Temporal command line and libraries look for the configuration file. */
function defaultConfigFile(env: Record<string, string>): string {
  const home = env['HOME'] ?? homedir();
  const folder = process.platform === 'darwin' ? join(home, 'Library', 'Application Support') : join(home, '.config');
  return join((process.platform !== 'darwin' && env['XDG_CONFIG_HOME']) || folder, 'temporalio', 'temporal.toml');
}

function isOwnServer(home: string, address: string): boolean {
  const parts = splitAddress(address);
  return parts !== undefined && isLoopback(address) && recordedPorts(home)?.port === parts.port;
}

/** The environment of a worker: it is told where the server is; for an existing cluster the user's own settings do that. */
export function workerEnvironment(
  env: Env,
  embedded: { home: string; address: string } | undefined,
): Record<string, string | undefined> {
  if (embedded === undefined) return { ...env };
  const own = Object.entries(env).filter(([name]) => !/^TEMPORAL_/.test(name));
  return {
    ...Object.fromEntries(own),
    TEMPORAL_ADDRESS: embedded.address,
    TEMPORAL_NAMESPACE: NAMESPACE,
    // A user's profile may hold a key or TLS for elsewhere; naming a file that is not there keeps it away from the embedded server.
    TEMPORAL_CONFIG_FILE: join(homePaths(embedded.home).run, 'no-temporal-config.toml'),
  };
}

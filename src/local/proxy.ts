type Env = Record<string, string | undefined>;

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'] as const;

/**
 * A copy of `env` in which no proxy is used for this machine's own addresses. Programs differ in which variable they read (gRPC for
 * Node.js only `no_proxy`, and if it is set only `no_grpc_proxy`), so each gets all of the exceptions.
 */
export function withoutLoopbackProxy(env: Readonly<Env>): Env {
  const given = [env['NO_PROXY'], env['no_proxy']].flatMap(entries);
  const list = [...new Set([...given, ...LOOPBACK])].join(',');
  const copy: Env = { ...env, NO_PROXY: list, no_proxy: list };
  const grpc = entries(env['no_grpc_proxy']);
  if (grpc.length > 0) copy['no_grpc_proxy'] = [...new Set([...grpc, ...LOOPBACK])].join(',');
  return copy;
}

/** Whether `address` (`host:port` or a bare host) names this machine itself. */
export function isLoopback(address: string): boolean {
  if (address === '::1') return true;
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

const entries = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

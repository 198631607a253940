import { SEARCH_ATTRIBUTES } from '../contract/names.js';
import type { Ports } from './ports.js';

/**
 * What the dev server is tuned with: without the poll rates a step of a chain takes 96 ms instead of 10, and eager activities save a
 * round trip each. The request limits are those of a shared cluster and only slow down a machine of one's own. Without the waits before a
 * deletion a removed request leaves the lists at once rather than after 10 s.
 */
export const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  'history.transferProcessorMaxPollRPS': '10000',
  'history.timerProcessorMaxPollRPS': '10000',
  'history.workflowIdReuseMinimalInterval': '"1ms"',
  'history.maxInFlightUpdates': '1000',
  'history.rps': '100000',
  'history.persistenceMaxQPS': '100000',
  'matching.numTaskqueueReadPartitions': '1',
  'matching.numTaskqueueWritePartitions': '1',
  'matching.useNewMatcher': 'true',
  'matching.rps': '100000',
  'matching.persistenceMaxQPS': '100000',
  'history.transferProcessorEnsureCloseBeforeDelete': 'false',
  'history.visibilityProcessorEnsureCloseBeforeDelete': 'false',
  'frontend.rps': '100000',
  'frontend.namespaceRPS': '100000',
  'frontend.persistenceMaxQPS': '100000',
  'system.enableActivityEagerExecution': 'true',
};

/** Arguments of `temporal` for the embedded server. WAL with full synchronisation keeps what was acknowledged through a power cut. */
export function serverArguments(options: Ports & { database: string }): string[] {
  const settings = Object.entries(SERVER_SETTINGS).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${value}`,
  ]);
  const attributes = SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  return [
    ...['server', 'start-dev', '--log-level', 'warn', '--ip', '127.0.0.1'],
    ...['--port', String(options.port), '--ui-port', String(options.uiPort)],
    ...['--db-filename', options.database],
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=FULL'],
    ...settings,
    ...attributes,
  ];
}

/** The server gets no more of the user's environment than it needs; above all none of the TEMPORAL_* variables and no secrets. */
export function serverEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    GOGC: '400',
    NO_PROXY: '127.0.0.1,localhost,::1',
    no_proxy: '127.0.0.1,localhost,::1',
  };
}

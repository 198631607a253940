import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getAgentCli } from '../../../scripts/get-agent-cli.mjs';
import type { ScriptedApi } from './scripted-api.js';

/** The folder of an agent's real command line, to stand on PATH, or why there is none. In CI it must be had: there its absence is an error. */
export function cliFolder(name: Parameters<typeof getAgentCli>[0]): { folder: string } | { reason: string } {
  try {
    return { folder: dirname(getAgentCli(name)) };
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A folder to work in beside a fresh home, whose environment reaches no host but this one. */
export interface CliPlace {
  cwd: string;
  home: string;
  env: Record<string, string>;
  /** Has an API closed, and its faults thrown, by `remove`. */
  keep<Seen>(api: ScriptedApi<Seen>): ScriptedApi<Seen>;
  remove(): Promise<void>;
}

export function makeCliPlace(folder: string): CliPlace {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'baton-cli-')));
  const [cwd, home, temporary] = [join(base, 'work'), join(base, 'home'), join(base, 'tmp')];
  for (const each of [cwd, home, temporary]) mkdirSync(each);
  const apis: ScriptedApi<unknown>[] = [];
  const nowhere = 'http://127.0.0.1:9';
  return {
    cwd,
    home,
    env: {
      PATH: `${folder}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
      HOME: home,
      TMPDIR: temporary,
      HTTP_PROXY: nowhere,
      HTTPS_PROXY: nowhere,
      NO_PROXY: '127.0.0.1,localhost',
    },
    keep: (api) => {
      apis.push(api);
      return api;
    },
    remove: async () => {
      await Promise.all(apis.map((api) => api.close()));
      rmSync(base, { recursive: true, force: true, maxRetries: 5 });
      const faults = apis.flatMap((api) => api.faults);
      if (faults.length > 0) throw new Error(faults.join('\n'));
    },
  };
}

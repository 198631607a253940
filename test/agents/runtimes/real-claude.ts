import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cliFolder } from './real-cli.js';
import { scriptedMessages, type MessagesApi, type Turn } from './messages-api.js';

export const claudeFolder = () => cliFolder('claude');

export interface Place {
  /** The agent's folder; a fresh HOME lies beside it. */
  cwd: string;
  /** The environment for one scripted API. Any other host is out of reach. */
  env(api: MessagesApi): Record<string, string>;
  /** An API that is closed, and whose faults are thrown, by `remove`. */
  api(...script: Turn[]): Promise<MessagesApi>;
  remove(): Promise<void>;
}

/** A folder to work in, and a home of its own for Claude Code. */
export function makePlace(claude: string): Place {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'baton-claude-')));
  const [cwd, home, temporary] = [join(base, 'work'), join(base, 'home'), join(base, 'tmp')];
  for (const folder of [cwd, home, temporary]) mkdirSync(folder);
  const apis: MessagesApi[] = [];
  const nowhere = 'http://127.0.0.1:9';
  return {
    cwd,
    env: (api) => ({
      PATH: `${claude}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
      HOME: home,
      TMPDIR: temporary,
      ANTHROPIC_BASE_URL: api.url,
      ANTHROPIC_API_KEY: 'sk-made-up-for-tests-0123456789',
      HTTP_PROXY: nowhere,
      HTTPS_PROXY: nowhere,
      NO_PROXY: '127.0.0.1,localhost',
    }),
    api: async (...script) => {
      const api = await scriptedMessages(script);
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

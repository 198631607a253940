import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What points Codex at a scripted API, in its own home. */
export function configureCodex(home: string, url: string): void {
  const folder = join(home, '.codex');
  mkdirSync(folder, { recursive: true });
  const lines = [
    'model = "gpt-5.5"',
    'model_provider = "scripted"',
    '[model_providers.scripted]',
    'name = "scripted"',
    `base_url = "${url}/v1"`,
    'env_key = "OPENAI_API_KEY"',
    'wire_api = "responses"',
    'request_max_retries = 1',
    'stream_max_retries = 1',
  ];
  writeFileSync(join(folder, 'config.toml'), lines.join('\n'));
}

/** What its tool for changing files is called with, to make a file. */
export const addFile = (name: string, text: string): string =>
  ['*** Begin Patch', `*** Add File: ${name}`, `+${text}`, '*** End Patch', ''].join('\n');

import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
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

/**
 * A folder for PATH with every program of the given one but bubblewrap: Codex prefers a bubblewrap of the system to its own, and with Debian's 0.8 it
 * writes no file in a worktree of git.
 */
export function pathWithoutBubblewrap(folder: string, path: string): string {
  mkdirSync(folder, { recursive: true });
  for (const from of path.split(':')) {
    if (!existsSync(from)) continue;
    for (const name of readdirSync(from)) {
      const link = join(folder, name);
      if (name !== 'bwrap' && !existsSync(link)) symlinkSync(join(from, name), link);
    }
  }
  return folder;
}

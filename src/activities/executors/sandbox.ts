import { homedir } from 'node:os';
import { join } from 'node:path';
import { findBubblewrap, type Sandbox } from '../../agents/process/sandbox.js';
import { BatonError } from '../../contract/errors.js';
import type { Execution } from './execution.js';

/** Where the agents' command lines keep their sessions, logins and caches, below the home folder. */
const STATE = [
  '.claude',
  '.claude.json',
  '.codex',
  '.gemini',
  '.cache',
  '.local/share/opencode',
  '.local/state/opencode',
];
/** Variables that name such a folder. */
const STATE_VARIABLES = ['CLAUDE_CONFIG_DIR', 'CODEX_HOME', 'TMPDIR'];
/** Folders of the home folder with keys to elsewhere. */
const KEYS = ['.ssh', '.gnupg', '.aws', '.azure', '.kube', '.config/gcloud'];

/**
 * What an agent's process may see and write, as the settings say: its worktree, and what its command line keeps. The data folder is hidden.
 * @throws BatonError `not_installed` where a sandbox is demanded and there is none
 */
export async function sandboxFor(
  { deps, settings, workspace }: Execution,
  { worktree, env }: { worktree: string; env: Readonly<Record<string, string>> },
): Promise<Sandbox | undefined> {
  if (settings.sandbox === 'off') return undefined;
  const program = await findBubblewrap(deps.environment['PATH']);
  if (program === undefined) {
    if (settings.sandbox === 'installed') return undefined;
    throw new BatonError(
      'not_installed',
      'baton.yaml demands a sandbox, and bubblewrap does not work on this machine',
      {
        path: 'sandbox',
        hint: 'install bubblewrap (Linux only), or set `sandbox: installed` in BATON_HOME/baton.yaml',
      },
    );
  }
  const home = env['HOME'] ?? homedir();
  const inHome = (paths: readonly string[]): string[] => paths.map((path) => join(home, path));
  const named = STATE_VARIABLES.flatMap((name) => env[name] ?? []);
  const own = settings.sandboxWritable.map((path) => path.replace(/^~(?=\/)/, () => home));
  return {
    program,
    writable: [...inHome(STATE), ...named.filter((path) => path !== '/tmp'), ...own, worktree],
    hidden: [deps.installation, ...inHome(KEYS)],
    readable: [home, workspace],
  };
}

import { LIMITS } from '../contract/limits.js';
import { runCommand } from './server-binary/run-command.js';
import { programOnPath } from './server-binary/verify.js';

export type ClaudeFound = { kind: 'found'; path: string; version: string } | { kind: 'absent'; reason: string };

/** What to do where it is absent. */
export const INSTALL_CLAUDE = 'Install Claude Code (npm install -g @anthropic-ai/claude-code).';

/**
 * The Claude Code command line that a worker with this environment would run. One that is on PATH but does not tell its version, such as
 * the stub that npm leaves where it runs no scripts of packages, counts as absent.
 */
export async function findClaude(env: Readonly<Record<string, string | undefined>>): Promise<ClaudeFound> {
  const path = programOnPath('claude', env);
  if (path === undefined) return { kind: 'absent', reason: 'claude is not on PATH' };
  const run = await runCommand({ command: [path, '--version'], env, timeMs: LIMITS.versionCheckMs });
  const version = run.kind === 'ok' ? /\d+\.\d+\.\d+\S*/.exec(run.stdout)?.[0] : undefined;
  if (version !== undefined) return { kind: 'found', path, version };
  const reason = run.kind === 'failed' ? `: ${run.reason}` : '';
  return { kind: 'absent', reason: `${path} does not tell its version${reason}` };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { claudeServers, type ClaudeServers } from '../../agents/runtimes/claude-mcp.js';
import type { AgentDefinition } from '../../contract/agent.js';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { Permission } from '../../contract/mode.js';
import type { Execution } from './execution.js';

/**
 * The MCP servers of an agent of Claude Code: those of `baton.yaml` of which its mode leaves it tools. What a repository states in `.mcp.json` runs
 * programs, so it counts only in the workspaces that the user names, and as it stands in the user's own folder, which no agent changes.
 * @throws BatonError `bad_input` for a file of such a workspace that cannot be used
 */
export async function mcpFor(
  { settings, workspace }: Execution,
  agent: AgentDefinition,
  { tools }: Permission,
): Promise<ClaudeServers | undefined> {
  if (agent.runtime !== 'claude-code' || !tools.some((tool) => tool.startsWith('mcp__') || tool === '*'))
    return undefined;
  const isTrusted = settings.mcpWorkspaces.includes(workspace);
  return claudeServers(tools, { own: settings.mcp, project: isTrusted ? await projectServers(workspace) : {} });
}

async function projectServers(workspace: string): Promise<Record<string, object>> {
  const file = join(workspace, '.mcp.json');
  const refuse = (why: string): BatonError =>
    new BatonError('bad_input', `${file}: ${why}`, {
      path: '.mcp.json',
      hint: 'mend the file, or take the workspace out of `mcpWorkspaces`',
    });
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw refuse(String(error));
  });
  if (text.length > LIMITS.configBytes) throw refuse(`longer than ${LIMITS.configBytes} characters`);
  let servers: unknown;
  try {
    servers = (JSON.parse(text) as { mcpServers?: unknown } | null)?.mcpServers ?? {};
  } catch {
    throw refuse('it is not JSON');
  }
  if (typeof servers !== 'object' || servers === null || Array.isArray(servers))
    throw refuse('mcpServers: expected servers by their names');
  return Object.fromEntries(
    Object.entries(servers).filter(
      (entry): entry is [string, object] => typeof entry[1] === 'object' && entry[1] !== null,
    ),
  );
}

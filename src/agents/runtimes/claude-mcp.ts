import type { McpServer, McpServers } from '../../contract/mcp.js';
import { MARKER } from '../process/find.js';

/** The servers that an agent may use, as Claude Code takes them. */
export interface ClaudeServers {
  /** What `--mcp-config` takes: JSON in which `${NAME}` stands for a variable of the program's own environment, so that it holds no secret. */
  config: string;
  /** The names of those variables. */
  variables: string[];
}

/**
 * The servers of which an agent has tools (`mcp__NAME__tool`, `mcp__NAME__*`, `mcp__*`): the user's `own`, and of those that a `project` states
 * the ones with other names. A server's process carries the task's marker, and so ends with the task.
 */
export function claudeServers(
  tools: readonly string[],
  { own, project }: { own: McpServers; project: Readonly<Record<string, object>> },
): ClaudeServers | undefined {
  const isNamed = (server: string): boolean => tools.some((tool) => isToolOf(tool.replace(/\(.*$/s, ''), server));
  const chosen = Object.entries(own).filter(([name]) => isNamed(name));
  const theirs = Object.entries(project).filter(([name]) => isNamed(name) && !Object.hasOwn(own, name));
  if (chosen.length + theirs.length === 0) return undefined;
  const entries = [...theirs, ...chosen.map(([name, server]) => [name, entryOf(server)] as const)];
  return {
    config: JSON.stringify({ mcpServers: Object.fromEntries(entries) }),
    variables: chosen.flatMap(([, server]) => variablesOf(server)),
  };
}

const isToolOf = (tool: string, server: string): boolean =>
  tool === `mcp__${server}` ||
  tool.startsWith(`mcp__${server}__`) ||
  (tool.endsWith('*') && `mcp__${server}__`.startsWith(tool.slice(0, -1)));

function entryOf(server: McpServer): object {
  if (server.kind === 'http') return { type: 'http', url: server.url, headers: server.headers };
  const [command, ...args] = server.command;
  const names = [MARKER, ...server.environment];
  return { type: 'stdio', command, args, env: Object.fromEntries(names.map((name) => [name, `\${${name}}`])) };
}

function variablesOf(server: McpServer): string[] {
  if (server.kind === 'stdio') return [...server.environment];
  const named = Object.values(server.headers).flatMap((value) => [
    ...value.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g),
  ]);
  return named.map(([, name = '']) => name);
}

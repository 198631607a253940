/** An MCP server of the user's own `baton.yaml` (EXE-8). Its tools are skills of the name `mcp:<server>/<tool>`. */
export type McpServer =
  | {
      kind: 'stdio';
      /** Program and arguments; no shell sees them. */
      command: readonly string[];
      /** Absolute; null: the folder of the task. */
      cwd: string | null;
      /** Names of variables of the worker that it gets beside those of every task. */
      environment: readonly string[];
    }
  | {
      kind: 'http';
      url: string;
      /** Values in which `${NAME}` stands for a variable of the worker. */
      headers: Readonly<Record<string, string>>;
    };

export type McpServers = Readonly<Record<string, McpServer>>;

export const MCP_PREFIX = 'mcp:';

/** Server and tool of a skill's name; undefined for the name of another skill. */
export function mcpNameOf(skill: string): { server: string; tool: string } | undefined {
  if (!skill.startsWith(MCP_PREFIX)) return undefined;
  const slash = skill.indexOf('/');
  const end = slash < 0 ? skill.length : slash;
  return { server: skill.slice(MCP_PREFIX.length, end), tool: skill.slice(end + 1) };
}

/** A tool as modes, policies and Claude Code name it. */
export const toolNameOf = ({ server, tool }: { server: string; tool: string }): string => `mcp__${server}__${tool}`;

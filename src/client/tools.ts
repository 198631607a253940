import type { McpServers } from '../contract/mcp.js';
import type { DiscoverTools } from '../workspace/skills/book.js';

/** Asks MCP servers of this machine's configuration for their tools; what that takes is loaded where a server is asked. */
export const discoverFor =
  (servers: McpServers, workspace: string): DiscoverTools =>
  async (names) => {
    const { discoverTools } = await import('../agents/mcp/discover.js');
    return discoverTools(names, { servers, cwd: workspace, env: process.env });
  };

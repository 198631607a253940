import { randomUUID } from 'node:crypto';
import type { Tool } from '@modelcontextprotocol/client';
import { LIMITS } from '../../contract/limits.js';
import { MCP_PREFIX, type McpServer, type McpServers } from '../../contract/mcp.js';
import type { JsonSchema, SkillDefinition, SkillProblem } from '../../contract/skill.js';
import { taskEnvironment } from '../process/environment.js';
import type { StartProcess } from '../process/start.js';
import { serverFailure, withServer } from './connect.js';

export interface Discovery {
  servers: McpServers;
  /** Where one without a folder of its own runs. */
  cwd: string;
  /** The environment of this process, of which a server gets a part. */
  env: NodeJS.ProcessEnv;
  start?: StartProcess;
  /** As a reaper wants to know it. */
  watch?: { add(key: string): void; started(key: string, pid: number): void; remove(key: string): void };
}

/** The tools of the named servers as skills, and of each server that cannot be asked in time why not. Never rejects for what a server does. */
export async function discoverTools(
  names: readonly string[],
  discovery: Discovery,
): Promise<{ skills: SkillDefinition[]; problems: SkillProblem[] }> {
  const { servers } = discovery;
  const asked = await Promise.all(
    names.map(async (name) => {
      const path = `${MCP_PREFIX}${name}`;
      const lacks = (message: string) => ({
        skills: [],
        problems: [{ path, source: 'mcp' as const, message: `${path}: ${message}` }],
      });
      const server = Object.hasOwn(servers, name) ? servers[name] : undefined;
      if (!server) {
        const known = Object.keys(servers).join(', ') || 'none';
        return lacks(`there is no such MCP server in BATON_HOME/baton.yaml; there are: ${known}`);
      }
      try {
        return { skills: await toolsOf(name, server, discovery), problems: [] };
      } catch (error) {
        return lacks(serverFailure(name, error).message);
      }
    }),
  );
  return { skills: asked.flatMap(({ skills }) => skills), problems: asked.flatMap(({ problems }) => problems) };
}

async function toolsOf(
  name: string,
  server: McpServer,
  { cwd, env, start, watch }: Discovery,
): Promise<SkillDefinition[]> {
  const taskKey = `baton-mcp-${randomUUID()}`;
  watch?.add(taskKey);
  try {
    const tools = await withServer(
      {
        name,
        server,
        cwd: server.kind === 'stdio' && server.cwd !== null ? server.cwd : cwd,
        env: server.kind === 'http' ? definedOf(env) : environmentOf(server.environment, { env, taskKey, name }),
        taskKey,
        timeLimitMs: LIMITS.mcpDiscoveryMs,
        killGraceMs: LIMITS.killGraceMs,
        hooks: {
          signal: AbortSignal.timeout(LIMITS.mcpDiscoveryMs),
          ...(start && { start }),
          onStart: (pid) => watch?.started(taskKey, pid),
        },
      },
      async (client, bounds) => (await client.listTools(undefined, bounds)).tools,
    );
    return tools.slice(0, LIMITS.mcpTools).map((tool) => skillOf(name, tool));
  } finally {
    watch?.remove(taskKey);
  }
}

/** What of the worker's variables a server of this machine gets. */
function environmentOf(
  declared: readonly string[],
  { env, taskKey, name }: { env: NodeJS.ProcessEnv; taskKey: string; name: string },
): Record<string, string> {
  const task = { requestId: 'skills', taskId: name, epoch: 0, attempt: 1, idempotencyKey: `skills/${name}/0`, taskKey };
  return taskEnvironment({ worker: env, declared, task, extra: {} });
}

const definedOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));

function skillOf(
  server: string,
  { name: tool, title, description, inputSchema, outputSchema, annotations }: Tool,
): SkillDefinition {
  return {
    v: 1,
    name: `${MCP_PREFIX}${server}/${tool}`,
    description: (description ?? title ?? annotations?.title ?? tool).slice(0, LIMITS.agentDescriptionChars),
    source: 'mcp',
    work: { kind: 'tool', server, tool },
    input: inputSchema as JsonSchema,
    output: (outputSchema as JsonSchema | undefined) ?? null,
    // What a server says of its tool is shown, and decides nothing.
    effect: annotations?.readOnlyHint === true ? 'reads' : 'writes',
    timeLimitMs: null,
    path: '',
  };
}

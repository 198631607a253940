import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { McpServer } from '../../../src/contract/mcp.js';

const PROGRAM = join(import.meta.dirname, 'server.mjs');

/** A real server over standard streams. */
export const stdioServer = (environment: string[] = []): McpServer => ({
  kind: 'stdio',
  command: [process.execPath, PROGRAM],
  cwd: null,
  environment,
});

/** The same on loopback, with the header that it wants; `stop` ends it. */
export async function httpServer(path = '/mcp'): Promise<{ server: McpServer; url: string; stop: () => void }> {
  const child = spawn(process.execPath, [PROGRAM, 'http'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = `${line.toString().trim()}${path}`;
  const server: McpServer = { kind: 'http', url, headers: { Authorization: 'Bearer ${TEST_TOKEN}' } };
  return { server, url, stop: () => child.kill('SIGKILL') };
}

/** A real MCP server for tests: over standard streams, or, given `http`, on loopback; it prints its URL then. */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const text = (value) => ({ content: [{ type: 'text', text: value }] });

function makeServer() {
  const server = new McpServer({ name: 'test', version: '1.0.0' });
  const tool = (name, config, run) => server.registerTool(name, config, run);
  tool(
    'add',
    {
      description: 'Adds two numbers.',
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
      annotations: { readOnlyHint: true },
    },
    ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: a + b } }),
  );
  tool('say', { description: 'Says it.', inputSchema: z.object({ what: z.string() }) }, ({ what }) => text(what));
  tool('fail', { inputSchema: z.object({}) }, () => ({ ...text('the disk is full'), isError: true }));
  tool('huge', { inputSchema: z.object({}) }, () => text('x'.repeat(9 * 1024 * 1024)));
  tool('environment', { inputSchema: z.object({}) }, () =>
    text(JSON.stringify({ ...process.env, cwd: process.cwd() })),
  );
  tool('die', { inputSchema: z.object({}) }, () => {
    process.stderr.write('out of luck\n');
    process.exit(3);
  });
  tool('wait', { inputSchema: z.object({ log: z.string() }) }, async ({ log }) => {
    const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    appendFileSync(log, `${process.pid}\n${child.pid}\n`);
    await sleep(600_000);
    return text('done');
  });
  return server;
}

if (process.argv[2] !== 'http') await makeServer().connect(new StdioServerTransport());
else {
  const http = createServer(async (incoming, outgoing) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    if (incoming.headers.authorization !== 'Bearer of-a-test') return outgoing.writeHead(401).end('who are you?');
    if (incoming.url === '/away') return outgoing.writeHead(302, { location: '/mcp' }).end();
    const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await makeServer().connect(transport);
    const body = incoming.method === 'POST' ? Buffer.concat(chunks) : null;
    const request = new globalThis.Request(`http://127.0.0.1${incoming.url}`, {
      method: incoming.method,
      headers: incoming.headers,
      body,
    });
    const answer = await transport.handleRequest(request);
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const chunk of answer.body ?? []) outgoing.write(chunk);
    outgoing.end();
  });
  http.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${http.address().port}\n`));
}

import { z } from 'zod';
import { LIMITS } from '../limits.js';
import type { McpServer } from '../mcp.js';
import { endpointHeaders, endpointUrl } from './endpoint.js';

/** A server under `mcp` in `baton.yaml`. */
const mcpServerFields = z
  .strictObject({
    command: z
      .array(z.string().min(1, 'empty').max(LIMITS.pathChars))
      .min(1, 'empty')
      .max(LIMITS.runtimeRules)
      .describe('Program and arguments of a server that speaks over its standard streams.'),
    cwd: z.string().regex(/^\//, 'an absolute path is needed').describe('Its folder. Without it: that of the task.'),
    environment: z
      .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'expected the name of an environment variable'))
      .max(LIMITS.runtimeRules)
      .describe('Names of variables of the worker that it gets beside those of every task.'),
    url: endpointUrl.describe('Of a server that is reached by HTTP.'),
    headers: endpointHeaders.describe('Sent with each request; `${NAME}` stands for a variable of the worker.'),
  })
  .partial()
  .superRefine((fields, context) => {
    const say = (message: string, path: string[] = []): void => context.addIssue({ code: 'custom', message, path });
    const { command, url } = fields;
    if ((command === undefined) === (url === undefined)) say('needs either command or url');
    for (const field of ['cwd', 'environment'] as const)
      if (url !== undefined && fields[field] !== undefined) say('goes with command only', [field]);
    if (command !== undefined && fields.headers !== undefined) say('goes with url only', ['headers']);
  });

export const mcpServers = z
  .record(
    z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name has lower-case letters, digits and dashes'),
    mcpServerFields,
  )
  .refine((servers) => Object.keys(servers).length <= LIMITS.mcpServers, `more than ${LIMITS.mcpServers} servers`);

export function mcpServerOf({
  command,
  cwd,
  environment,
  url = '',
  headers,
}: z.output<typeof mcpServerFields>): McpServer {
  if (command) return { kind: 'stdio', command, cwd: cwd ?? null, environment: environment ?? [] };
  return { kind: 'http', url, headers: headers ?? {} };
}

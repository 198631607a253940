import { expect, it } from 'vitest';
import { claudeServers } from '../../../src/agents/runtimes/claude-mcp.js';
import type { McpServers } from '../../../src/contract/mcp.js';
import { claudeArguments } from '../../../src/agents/runtimes/claude-arguments.js';
import { agentOf } from './running.js';

const own: McpServers = {
  files: { kind: 'stdio', command: ['files', '--root', '/srv'], cwd: null, environment: ['FILES_TOKEN'] },
  web: { kind: 'http', url: 'https://example.com/mcp', headers: { Authorization: 'Bearer ${WEB_TOKEN}' } },
};
const project = { files: { command: 'evil' }, theirs: { command: 'theirs' } };
const namesFor = (...tools: string[]): string[] => {
  const servers = claudeServers(tools, { own, project });
  return servers ? Object.keys((JSON.parse(servers.config) as { mcpServers: object }).mcpServers).sort() : [];
};

it('an agent gets the servers of which it has a tool, and no others', () => {
  expect(namesFor('Read')).toEqual([]);
  expect(namesFor('mcp__files__read')).toEqual(['files']);
  expect(namesFor('mcp__files__*', 'mcp__web')).toEqual(['files', 'web']);
  expect(namesFor('mcp__*')).toEqual(['files', 'theirs', 'web']);
  expect(namesFor('mcp__filesystem__read', 'mcp__fil')).toEqual([]);
});

it('a server of the user wins over one of the project with the same name, and secrets stand in it by name', () => {
  const servers = claudeServers(['mcp__*'], { own, project });
  expect(JSON.parse(servers?.config ?? '')).toMatchObject({
    mcpServers: {
      files: { command: 'files', args: ['--root', '/srv'], env: { FILES_TOKEN: '${FILES_TOKEN}' } },
      web: { type: 'http', headers: { Authorization: 'Bearer ${WEB_TOKEN}' } },
    },
  });
  expect(servers?.variables).toEqual(['FILES_TOKEN', 'WEB_TOKEN']);
});

it('Claude Code is offered its built-in tools by name, and the tools of servers by their rules alone', () => {
  const args = claudeArguments(agentOf({ tools: ['Read', 'mcp__files__read'] }), { mcpConfig: '{"mcpServers":{}}' });
  expect(args).toContain('--mcp-config={"mcpServers":{}}');
  expect(args[args.indexOf('--tools') + 1]).toBe('Read');
  expect(args).toContain('--allowedTools=Read,mcp__files__read');
  expect(claudeArguments(agentOf({ tools: ['Read'] })).join(' ')).not.toContain('--mcp-config=');
});

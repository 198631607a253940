import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Runtime } from '../../src/agents/runtimes/port.js';
import { repositoryWith } from '../workspace/folders.js';
import { done, stage } from './agents.js';

async function staged(tools: string[], isTrusted: boolean) {
  const seen: (string | undefined)[] = [];
  const runtime: Runtime = ({ mcpConfig }) => {
    seen.push(mcpConfig);
    return Promise.resolve(done('ok'));
  };
  const repository = repositoryWith({ '.mcp.json': '{"mcpServers": {"theirs": {"command": "theirs"}}}' });
  const fix = { id: 'fix', action: { kind: 'agent' as const, prompt: 'Fix.', effect: 'optional' as const } };
  const made = await stage(repository, { 'claude-code': runtime }, [fix], { runtime: 'claude-code', tools });
  Object.assign(made.deps.settings(repository), { mcpWorkspaces: isTrusted ? [repository] : [] });
  return { ...made, repository, seen };
}

it('a server that a repository states reaches an agent only in a workspace that the user named', async () => {
  const [trusted, foreign] = [await staged(['mcp__theirs__*'], true), await staged(['mcp__theirs__*'], false)];
  await Promise.all([trusted.deliver('fix').ended, foreign.deliver('fix').ended]);
  expect(trusted.seen).toEqual(['{"mcpServers":{"theirs":{"command":"theirs"}}}']);
  expect(foreign.seen).toEqual([undefined]);
});

it('an agent without tools of servers gets none', async () => {
  const { deliver, seen } = await staged(['Read'], true);
  await deliver('fix').ended;
  expect(seen).toEqual([undefined]);
});

it.each(['{', '{"mcpServers": []}', '[1]'.repeat(200_000)])(
  'a file that cannot be used is told, not left aside',
  async (text) => {
    const { deliver, repository, seen } = await staged(['mcp__theirs__*'], true);
    writeFileSync(join(repository, '.mcp.json'), text);
    await expect(deliver('fix').ended).rejects.toMatchObject({ type: 'bad_input' });
    expect(seen).toEqual([]);
  },
);

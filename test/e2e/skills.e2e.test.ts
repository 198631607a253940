import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpServer } from '../agents/mcp/servers.js';
import { Sandbox } from './harness.js';

const SERVER = resolve(import.meta.dirname, '../agents/mcp/server.mjs');
const COUNT = `import { text } from 'node:stream/consumers';
const { of } = JSON.parse(await text(process.stdin));
console.log(JSON.stringify({ words: of === 'lies' ? 'many' : of.split(' ').length }));`;
const SKILL = `---
description: Counts words.
command: [node, "{folder}/count.mjs"]
input: { type: object, properties: { of: { type: string } }, required: [of] }
output: { type: object, properties: { words: { type: integer } }, required: [words] }
---
`;

interface Result {
  status: string;
  tasks: { id: string; status: string; error?: { code: string; message: string } }[];
  decisions: { question: string }[];
  artifacts: { name: string; path: string }[];
}

let sandbox: Sandbox;
let web: Awaited<ReturnType<typeof httpServer>>;
beforeAll(async () => {
  web = await httpServer();
  sandbox = new Sandbox({ TEST_TOKEN: 'of-a-test', FILES_TOKEN: 'for-the-server', OTHER_TOKEN: 'for-nobody' });
});
afterAll(async () => {
  web.stop();
  await sandbox.end();
});

it('a plan calls tools of MCP servers and a command of the workspace’s skills, checked in and out, each as far as it may', async () => {
  const mcp = {
    files: { command: ['node', SERVER], environment: ['FILES_TOKEN'] },
    web: { url: web.url, headers: { Authorization: 'Bearer ${TEST_TOKEN}' } },
    gone: { command: ['there-is-no-such-server'] },
  };
  sandbox.write('data/baton.yaml', JSON.stringify({ mcp }));
  const workspace = sandbox.tree('work', {
    '.claude/skills/count/SKILL.md': SKILL,
    '.claude/skills/count/count.mjs': COUNT,
  });
  const skills = await sandbox.json<{ skills: { name: string }[]; problems: { message: string }[] }>([
    'skills',
    '--workspace',
    workspace,
  ]);
  const names = skills.skills.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['count', 'inventory', 'mcp:files/add', 'mcp:web/say']));
  expect(skills.problems.map(({ message }) => message)).toEqual([expect.stringMatching(/^mcp:gone: .*not installed/)]);

  const wrong = sandbox.write('wrong.json', {
    tasks: [
      { id: 'a', skill: 'count', with: { of: 1 } },
      { id: 'b', skill: 'mcp:files/add', with: { a: 1 } },
      { id: 'c', skill: 'mcp:gone/x' },
    ],
  });
  const refused = await sandbox.baton(['run', '--plan', wrong, '--workspace', workspace]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /tasks\[0\]\.with\.of: must be string\n.*tasks\[1\]\.with\.b: missing\n.*tasks\[2\]\.skill: mcp:gone: /,
  );

  const plan = sandbox.write('plan.json', {
    tasks: [
      { id: 'sum', skill: 'mcp:files/add', with: { a: 2, b: 3 } },
      { id: 'env', skill: 'mcp:files/environment' },
      { id: 'say', skill: 'mcp:web/say', with: { what: 'hello' } },
      { id: 'fail', skill: 'mcp:web/fail' },
      { id: 'count', skill: 'count', with: { of: 'one two' } },
      { id: 'lies', skill: 'count', with: { of: 'lies' } },
    ],
  });
  const args = ['run', '--plan', plan, '--workspace', workspace, '--yes'];
  const { tasks, decisions, artifacts } = await sandbox.json<Result>(args, 3);
  expect(Object.fromEntries(tasks.map(({ id, status, error }) => [id, error?.code ?? status]))).toEqual({
    sum: 'completed',
    env: 'completed',
    say: 'completed',
    fail: 'tool_failed',
    count: 'completed',
    lies: 'skill_output',
  });
  expect(decisions.map(({ question }) => question)).toEqual([
    expect.stringMatching(/2 commands of the workspace's own skills/),
  ]);
  const kept = (name: string) => readFileSync(artifacts.find((one) => one.name === name)?.path ?? '', 'utf8');
  expect(JSON.parse(kept('sum.json'))).toEqual({ sum: 5 });
  expect(JSON.parse(kept('count.json'))).toEqual({ words: 2 });
  expect(kept('say.txt')).toBe('hello');
  expect(JSON.parse(kept('env.txt'))).toMatchObject({ BATON_TASK_ID: 'env', FILES_TOKEN: 'for-the-server' });
  expect(kept('env.txt')).not.toContain('for-nobody');
  await sandbox.baton(['down']);
});

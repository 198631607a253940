import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
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

/** A service that an agent is reached at: busy at first, then it takes the order, and is asked for the answer. */
async function judgeService() {
  const asked: { task: string; prompt: string }[] = [];
  const replies = [
    { status: 503, headers: { 'Retry-After': '0' }, body: '' },
    { status: 202, headers: { Location: '/answers/1' }, body: '' },
    { status: 200, headers: {}, body: JSON.stringify({ result: 'It is right.', usage: { usd: 0.01 } }) },
  ];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const isOrder = request.method === 'POST' && request.headers['idempotency-key']?.toString().endsWith('/judged/0');
      const {
        status,
        headers,
        body: answer,
      } = replies.shift() ?? { status: 500, headers: {}, body: 'asked too often' };
      if (isOrder && status === 202) asked.push(JSON.parse(body) as (typeof asked)[number]);
      response.writeHead(request.headers.authorization === 'Bearer of-a-test' ? status : 401, headers).end(answer);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stop: () => server.close() };
}

let sandbox: Sandbox;
let judge: Awaited<ReturnType<typeof judgeService>>;
let web: Awaited<ReturnType<typeof httpServer>>;
beforeAll(async () => {
  web = await httpServer();
  judge = await judgeService();
  sandbox = new Sandbox({ TEST_TOKEN: 'of-a-test', FILES_TOKEN: 'for-the-server', OTHER_TOKEN: 'for-nobody' });
});
afterAll(async () => {
  web.stop();
  judge.stop();
  await sandbox.end();
});

it('a plan calls tools of MCP servers, a command of the workspace’s skills and an agent’s service, checked in and out, each as far as it may', async () => {
  const endpoints = { judge: { url: judge.url, headers: { Authorization: 'Bearer ${TEST_TOKEN}' } } };
  const mcp = {
    files: { command: ['node', SERVER], environment: ['FILES_TOKEN'] },
    web: { url: web.url, headers: { Authorization: 'Bearer ${TEST_TOKEN}' } },
    gone: { command: ['there-is-no-such-server'] },
  };
  sandbox.write('data/baton.yaml', JSON.stringify({ mcp, endpoints }));
  sandbox.write('data/agents/judge.md', '---\nname: judge\ndescription: Judges.\nruntime: judge\n---\nBe just.\n');
  const workspace = sandbox.repository('work', {
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
      { id: 'judged', agent: 'judge', prompt: 'Judge the sum.', dependencies: ['sum'] },
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
    judged: 'completed',
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
  expect(kept('judged.answer.md')).toBe('It is right.');
  expect(judge.asked).toMatchObject([{ task: 'judged', agent: { prompt: 'Be just.' }, mode: 'ask' }]);
  expect(judge.asked[0]?.prompt).toMatch(/Judge the sum\.[^]*"sum": 5/);
  await sandbox.baton(['down']);
});

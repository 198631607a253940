import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crash, Installation, until } from './crash.js';

const WAIT_MS = 6000;

let place: Installation;
let starts: string;
beforeAll(() => {
  place = new Installation();
  starts = join(place.folder, 'starts');
  writeFileSync(join(place.workspace, 'a.txt'), 'one\n');
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com', 'commit', '--quiet', '--message=files');
  mkdirSync(join(place.home, 'agents'), { recursive: true });
  // Its first start meets a limit, told in the way of real programs: an event, an exit code of 1.
  const script = `
    now=$(date +%s%3N); echo "$now $BATON_REQUEST_ID $1" >> ${starts}
    echo '{"type":"start","session":"s-1"}'
    if [ "$(wc -l < ${starts})" = 1 ]; then
      echo half > half.txt
      echo "{\\"type\\":\\"error\\",\\"message\\":\\"You have hit your usage limit\\",\\"resets\\":$((now + ${WAIT_MS}))}"; exit 1
    fi
    echo done > "$BATON_TASK_ID.txt"
    echo '{"type":"text","text":"Done."}'`;
  const runtime = {
    program: 'sh',
    arguments: ['-c', script, 'sh', ['{session}']],
    output: 'json-lines',
    events: [
      { when: { type: 'start' }, session: 'session' },
      { when: { type: 'text' }, text: 'text', done: true },
      { when: { type: 'error' }, failure: { message: 'message', reset: 'resets' } },
    ],
    errors: [{ matches: 'usage limit', means: 'usage_limit' }],
  };
  // One that says what it cost: a dollar.
  const paid = {
    ...runtime,
    arguments: [
      '-c',
      'echo > "$BATON_TASK_ID.txt"; sleep 1; echo \'{"type":"text","text":"Done.","usd":1,"in":1,"out":1}\'',
    ],
    events: [
      {
        when: { type: 'text' },
        text: 'text',
        done: true,
        usage: { input: ['in'], output: ['out'], usd: 'usd', counts: 'run' },
      },
    ],
  };
  writeFileSync(join(place.home, 'baton.yaml'), JSON.stringify({ runtimes: { scripted: runtime, paid } }));
  for (const [name, limits] of Object.entries({ known: 'limits: { maxCostUsd: 1 }', unknown: 'maxLoad: 8' })) {
    const lines = ['---', `name: ${name}`, 'description: Costs.', 'runtime: paid', 'tools: Read, Edit', limits, '---'];
    writeFileSync(join(place.home, 'agents', `${name}.md`), [...lines, 'You cost a dollar.'].join('\n'));
  }
  const front = ['---', 'name: coder', 'description: Writes code.', 'runtime: scripted', 'tools: Read, Edit', '---'];
  writeFileSync(join(place.home, 'agents', 'coder.md'), [...front, 'You write code.'].join('\n'));
});
afterAll(() => place.end());

const git = (...args: string[]): string => execFileSync('git', args, { cwd: place.workspace, encoding: 'utf8' });
const started = (): string[][] =>
  existsSync(starts)
    ? readFileSync(starts, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
    : [];

describe('a usage limit with a reset time', () => {
  it('is met by one start; nothing else of the account starts, in this request or another, until then; a dead worker changes nothing', async () => {
    const fix = { kind: 'agent', agent: 'coder', prompt: 'Do it.', retries: 0 };
    const plan = place.plan('limit', {
      maxParallel: 1,
      tasks: [
        { id: 'a', ...fix },
        { id: 'b', ...fix },
        { id: 'plain', command: ['true'] },
      ],
    });
    await place.submit('first', plan);
    const limited = await until('the limit', async () => {
      const view = await place.status('first');
      return view.usageLimits && view.tasks[2]?.status === 'completed' ? view : undefined;
    });
    const reset = Date.parse(limited.usageLimits?.[0]?.until ?? '');
    expect(limited).toMatchObject({
      status: 'running',
      usageLimits: [{ runtime: 'scripted', tasks: 2 }],
      tasks: [{ status: 'waiting', attempts: 0 }, { status: 'queued', attempts: 0 }, {}],
    });
    expect(limited.tasks[0]?.note).toMatch(/^waits for the usage limit of scripted until \d\d:\d\d UTC$/);
    await place.submit('second', place.plan('second', { tasks: [{ id: 'a', ...fix }] }));
    const worker = place.record('worker');
    crash([worker]);
    await place.another('worker', worker);
    const [one, two] = [await place.ended('first'), await place.ended('second')];
    expect([one.status, two.status]).toEqual(['complete', 'complete']);
    expect([...one.tasks, ...two.tasks].map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1]);
    const all = started();
    expect(all).toHaveLength(4);
    expect(all.slice(1).every(([at]) => Number(at) >= reset)).toBe(true);
    // It went on with its own session, and with what it had done.
    expect(all.filter(([, request, session]) => request === 'first' && session === 's-1')).toHaveLength(1);
    expect(git('ls-tree', '--name-only', 'baton/first')).toContain('half.txt');
  });
});

describe('a budget of 2 USD for 8 agents of 1 USD each, 4 at once', () => {
  it.each(['known', 'unknown'])(
    'is kept where their cost is %s beforehand; a person decides what follows',
    async (agent) => {
      const tasks = Array.from({ length: 8 }, (_, n) => ({ id: `t${n}`, kind: 'agent', agent, prompt: 'Do it.' }));
      const plan = place.plan(agent, { maxParallel: 4, tasks });
      const args = ['run', '--plan', plan, '--workspace', place.workspace, '--id', agent, '--budget-usd', '2'];
      const waits = await place.baton(...args, '--no-wait');
      expect(waits.code).toBe(4);
      const asked = await place.status(agent);
      expect(asked).toMatchObject({
        status: 'waiting',
        cost: { usd: 2 },
        budget: { limit: { usd: 2 }, spent: { usd: 2 }, reserved: { usd: 0 }, atCap: 'ask' },
      });
      expect(asked.tasks.filter(({ attempts }) => attempts > 0)).toHaveLength(2);
      expect(asked.decisions[0]?.kind).toBe('budget');
      await place.json(['decide', `${agent}/d1`, 'raise']);
      await until('the second question', async () => (await place.status(agent)).decisions.length === 2);
      await place.json(['decide', `${agent}/d2`, 'stop']);
      const ended = await place.ended(agent);
      expect(ended).toMatchObject({ status: 'partial', cost: { usd: 4 } });
      expect(ended.tasks.filter(({ note }) => note === 'the budget is used up')).toHaveLength(4);
    },
  );
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Installation, until } from './crash.js';

const SLOTS = 5;

let place: Installation;
let ledger: string;
beforeAll(() => {
  place = new Installation();
  ledger = join(place.folder, 'ledger');
  const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: place.workspace });
  git('init', '--quiet', '--initial-branch=main');
  git('-c', 'user.name=n', '-c', 'user.email=e@example.com', 'commit', '--quiet', '--allow-empty', '--message=m');
  mkdirSync(join(place.home, 'agents'), { recursive: true });
  writeFileSync(join(place.home, 'baton.yaml'), `maxProcesses: ${SLOTS}\n`);
  const note = (what: string): string => `echo ${what} $BATON_REQUEST_ID $(date +%s%N) >> ${ledger}`;
  // A task says by its id how long its agent works.
  const script = `${note('begin')}; sleep \${BATON_TASK_ID#*-}; ${note('end')}; touch $BATON_REQUEST_ID.$BATON_TASK_ID`;
  const front = ['---', 'name: worker', 'description: Works.', 'runtime: command'];
  const text = [...front, `command: ${JSON.stringify(['sh', '-c', script])}`, '---', 'You work.'];
  writeFileSync(join(place.home, 'agents', 'worker.md'), text.join('\n'));
});
afterAll(() => place.end());

interface Entry {
  what: string;
  request: string;
  at: bigint;
}

const entries = (): Entry[] =>
  (existsSync(ledger) ? readFileSync(ledger, 'utf8') : '')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [what = '', request = '', at = '0'] = line.split(' ');
      return { what, request, at: BigInt(at) };
    })
    .sort((a, b) => (a.at < b.at ? -1 : 1));

it('12 agents of 3 requests share 5 slots: never more work at once, and those of the urgent request go first', async () => {
  const plan = (id: string, seconds: number): string =>
    place.plan(id, {
      tasks: [1, 2, 3, 4].map((n) => ({ id: `t${n}-${seconds}`, kind: 'agent', agent: 'worker', prompt: 'Work.' })),
    });
  const [one, two, urgent] = [plan('one', 8), plan('two', 8), plan('urgent', 1)];
  await Promise.all([place.submit('one', one), place.submit('two', two)]);
  await until('full slots', () => entries().length >= SLOTS);
  await place.submit('urgent', urgent, '--priority', 'critical');
  const handedIn = BigInt(Date.now()) * 1_000_000n;
  const [handedOut] = (await place.status('urgent')).tasks.filter(({ status }) => status === 'running');
  expect(handedOut).toMatchObject({
    waitsFor: { kind: 'host', agents: true },
    note: 'waits for a free process of its host (maxProcesses)',
  });
  for (const id of ['one', 'two', 'urgent']) {
    const view = await place.ended(id);
    expect(view.status).toBe('complete');
    // Those of the last one may be over before they are looked at.
    if (id === 'urgent') continue;
    for (const { processes } of view.tasks) {
      expect(processes?.peakProcesses).toBeGreaterThanOrEqual(1);
      expect(processes?.peakMemoryBytes).toBeGreaterThan(100_000);
      expect(processes?.cpuMs).toBeGreaterThanOrEqual(0);
    }
    const { stdout } = await place.baton('report', id);
    expect(stdout.match(/Its processes: .* of processor time, .* of memory, \d+ process/g)).toHaveLength(4);
  }
  let working = 0;
  const most = Math.max(...entries().map(({ what }) => (working += what === 'begin' ? 1 : -1)));
  expect(most).toBe(SLOTS);
  const after = entries().filter(({ what, at }) => what === 'begin' && at > handedIn);
  expect(after.slice(0, 4).map(({ request }) => request)).toEqual(['urgent', 'urgent', 'urgent', 'urgent']);
  expect(after).toHaveLength(7);
});

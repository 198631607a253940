import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestView } from '../../src/contract/view.js';
import { commandLinesWith, crash, Installation, lives, processesWith, until, type Known } from './crash.js';
import { Ledger } from './ledger.js';

/** How long the processes of a dead worker's tasks may outlive it. */
const ORPHANS_MS = 2000;

let place: Installation;
beforeAll(() => void (place = new Installation()));
afterAll(() => place.end());

describe('a worker that dies', () => {
  const TASKS = 100;
  const KILLS = 10;

  it('ten times in a plan of 100 tasks costs no effect, doubles none, and leaves no process', async () => {
    const ledger = new Ledger(place.folder, 'kills');
    const honours = (i: number): boolean => i % 2 === 0;
    const lasting = { id: 'lasting', command: ledger.command(0, { gated: true }) };
    const short = Array.from({ length: TASKS - 1 }, (_, i) => ({
      id: `t${i}`,
      command: ledger.command(400, { mode: honours(i) ? 'honour' : 'ignore' }),
      ...(i < 9 ? {} : { dependencies: [`t${i - 9}`] }),
    }));
    const tasks = [...short, lasting];
    await place.submit('kills', place.plan('kills', { maxParallel: 10, tasks }));
    for (let kill = 0; kill < KILLS; kill++) {
      const due = kill * (TASKS / (KILLS + 1));
      await until(`the moment for kill ${kill}`, () => {
        const isUnderWay = ledger.total('commit') >= due && ledger.count('begin')['lasting'] === kill + 1;
        return isUnderWay && place.processesOf('kills').length >= 2;
      });
      const running = place.processesOf('kills');
      const worker = place.record('worker');
      crash([worker]);
      const died = Date.now();
      // The lasting task and its child alone would outlive the worker by minutes.
      expect(running.length).toBeGreaterThanOrEqual(2);
      await place.another('worker', worker);
      await sleep(Math.max(0, died + ORPHANS_MS - Date.now()));
      expect(running.filter(lives)).toEqual([]);
    }
    ledger.openGate();
    const view = await place.ended('kills', 90_000);
    expect(view.status).toBe('complete');
    expect(new Set(view.tasks.map(({ status, attempts }) => `${status} ${attempts}`))).toEqual(
      new Set(['completed 1']),
    );

    const [begun, committed] = [ledger.count('begin'), ledger.count('commit')];
    expect(Object.keys(committed)).toHaveLength(TASKS);
    const doubled = short.filter(({ id }, i) => honours(i) && committed[id] !== 1);
    expect(doubled).toEqual([]);
    for (const { id } of tasks) {
      const keys = new Set(ledger.entries().flatMap((entry) => (entry.task === id ? [entry.key] : [])));
      expect(keys).toEqual(new Set([`kills/${id}/0`]));
    }
    expect(begun['lasting']).toBe(KILLS + 1);
  });

  it('at the request of the system in the middle of a task has its task done again by the next one, without a failure', async () => {
    const ledger = new Ledger(place.folder, 'term');
    const tasks = [{ id: 'slow', command: ledger.command(3000) }];
    await place.submit('term', place.plan('term', { tasks }));
    const [running] = await until('the process of the task', () => {
      const found = ledger.total('begin') > 0 ? place.processesOf('term') : [];
      return found.length > 0 ? found : undefined;
    });
    const worker = place.record('worker');
    process.kill(worker.pid, 'SIGTERM');
    await place.another('worker', worker);
    expect(lives(running as Known)).toBe(false);
    const {
      status,
      tasks: [slow],
    } = await place.ended('term');
    expect({ status, slow }).toMatchObject({ status: 'complete', slow: { status: 'completed', attempts: 1 } });
    expect(slow).not.toHaveProperty('error');
    expect(ledger.entries().map(({ step, key, attempt }) => `${step} ${key} ${attempt}`)).toEqual([
      'begin term/slow/0 1',
      'begin term/slow/0 2',
      'commit term/slow/0 2',
    ]);
  });
});

describe('after a crash', () => {
  const TASKS = 12;
  const FREE = 6;

  /** Half of the tasks wait for a gate, so that the crash comes in the middle on any machine. */
  const plan = (ledger: Ledger): object => ({
    maxParallel: 3,
    tasks: Array.from({ length: TASKS }, (_, i) => ({
      id: `t${i}`,
      command: ledger.command(100, { gated: i >= FREE }),
      ...(i < 3 ? {} : { dependencies: [`t${i - 3}`] }),
    })),
  });

  /** Starts a run and ends it half-way with a crash of all of it, or of all but the supervisor. */
  async function crashHalfway(id: string, ledger: Ledger, withSupervisor: boolean): Promise<void> {
    const command = place.start([
      'run',
      '--plan',
      place.plan(id, plan(ledger)),
      '--workspace',
      place.workspace,
      '--id',
      id,
    ]);
    await until('half of the tasks, and the next ones under way', () => ledger.total('begin') === FREE + 3, 60_000);
    const supervisor = await place.supervisor();
    const processes = [place.record('worker'), place.record('server'), ...(withSupervisor ? [supervisor] : [])];
    command.kill('SIGKILL');
    crash(processes);
    await until('their end', () => !processes.some(lives));
    expect(lives(supervisor)).toBe(!withSupervisor);
    expect(ledger.total('commit')).toBe(FREE);
    ledger.openGate();
  }

  async function expectWentOn(id: string, ledger: Ledger): Promise<void> {
    const view = await place.ended(id, 90_000);
    expect(view.status).toBe('complete');
    expect(view.tasks.map(({ status, attempts }) => `${status} ${attempts}`)).toEqual(Array(TASKS).fill('completed 1'));
    expect(Object.values(ledger.count('commit'))).toEqual(Array(TASKS).fill(1));
    const begun = ledger.count('begin');
    const once = Array.from({ length: FREE }, (_, i) => begun[`t${i}`]);
    expect(once).toEqual(Array(FREE).fill(1));
    // The crash did hit: the three that were under way began again.
    expect([3, 4, 5].map((i) => begun[`t${i + 3}`])).toEqual([2, 2, 2]);
  }

  it('of command, worker, server and supervisor a request goes on where it was with baton up', async () => {
    const ledger = new Ledger(place.folder, 'all');
    await place.submit('warm', place.plan('warm', { tasks: [{ id: 'a', command: ['true'] }] }));
    const address = place.address();
    await crashHalfway('all', ledger, true);
    const up = place.start(['up']);
    await until('the pair', () => place.find('worker')?.state === 'ready', 60_000);
    expect(place.address()).toBe(address);
    await expectWentOn('all', ledger);
    expect(up.exitCode).toBeNull();
    up.kill('SIGTERM');
    expect((await up.answer).stdout).toContain('server and worker run (Ctrl-C ends them)');
    await until('the end of the pair', () => processesWith('BATON_HOME', place.home).length === 0);
  });

  it('of command, worker and server alone the supervisor brings both back, and baton up attaches to them', async () => {
    const ledger = new Ledger(place.folder, 'most');
    await crashHalfway('most', ledger, false);
    const up = place.start(['up']);
    await until(
      'the pair',
      () => place.find('worker')?.state === 'ready' && place.find('server')?.state === 'ready',
      60_000,
    );
    await expectWentOn('most', ledger);
    expect(up.exitCode).toBeNull();
    up.kill('SIGTERM');
    const { code, stdout } = await up.answer;
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('attached') as string });
    expect(place.record('worker').state).toBe('ready');
  });
});

describe('two terminals at once', () => {
  it('get one server and one worker', async () => {
    const fresh = new Installation();
    try {
      const plan = fresh.plan('pair', { tasks: [{ id: 'a', command: ['true'] }] });
      const run = (id: string): Promise<RequestView> =>
        fresh.json<RequestView>(['run', '--plan', plan, '--workspace', fresh.workspace, '--id', id]);
      const views = await Promise.all([run('first'), run('second')]);
      expect(views.map((view) => view.status)).toEqual(['complete', 'complete']);
      const own = processesWith('BATON_HOME', fresh.home).map(({ pid }) => pid);
      expect(commandLinesWith(`${fresh.home}/temporal.db`)).toHaveLength(1);
      expect(own).toContain(fresh.record('worker').pid);
      expect(own).toContain((await fresh.supervisor()).pid);
      expect(own).toHaveLength(2);
    } finally {
      await fresh.end();
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open } from '../../src/engine/model.js';
import { decisionView, requestStatus, requestView, taskView, taskViews } from '../../src/progress/view.js';
import { isoTime } from '../../src/progress/iso-time.js';
import { simulate } from '../simulation/world.js';
import { begin, node, question, START } from './engines.js';

describe('the status of a request', () => {
  it('is running while a task runs, though a decision is open', () => {
    const { engine, end } = begin([node('a'), question('q')]);
    expect(requestStatus(engine)).toBe('running');
    end('a', 10);
    expect(requestStatus(engine)).toBe('waiting');
  });

  it('is waiting while the plan waits for approval, though its tasks are ready', () => {
    const { engine, post } = begin([node('a')], { approval: true });
    expect(requestStatus(engine)).toBe('waiting');
    post({ kind: 'decide', decision: 'd1', choice: 'approve', comment: '', by: 'me', via: 'signal' }, 5);
    expect(requestStatus(engine)).toBe('running');
  });

  it('is running before a retry, which comes by itself', () => {
    const { engine, fail } = begin([node('a', { retries: 1 }), question('q')]);
    fail('a', 10);
    expect(requestStatus(engine)).toBe('running');
  });

  it('is paused as a whole, or when all that is left is paused', () => {
    const one = begin([node('a')]);
    one.post({ kind: 'pause', by: 'me' }, 5);
    expect(requestStatus(one.engine)).toBe('paused');
    const other = begin([node('a'), node('b', { dependencies: [0] })]);
    other.post({ kind: 'pause', task: 'b', by: 'me' }, 5);
    expect(requestStatus(other.engine)).toBe('running');
    other.end('a', 10);
    expect(requestStatus(other.engine)).toBe('paused');
  });

  it('is failed in ERROR, and the outcome once there is one', () => {
    const broken = begin([node('a')]);
    broken.post({ kind: 'error', code: 'internal', message: 'oh' }, 5);
    expect(requestStatus(broken.engine)).toBe('failed');
    const done = begin([node('a')]);
    done.end('a', 10);
    expect(requestStatus(done.engine)).toBe('complete');
  });
});

describe('a task as scripts read it', () => {
  it('counts every dispatch, and measures the last one', () => {
    const { engine, post, end, fail } = begin([node('a', { retries: 1 })]);
    fail('a', 100);
    expect(taskView(engine, 0)).toMatchObject({ status: 'waiting', attempts: 1, finishedAt: null, durationMs: 100 });
    expect(taskView(engine, 0).note).toBe('tried again at 2026-01-05T00:00:01.100Z');
    expect(taskView(engine, 0).error).toEqual({ code: 'command_failed', message: 'exit code 3', exitCode: 3 });
    post({ kind: 'timer', id: 'retry:0' }, 1100);
    end('a', 1400);
    const view = taskView(engine, 0);
    expect(view).toMatchObject({ status: 'completed', attempts: 2, durationMs: 300 });
    expect([view.startedAt, view.finishedAt]).toEqual(['2026-01-05T00:00:01.100Z', '2026-01-05T00:00:01.400Z']);
    expect(view).not.toHaveProperty('error');
  });

  it('says why it was skipped, and has no times of its own then', () => {
    const { engine, fail } = begin([node('a'), node('b', { dependencies: [0] })]);
    fail('a', 100);
    expect(taskView(engine, 1)).toMatchObject({
      status: 'skipped',
      attempts: 0,
      startedAt: null,
      durationMs: null,
      finishedAt: '2026-01-05T00:00:00.100Z',
      dependencies: ['a'],
      note: 'something that it depends on did not complete',
    });
  });

  it('says what was chosen, and how long it was asked', () => {
    const { engine, post } = begin([question('q')]);
    post({ kind: 'decide', decision: 'd1', choice: 'approve', comment: '', by: 'me', via: 'signal' }, 500);
    expect(taskView(engine, 0)).toMatchObject({
      status: 'completed',
      note: 'chosen: approve',
      durationMs: 500,
      attempts: 0,
    });
  });

  it('says where it stands in the queue, in the order of dispatch', () => {
    const nodes = [node('a'), node('b'), node('c', { estimateMs: 5000 }), node('d', { estimateMs: 3000 })];
    const { engine } = begin(nodes, { maxParallel: 1 });
    const places = taskViews(engine, { from: 0, count: 99 }).map(({ id, queuePosition }) => [id, queuePosition]);
    expect(places).toEqual([
      ['a', 2],
      ['b', 3],
      ['c', undefined],
      ['d', 1],
    ]);
  });

  it('says which limit a queued task waits for, the tightest where there are several', () => {
    const nodes = [
      node('a', { estimateMs: 5000 }),
      node('b'),
      node('c', { touches: ['x'], estimateMs: 2000 }),
      node('d', { touches: ['x'] }),
    ];
    const { engine } = begin(nodes, { maxParallel: 2 });
    const waits = taskViews(engine, { from: 0, count: 99 }).map(({ note, waitsFor }) => [waitsFor, note]);
    expect(waits).toEqual([
      [undefined, undefined],
      [{ kind: 'maxParallel', limit: 2 }, 'number 1 in the queue: 2 tasks run at once (maxParallel)'],
      [undefined, undefined],
      [{ kind: 'touches', task: 'c', runs: true, touches: ['x'] }, 'waits for c (touches x)'],
    ]);
    const agents = begin(
      Array.from({ length: 7 }, (_, n) => node(`a${n}`, { kind: 'agent' })),
      { maxParallel: 9 },
    );
    expect(taskView(agents.engine, 6)).toMatchObject({
      waitsFor: { kind: 'maxProcesses', limit: 5 },
      note: 'number 2 in the queue: 5 agents work at once (maxProcesses)',
    });
  });

  it('counts attempts beyond what a history keeps', () => {
    const { engine, post, fail } = begin([node('a', { retries: 40 })]);
    for (let i = 0; i < 40; i += 1) {
      fail('a', i * 100_000 + 50_000);
      post({ kind: 'timer', id: 'retry:0' }, (i + 1) * 100_000);
    }
    expect(taskView(engine, 0)).toMatchObject({ status: 'running', attempts: 41 });
  });
});

describe('a page of tasks', () => {
  const { engine } = begin(Array.from({ length: 10 }, (_, i) => node(`t${i}`)));

  it('is in the plan’s order', () => {
    expect(taskViews(engine, { from: 3, count: 2 }).map(({ id }) => id)).toEqual(['t3', 't4']);
  });

  it.each([
    [-5, 3, 3],
    [8, 100, 2],
    [20, 5, 0],
    [0, -1, 0],
    [NaN, NaN, 0],
    [0, Infinity, 10],
    [1.7, 2.9, 2],
  ])('from %d, %d tasks gives %d', (from, count, length) => {
    expect(taskViews(engine, { from, count })).toHaveLength(length);
  });
});

describe('pages of a request', () => {
  it('hold its decisions once each, as many as tasks', () => {
    const { engine } = begin(Array.from({ length: 5 }, (_, i) => question(`q${i}`)));
    const page = (from: number): string[] =>
      requestView(engine, { now: START, page: { from, count: 2 } }).decisions.map(({ id }) => id);
    expect([page(0), page(2), page(4), page(6)]).toEqual([
      ['req-1/d1', 'req-1/d2'],
      ['req-1/d3', 'req-1/d4'],
      ['req-1/d5'],
      [],
    ]);
    expect(requestView(engine, { now: START }).decisions).toHaveLength(5);
  });
});

describe('a decision as scripts read it', () => {
  it('has a global id and ISO times', () => {
    const { engine, post } = begin([
      question('q', { decision: { question: '?', options: ['a', 'b'], deadlineMs: 60_000, otherwise: 'b' } }),
    ]);
    post({ kind: 'decide', decision: 'd1', choice: 'zzz', comment: '', by: 'me', via: 'signal' }, 5);
    post({ kind: 'decide', decision: 'd1', choice: 'a', comment: 'yes', by: 'me', via: 'signal' }, 10);
    expect(decisionView('my-req', engine.state.decisions[0]!)).toMatchObject({
      id: 'my-req/d1',
      raisedAt: '2026-01-05T00:00:00.000Z',
      deadline: '2026-01-05T00:01:00.000Z',
      onDeadline: 'b',
      answer: { choice: 'a', comment: 'yes', by: 'me', via: 'signal', at: '2026-01-05T00:00:00.010Z' },
      refused: [{ choice: 'zzz', at: '2026-01-05T00:00:00.005Z' }],
    });
  });

  it('never fails on a time that no date can hold', () => {
    fc.assert(fc.property(fc.double(), (ms) => isoTime(ms).endsWith('Z')));
  });
});

describe('a request as scripts read it', () => {
  it('compares a run that is over with its own bounds', () => {
    const { engine, end } = begin([node('a'), node('b'), node('c', { dependencies: [0] })]);
    end('a', 300);
    end('b', 500);
    end('c', 700);
    expect(requestView(engine, { now: START + 99_999 })).toMatchObject({
      status: 'complete',
      makespanMs: 700,
      lowerBoundMs: 700,
      sequentialMs: 1200,
      artifacts: [],
      report: null,
      result: null,
    });
  });

  it('uses estimates for what has not ended, and runs to now', () => {
    const { engine, end } = begin([node('a'), node('b', { dependencies: [0], estimateMs: 4000 })]);
    end('a', 300);
    expect(requestView(engine, { now: START + 900 })).toMatchObject({
      makespanMs: 900,
      lowerBoundMs: 4300,
      sequentialMs: 4300,
    });
  });

  it('does not count a path that a skipped task no longer joins', () => {
    const { engine, post, end } = begin([
      node('a'),
      node('b', { dependencies: [0] }),
      node('c', { dependencies: [1] }),
    ]);
    post({ kind: 'skip', task: 'b', by: 'me' }, 0);
    end('a', 500);
    end('c', 500);
    expect(requestView(engine, { now: START + 900 })).toMatchObject({
      makespanMs: 500,
      lowerBoundMs: 500,
      sequentialMs: 1000,
    });
  });

  it('has a lower bound that no run beats, and is JSON', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        const { state, graph } = simulate(seed);
        const view = requestView(open(state, graph), { now: (state.endedAt ?? 0) + 5 });
        expect(JSON.parse(JSON.stringify(view))).toEqual(view);
        expect(view.lowerBoundMs).toBeLessThanOrEqual(view.sequentialMs);
        if (state.outcome !== null) expect(view.lowerBoundMs).toBeLessThanOrEqual(view.makespanMs);
        for (const task of view.tasks) if (task.status === 'completed') expect(task.durationMs).not.toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});

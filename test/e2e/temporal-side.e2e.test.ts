import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names.js';
import type { ProgressView, RequestView, TaskView } from '../../src/contract/view.js';
import { freePorts, Installation, until } from './crash.js';
import { Ledger } from './ledger.js';
import { resultOf, temporalSide } from './temporal.js';

const QUALITY = 'Analyze this repository for quality problems';

let place: Installation;
let client: Client;
beforeAll(async () => {
  place = new Installation();
  writeFileSync(join(place.workspace, 'main.js'), '// TODO: say more\nconsole.log(1);\n');
  await place.submit('first', place.plan('first', { tasks: [{ id: 'a', command: ['true'] }] }));
  client = await place.client();
});
afterAll(() => place.end());

const { temporal, ask, startRaw, query, signal, update, eventsOf, openDecision, detailsOf } = temporalSide(() => place);

describe('a request that is started through Temporal', () => {
  it('does the same as one from the command line', async () => {
    const input = { description: QUALITY, workspace: place.workspace };
    await startRaw('raw', [input]);
    const own = await place.json<RequestView>(['run', QUALITY, '--workspace', place.workspace, '--id', 'own']);
    const raw = await place.ended('raw');
    const shape = ({ tasks }: RequestView): unknown =>
      tasks.map(({ id, kind, type, agent, status, dependencies }) => ({ id, kind, type, agent, status, dependencies }));
    expect(raw.status).toBe('complete');
    expect(raw.tasks.length).toBeGreaterThanOrEqual(8);
    expect(shape(raw)).toEqual(shape(own));
    expect(readFileSync(raw.report?.markdown ?? '', 'utf8')).toContain('TODO');
    const { stdout } = await place.baton('list');
    expect(stdout).toContain('raw');
  });

  it('answers the queries of the documentation', async () => {
    expect(await query<ProgressView>('raw', 'progress')).toMatchObject({
      v: 1,
      requestId: 'raw',
      percent: 100,
      status: 'complete',
    });
    const plan = await query<{ total: number; tasks: TaskView[] }>('raw', 'plan');
    expect(plan.tasks).toHaveLength(plan.total);
    const [first] = plan.tasks;
    expect(await query<{ transitions: unknown[] }>('raw', 'state')).toMatchObject({
      requestId: 'raw',
      status: 'complete',
    });
    expect(await query('raw', 'decisions')).toMatchObject({ v: 1 });
    expect(await query('raw', 'task', { id: first?.id })).toMatchObject({ id: first?.id, status: 'completed' });
    expect(await query('raw', 'task', { id: `raw/${first?.id ?? ''}` })).toMatchObject({ id: first?.id });
  });

  it('refuses an unknown query and an unknown task by name', async () => {
    const unknown = await temporal('workflow', 'query', '--workflow-id', 'raw', '--type', 'weather');
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/weather.*progress plan state decisions task/) as string,
    });
    const task = await temporal(
      'workflow',
      'query',
      '--workflow-id',
      'raw',
      '--type',
      'task',
      '--input',
      '{"id":"nobody"}',
    );
    expect(task).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no task nobody in this request') as string,
    });
  });

  it('carries a summary on every activity and timer, readable types, and search attributes that find it', async () => {
    const tasks = [
      { id: 'odd', title: 'Fail at first', command: ['sh', '-c', 'test "$BATON_ATTEMPT" = 2'], retries: 1 },
      {
        id: 'ask',
        kind: 'decision',
        decision: { question: 'Well?', options: ['yes', 'no'], deadline: '1s', otherwise: 'yes' },
      },
    ];
    await place.submit('seen', place.plan('seen', { tasks }));
    expect((await place.ended('seen')).status).toBe('complete');
    const events = await eventsOf('seen');
    const summary = (event: (typeof events)[0]): string => {
      const { data } = event?.userMetadata?.summary ?? {};
      return data ? (JSON.parse(Buffer.from(data).toString()) as string) : '';
    };
    const activities = events.flatMap((event) => {
      const type = event.activityTaskScheduledEventAttributes?.activityType?.name;
      return type === undefined || type === null ? [] : [`${type}: ${summary(event)}`];
    });
    const audit = 'audit: write to the audit log';
    expect(activities).toContain(audit);
    // It goes on beside the tasks.
    expect(activities.filter((activity) => activity !== audit)).toEqual([
      'intake: check the request',
      'analyze: measure the workspace, analyse the request',
      'plan: plan the tasks',
      'graph: read the plan',
      'command:sh: odd: Fail at first',
      'command:sh: odd: Fail at first (attempt 2)',
      'conclude: write the report',
    ]);
    const timers = events.filter((event) => event.timerStartedEventAttributes).map(summary);
    expect(timers.sort()).toEqual(['deadline of d1', 'odd: before retry 1']);

    const { code, stdout } = await temporal(
      ...['workflow', 'list', '-o', 'json', '--query'],
      `BatonState="complete" AND BatonIntent="unknown" AND BatonWorkspace="${place.workspace}"`,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('"seen"') as string });
    expect(stdout).not.toContain('"raw"');
  });
});

describe('commands of a plan that Baton did not sign', () => {
  it('run only after a decision that shows them, which a yes in the input does not answer', async () => {
    const touched = join(place.workspace, 'touched');
    const plan = { name: 'raw', tasks: [{ id: 'touch', command: ['touch', touched] }] };
    await startRaw('unsigned', [{ description: 'x', workspace: place.workspace, yes: true, plan }]);
    const decision = await openDecision('unsigned');
    expect(decision).toMatchObject({
      kind: 'plan',
      options: ['approve', 'reject'],
      context: { touch: `touch ${touched}` },
    });
    expect(await query('unsigned', 'progress')).toMatchObject({ status: 'waiting', active: 0, completed: 0 });
    const events = await eventsOf('unsigned');
    expect(events.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name)).not.toContain(
      'command:touch',
    );
    const details = await detailsOf('unsigned');
    expect(details).toContain('baton decide unsigned/d1 approve');
    expect(details).toContain('temporal workflow signal');

    await signal('unsigned', 'decide', { decisionId: 'd1', choice: 'approve', by: 'somebody', via: 'yes' });
    const view = await place.ended('unsigned');
    expect(view).toMatchObject({
      status: 'complete',
      decisions: [{ answer: { choice: 'approve', by: 'somebody', via: 'signal' } }],
    });
    expect(existsSync(touched)).toBe(true);
  });

  it('and texts for the shell, also signed ones, run only after a decision', async () => {
    const touched = join(place.workspace, 'by-shell');
    await place.submit('shell', place.plan('shell', { tasks: [{ id: 'a', command: `touch ${touched}` }] }));
    const decision = await openDecision('shell');
    expect(decision.context).toEqual({ a: `touch ${touched}` });
    await update('shell', 'decide', { decisionId: 'shell/d1', choice: 'reject' });
    expect(await place.ended('shell')).toMatchObject({ status: 'cancelled', tasks: [{ status: 'cancelled' }] });
    expect(existsSync(touched)).toBe(false);
  });
});

describe('messages from Temporal', () => {
  const ask2 = { question: 'Well?', options: ['yes', 'no'] };
  const asking = (): object => ({ tasks: [{ id: 'ask', kind: 'decision', decision: ask2 }] });

  it('as an update get a typed answer: the same answer again is unchanged, the opposite one is refused', async () => {
    await place.submit(
      'typed',
      place.plan('typed', {
        tasks: [...(asking() as { tasks: object[] }).tasks, { id: 'wait', command: ['sleep', '300'] }],
      }),
    );
    await openDecision('typed');
    const malformed = await update('typed', 'decide', { decisionId: 'd1' });
    expect(malformed).toMatchObject({ code: 1, stderr: expect.stringContaining('choice: expected a text') as string });
    const other = await update('typed', 'decide', { decisionId: 'd1', choice: 'perhaps' });
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('perhaps is not offered; one of yes, no') as string,
    });
    expect(resultOf(await update('typed', 'decide', { decisionId: 'd1', choice: 'yes' }))).toMatchObject({
      v: 1,
      result: 'accepted',
    });
    expect(resultOf(await update('typed', 'decide', { decisionId: 'd1', choice: 'yes' }))).toMatchObject({
      result: 'unchanged',
    });
    const opposite = await update('typed', 'decide', { decisionId: 'd1', choice: 'no' });
    expect(opposite).toMatchObject({ code: 1, stderr: expect.stringContaining('d1 is yes already') as string });
    const unknown = await update('typed', 'weather', {});
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('unknown update weather; known are decide, pause') as string,
    });
    expect(await query('typed', 'task', { id: 'ask' })).toMatchObject({
      status: 'completed',
      note: expect.stringContaining('yes') as string,
    });
  });

  it('as signals that are unknown or malformed are recorded and shown, and change nothing', async () => {
    const before = await query<RequestView>('typed', 'state');
    await signal('typed', 'weather', { rain: true });
    await signal('typed', 'decide', 'yes');
    await signal('typed', 'skip', { task: 'wait', why: 'x' });
    await signal('typed', 'decide', { decisionId: 'd9', choice: 'yes' });
    const { notes } = await query<ProgressView>('typed', 'progress');
    expect(notes).toEqual([
      expect.stringContaining('unknown signal weather'),
      expect.stringContaining('malformed signal decide'),
      expect.stringContaining('malformed signal skip: why: unknown field'),
      expect.stringContaining('signal decide refused: no decision d9'),
    ]);
    const details = await detailsOf('typed');
    expect(details).toContain('no decision d9');
    expect(details).toContain('unknown signal weather');
    const after = await query<RequestView>('typed', 'state');
    const core = ({ status, state, tasks, decisions }: RequestView): unknown => ({
      ...{ status, state, decisions },
      tasks: tasks.map((task) => [task.id, task.status, task.attempts]),
    });
    expect(core(after)).toEqual(core(before));
  });

  it('as a cancellation end the processes of its tasks', async () => {
    const running = await until('its process', () => {
      const found = place.processesOf('typed');
      return found.length > 0 ? found : undefined;
    });
    expect(running).toHaveLength(1);
    await ask('workflow', 'cancel', '--workflow-id', 'typed');
    await until('the end of its process', () => place.processesOf('typed').length === 0, 5000);
    expect((await place.ended('typed')).status).toBe('cancelled');
    expect((await client.workflow.getHandle('typed').describe()).status.name).toBe('CANCELLED');
  });
});

describe("a cluster without Baton's search attributes", () => {
  it.each([
    ['gets them', [], SEARCH_ATTRIBUTES],
    ['that has no room for them works all the same', Array.from({ length: 10 }, (_, i) => `Other${i}`), []],
  ] as const)('%s', async (_, others, expected) => {
    const ports = await freePorts(2);
    const binary = inject('serverBinary');
    const host = new Installation();
    const address = `127.0.0.1:${String(ports[0])}`;
    const attributes = others.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
    const server = host.program(binary, [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports[0]), '--ui-port', String(ports[1])],
      ...['--headless', '--log-level', 'error', ...attributes],
    ]);
    const user = new Installation({ TEMPORAL_ADDRESS: address });
    try {
      await until('the server', async () => (await user.temporal(binary, 'operator', 'cluster', 'health')).code === 0);
      const ledger = new Ledger(user.folder, 'cluster');
      const plan = user.plan('cluster', { tasks: [{ id: 'a', command: ledger.command(1) }] });
      const view = await user.json<RequestView>([
        'run',
        '--plan',
        plan,
        '--workspace',
        user.workspace,
        '--id',
        'cluster',
      ]);
      expect(view.status).toBe('complete');
      expect(ledger.total('commit')).toBe(1);
      const { raw } = await (await user.client()).workflow.getHandle('cluster').describe();
      const found = Object.keys(raw.workflowExecutionInfo?.searchAttributes?.indexedFields ?? {});
      expect(found.filter((name) => name.startsWith('Baton')).sort()).toEqual([...expected].sort());
    } finally {
      await user.end();
      server.kill('SIGTERM');
      await server.answer;
      await host.end();
    }
  });
});

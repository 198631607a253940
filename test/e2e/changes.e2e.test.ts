import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestView } from '../../src/contract/view.js';
import { Installation, until } from './crash.js';
import { temporalSide } from './temporal.js';

let place: Installation;
beforeAll(async () => {
  place = new Installation();
  await place.submit('first', place.plan('first', { tasks: [{ id: 'a', command: ['true'] }] }));
});
afterAll(() => place.end());

const { signal, update, openDecision, detailsOf } = temporalSide(() => place);

/** A request that runs until the file `go` is there. */
async function running(id: string): Promise<() => void> {
  const go = join(place.workspace, `go-${id}`);
  const wait = { id: 'wait', command: ['sh', '-c', `while [ ! -e ${go} ]; do sleep 0.1; done`] };
  await place.submit(id, place.plan(id, { tasks: [wait] }));
  return () => writeFileSync(go, '');
}

const task = (view: RequestView, id: string) => view.tasks.find((found) => found.id === id);
const COMMAND = { type: 'command', description: 'say it' };

describe('a task that is submitted to a running request', () => {
  it('runs unasked from the command line, with an answer that names it, and the request ends after it', async () => {
    const go = await running('grows');
    const parameters = JSON.stringify({ command: ['sh', '-c', 'echo said > said'] });
    const args = ['submit', 'grows', '--type', 'command', '--description', 'say it', '--parameters', parameters];
    const told = await place.json<object>([...args, '--dependencies', 'wait']);
    expect(told).toMatchObject({ v: 1, taskId: 'grows/s1', status: 'pending', estimatedDurationMs: 30_000 });
    go();
    const view = await place.ended('grows');
    expect(view.status).toBe('complete');
    expect(task(view, 's1')).toMatchObject({ title: 'say it', status: 'completed', dependencies: ['wait'] });
    expect(existsSync(join(place.workspace, 'said'))).toBe(true);
  });

  it('is asked about first where it came by a signal, even of a request whose user says yes to all', async () => {
    const go = join(place.workspace, 'go-yes');
    const wait = { id: 'wait', command: ['sh', '-c', `while [ ! -e ${go} ]; do sleep 0.1; done`] };
    await place.submit('yes', place.plan('yes', { tasks: [wait] }), '--yes');
    const evil = join(place.workspace, 'evil');
    await signal('yes', 'submit', { ...COMMAND, parameters: { command: ['touch', evil] } });
    const decision = await openDecision('yes');
    expect(decision).toMatchObject({ criticality: 0.9, question: expect.stringContaining(evil) as string });
    await place.json(['decide', decision.id, 'reject']);
    writeFileSync(go, '');
    const view = await place.ended('yes');
    expect(task(view, 's1')).toMatchObject({ status: 'skipped' });
    expect(existsSync(evil)).toBe(false);
  });

  it('of a built-in skill only reads, and is not asked about', async () => {
    const go = await running('reads');
    const answer = await update('reads', 'submit', { type: 'inventory', description: 'count the files' });
    expect(answer).toMatchObject({ code: 0, stdout: expect.stringContaining('reads/s1') as string });
    go();
    expect(task(await place.ended('reads'), 's1')).toMatchObject({ kind: 'skill', status: 'completed' });
  });

  it('that cannot be added is refused with the path to the field, by signal in the current details, and changes nothing', async () => {
    const go = await running('refuses');
    const bad = { ...COMMAND, parameters: { command: ['true'] }, dependencies: ['nobody'] };
    const answer = await update('refuses', 'submit', bad);
    expect(answer).toMatchObject({ code: 1, stderr: expect.stringContaining('dependencies[0]') as string });
    await signal('refuses', 'submit', { ...bad, weather: 'fine' });
    await signal('refuses', 'submit', bad);
    await until('both in the details', async () => {
      const details = await detailsOf('refuses');
      return details.includes('weather: unknown field') && details.includes('the plan has no task nobody');
    });
    go();
    expect((await place.ended('refuses')).tasks).toHaveLength(1);
    const late = await place.baton('submit', 'refuses', '--type', 'inventory', '--description', 'too late');
    expect(late).toMatchObject({ code: 6, stderr: expect.stringContaining('has ended') as string });
  });
});

describe('a state of a running request', () => {
  it('is saved on demand and listed with what it holds', async () => {
    const go = await running('saves');
    expect(await place.json<object>(['checkpoint', 'saves'])).toMatchObject({ data: { checkpoint: 1 } });
    await update('saves', 'checkpoint', {});
    const listed = await place.json<{ checkpoints: object[] }>(['checkpoint', 'saves', '--list']);
    expect(listed.checkpoints).toEqual([
      expect.objectContaining({ n: 1, tasks: { total: 1, completed: 0 }, decisions: [] }) as object,
      expect.objectContaining({ n: 2 }) as object,
    ]);
    go();
    await place.ended('saves');
    expect(await place.baton('checkpoint', 'nobody', '--list')).toMatchObject({ code: 2 });
  });
});

describe('a request whose rest is skipped', () => {
  it('ends at once as complete, with the processes of what ran ended', async () => {
    await running('enough');
    expect(await place.baton('skip', 'enough')).toMatchObject({ code: 0, stdout: '1 task is skipped\n' });
    const view = await place.ended('enough');
    expect(view).toMatchObject({ status: 'complete', tasks: [{ status: 'skipped' }] });
    expect(place.processesOf('enough')).toEqual([]);
  });
});

describe('a request that has ended', () => {
  it('is retried from its failed tasks under the same id; what was done is not done again', async () => {
    const ok = join(place.workspace, 'ok');
    const plan = place.plan('again', {
      tasks: [
        { id: 'once', command: ['sh', '-c', 'echo x >> once'] },
        { id: 'fails', command: ['test', '-e', ok] },
        { id: 'after', command: ['true'], dependencies: ['fails'] },
      ],
    });
    await place.submit('again', plan);
    expect((await place.ended('again')).status).toBe('partial');
    writeFileSync(ok, '');
    expect(await place.baton('retry', 'again')).toMatchObject({ code: 0 });
    const view = await place.ended('again');
    expect(view.tasks.map(({ id, status, attempts }) => [id, status, attempts])).toEqual([
      ['once', 'completed', 1],
      ['fails', 'completed', 2],
      ['after', 'completed', 1],
    ]);
    expect(view.status).toBe('complete');
    const nothing = await place.baton('retry', 'again');
    expect(nothing).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('nothing of again has failed') as string,
    });
    expect((await place.status('again')).status).toBe('complete');
  });
});

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Installation, until } from './crash.js';

let place: Installation;
beforeAll(() => {
  place = new Installation();
  mkdirSync(place.home, { recursive: true });
  writeFileSync(join(place.home, 'baton.yaml'), 'resources: {production: 1}\n');
});
afterAll(() => place.end());

const temporal = (...args: string[]) => place.temporal(inject('serverBinary'), ...args);

const ledger = (): string[] => {
  const path = join(place.workspace, 'ledger');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
};
const deploy = (id: string, script: string): string =>
  place.plan(id, { tasks: [{ id: 'deploy', command: ['sh', '-c', script], resources: ['production'] }] });
const note = (what: string): string => `echo ${what} $BATON_REQUEST_ID >> ledger`;
const noteOf = async (id: string) => (await place.status(id)).tasks[0]?.note;

it('what there is one of, one request has at a time; who waits says so, and gets it from one that was terminated', async () => {
  const quick = `${note('begin')}; sleep 1; ${note('end')}`;
  await place.submit('holder', deploy('holder', `${note('begin')}; sleep 300`));
  await until('the holder', () => ledger().length === 1);
  await Promise.all(['one', 'two'].map((id) => place.submit(id, deploy(id, quick))));
  await until('both wait', async () =>
    (await Promise.all(['one', 'two'].map(noteOf))).every((text) => text === 'waits for production'),
  );
  expect(await place.status('one')).toMatchObject({
    status: 'running',
    tasks: [{ status: 'waiting', waitsFor: { kind: 'resource', resources: ['production'] } }],
  });
  await temporal('workflow', 'terminate', '--workflow-id', 'holder', '--reason', 'test');
  for (const id of ['one', 'two']) expect((await place.ended(id)).status).toBe('complete');
  const [, ...after] = ledger();
  const first = after[0]?.split(' ')[1] ?? '';
  const second = first === 'one' ? 'two' : 'one';
  expect(after).toEqual([`begin ${first}`, `end ${first}`, `begin ${second}`, `end ${second}`]);
  await until('nobody holds anything', async () =>
    (await temporal('workflow', 'describe', '--workflow-id', 'baton-resources')).stdout.includes('COMPLETED'),
  );
});

it('one that the configuration does not name is refused, with the path to the field', async () => {
  const plan = place.plan('bad', { tasks: [{ id: 'a', command: ['true'], resources: { staging: 1 } }] });
  expect(await place.baton('run', '--plan', plan, '--id', 'bad')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('tasks[0].resources.staging') as string,
  });
});

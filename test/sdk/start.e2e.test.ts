import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from '../e2e/harness.js';
import { Copy, sdkFiles, tellingFiles } from './copies.js';

const COMMAND = resolve(import.meta.dirname, '../../dist/cli/main.js');
const WORKER = resolve(import.meta.dirname, '../../dist/worker.js');

let sandbox: Sandbox;
let copy: Copy;
beforeAll(async () => {
  sandbox = new Sandbox();
  copy = new Copy('dist');
  const plan = sandbox.write('plan.json', { name: 'one', tasks: [{ id: 'one', command: ['true'] }] });
  await sandbox.json(['run', '--plan', plan, '--id', 'one']);
});
afterAll(async () => {
  copy.remove();
  await sandbox.end();
});

/** A worker beside the pair's until it serves: what it says of the files that it and its threads load. */
async function filesOfWorker(entry: string): Promise<string[]> {
  const { address } = JSON.parse(readFileSync(join(sandbox.home, 'run/server.json'), 'utf8')) as { address: string };
  const env = { ...tellingFiles(sandbox.environment), TEMPORAL_ADDRESS: address, BATON_HOST: 'beside' };
  const worker = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  worker.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = once(worker, 'close');
  for await (const line of createInterface(worker.stdout)) if (line === 'BATON_WORKER_READY') worker.kill('SIGTERM');
  const [code] = (await closed) as [number | null];
  if (code !== 0) throw new Error(stderr);
  return sdkFiles(stderr);
}

/** A command that asks the server. */
async function filesOfCommand(entry: string): Promise<string[]> {
  const { code, stderr } = await sandbox.program(process.execPath, [entry, 'list'], {
    env: tellingFiles({}),
  }).ended;
  if (code !== 0) throw new Error(stderr);
  return sdkFiles(stderr);
}

describe('what is started', () => {
  it('loads no file of the SDK besides its bundle, if it is a command', async () => {
    expect(await filesOfCommand(COMMAND)).toEqual([]);
  });

  it("loads only the SDK's native part besides, if it is a worker with its thread", async () => {
    const native: unknown = expect.stringMatching(/core-bridge\/releases\/.*\/index\.node$/);
    expect(await filesOfWorker(WORKER)).toEqual([native, native]);
  });

  it('loads the packages where there is no bundle', async () => {
    copy.removeFile('dist/sdk/bundle.cjs');
    expect((await filesOfCommand(copy.file('dist/cli/main.js'))).length).toBeGreaterThan(100);
    const files = await filesOfWorker(copy.file('dist/worker.js'));
    expect(files.length).toBeGreaterThan(400);
    expect(files).toContainEqual(expect.stringMatching(/workflow-worker-thread\.js$/));
  });
});

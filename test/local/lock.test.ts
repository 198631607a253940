import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import { askSupervisor, serveControl, supervisorLockName, type SupervisorStatus } from '../../src/local/control.js';
import { ensureKey, sign } from '../../src/local/key.js';
import { lockAddress, tryLock, waitForLock } from '../../src/local/lock.js';
import { startTimeOf } from '../../src/local/process-identity.js';
import { temporaryFolder } from './helpers/folders.js';

const kinds = process.platform === 'linux' ? [true, false] : [false];

describe.each(kinds.map((abstract) => ({ abstract })))('a lock (abstract: $abstract)', ({ abstract }) => {
  const name = (): string => `test ${process.pid} ${Math.random()}`;

  it('is held by one at a time and free again after its release', async () => {
    const id = name();
    const first = await tryLock(id, { abstract });
    expect(first).toBeDefined();
    expect(await tryLock(id, { abstract })).toBeUndefined();
    await first?.release();
    const second = await tryLock(id, { abstract });
    expect(second).toBeDefined();
    await second?.release();
  });

  it('goes to one of ten that want it at once', async () => {
    const id = name();
    const got = (await Promise.all(Array.from({ length: 10 }, () => tryLock(id, { abstract })))).filter(
      (lock) => lock !== undefined,
    );
    expect(got).toHaveLength(1);
    await got[0]?.release();
  });

  it('of a process that was killed is free', async () => {
    const id = name();
    const path = lockAddress(id, { abstract });
    const code = `require('net').createServer().listen({path:${JSON.stringify(path)}},()=>console.log('up'))`;
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const owner = `${path}.owner`;
    if (!abstract) writeFileSync(owner, JSON.stringify({ pid: child.pid, startTime: startTimeOf(child.pid ?? 0) }));
    expect(await tryLock(id, { abstract })).toBeUndefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
    if (!abstract) expect(existsSync(path)).toBe(true);
    const lock = await tryLock(id, { abstract });
    expect(lock).toBeDefined();
    if (!abstract) expect((JSON.parse(readFileSync(owner, 'utf8')) as { pid: number }).pid).toBe(process.pid);
    await lock?.release();
  });
});

describe('waiting for a lock', () => {
  it('says so once and ends with the lock, or with the reason of an abort', async () => {
    const id = `wait ${process.pid} ${Math.random()}`;
    const first = await tryLock(id);
    let told = 0;
    const stopped = waitForLock(id, () => undefined, AbortSignal.abort(new Error('enough')));
    await expect(stopped).rejects.toThrow('enough');
    const second = waitForLock(id, () => told++, new AbortController().signal);
    setTimeout(() => void first?.release(), LIMITS.lockPollMs * 1.5);
    await (await second).release();
    expect(told).toBe(1);
  });
});

const STATUS: SupervisorStatus = {
  pid: 7,
  version: '0.1.0',
  state: 'ready',
  step: 'running',
  address: '127.0.0.1:7233',
  uiUrl: null,
  namespace: 'default',
  embedded: true,
  serverPid: 8,
  workerPid: 9,
  serverRestarts: 0,
  workerRestarts: 0,
  problem: null,
};

describe('the control channel', () => {
  async function served(): Promise<{ home: string; key: string; asked: string[] }> {
    const home = temporaryFolder();
    const key = ensureKey(home);
    const lock = await tryLock(supervisorLockName(home, key));
    const asked: string[] = [];
    if (!lock) throw new Error('the lock is taken');
    serveControl(lock.server, key, async (op) => {
      asked.push(op);
      return STATUS;
    });
    onTestFinished(() => lock.release());
    return { home, key, asked };
  }

  it('answers who has the key', async () => {
    const { home, asked } = await served();
    expect(await askSupervisor(home, 'status')).toEqual(STATUS);
    expect(await askSupervisor(home, 'restart-worker')).toEqual(STATUS);
    expect(asked).toEqual(['status', 'restart-worker']);
  });

  it('does nothing for who has not, for a repeated question, an unknown one, or noise', async () => {
    const { home, key, asked } = await served();
    const say = (line: (nonce: string) => string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect({ path: lockAddress(supervisorLockName(home, key)) });
        let text = '';
        socket.on('error', () => undefined);
        socket.once('data', (hello: Buffer) =>
          socket.write(line((JSON.parse(hello.toString()) as { nonce: string }).nonce)),
        );
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        socket.on('close', () => resolve(text.split('\n').slice(1).join('')));
      });
    const other = 'ab'.repeat(32);
    const question = (op: string, nonce: string, secret: string): string =>
      `${JSON.stringify({ op, nonce: 'mine', mac: sign(secret, `ask:${nonce}:mine:${op}`) })}\n`;
    expect(await say((nonce) => question('stop', nonce, other))).toBe('');
    expect(await say(() => question('stop', 'an older nonce', key))).toBe('');
    expect(await say((nonce) => question('explode', nonce, key))).toBe('');
    expect(await say(() => 'stop\n')).toBe('');
    expect(await say(() => 'x'.repeat(LIMITS.controlLineBytes + 10))).toBe('');
    expect(asked).toEqual([]);
    expect(await say((nonce) => question('status', nonce, key))).toContain('"mac"');
  });

  it('believes no answer from who has not the key, and has none without a supervisor or a key', async () => {
    const home = temporaryFolder();
    expect(await askSupervisor(join(home, 'nowhere'), 'status')).toBeUndefined();
    const key = ensureKey(home);
    expect(await askSupervisor(home, 'status')).toBeUndefined();
    const lock = await tryLock(supervisorLockName(home, key));
    onTestFinished(() => lock?.release());
    if (lock) serveControl(lock.server, 'cd'.repeat(32), async () => STATUS);
    expect(await askSupervisor(home, 'status')).toBeUndefined();
  });
});

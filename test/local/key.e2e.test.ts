import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureKey, readKey, sign, verify } from '../../src/local/key.js';
import { compileLocalRoom } from './helpers/compiled.js';
import { temporaryFolder } from './helpers/folders.js';

let room: ReturnType<typeof compileLocalRoom>;
beforeAll(() => void (room = compileLocalRoom()));
afterAll(() => room.remove());

function keyOfAnotherProcess(home: string): Promise<string> {
  const module = pathToFileURL(join(room.folder, 'local', 'key.js')).href;
  const code = `import { ensureKey } from ${JSON.stringify(module)}; process.stdout.write(ensureKey(${JSON.stringify(home)}))`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve) => child.on('close', () => resolve(text)));
}

describe('the key', () => {
  it('is the same for six processes that ask at once', async () => {
    const home = temporaryFolder();
    const keys = await Promise.all(Array.from({ length: 6 }, () => keyOfAnotherProcess(home)));
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(join(home, 'key'), 'utf8')).toBe(keys[0]);
    expect(readdirSync(home).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  it('stays, is for its owner alone, and is closed again if it was opened', () => {
    const home = temporaryFolder();
    const key = ensureKey(home);
    expect(statSync(join(home, 'key')).mode & 0o777).toBe(0o600);
    chmodSync(join(home, 'key'), 0o644);
    expect(ensureKey(home)).toBe(key);
    expect(statSync(join(home, 'key')).mode & 0o777).toBe(0o600);
  });

  it('is never replaced when its file holds something else', () => {
    const home = temporaryFolder();
    expect(readKey(home)).toBeUndefined();
    writeFileSync(join(home, 'key'), 'short');
    expect(() => ensureKey(home)).toThrow(expect.objectContaining({ code: 'io' }));
    expect(readFileSync(join(home, 'key'), 'utf8')).toBe('short');
  });

  it('signs: the signature holds for this text and this key only', () => {
    const [key, other] = [ensureKey(temporaryFolder()), ensureKey(temporaryFolder())];
    const signature = sign(key, 'plan ü');
    expect(signature).toMatch(/^[0-9a-f]{64}$/);
    expect(verify(key, 'plan ü', signature)).toBe(true);
    const wrong = [
      verify(key, 'plan u', signature),
      verify(other, 'plan ü', signature),
      verify(key, 'plan ü', ''),
      verify(key, 'plan ü', 'ü'.repeat(64)),
    ];
    expect(wrong).toEqual([false, false, false, false]);
  });

  it('gives the HMAC-SHA-256 that others compute', () => {
    expect(sign('0b'.repeat(20), 'Hi There')).toBe('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7');
  });
});

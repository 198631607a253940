import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatBytes } from '../../src/contract/bytes.js';
import { LIMITS } from '../../src/contract/limits.js';
import { diagnose, type Check } from '../../src/local/doctor.js';
import { partOf, sizeOfHome } from '../../src/local/folder-size.js';
import { temporaryFolder } from './helpers/folders.js';

const GIB = 1024 ** 3;

/** A file that is as long as it says and takes no room. */
function sparse(path: string, bytes: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  truncateSync(path, bytes);
}

async function sizeCheck(home: string): Promise<Check | undefined> {
  const { checks } = await diagnose({ home, env: { PATH: '/nowhere', HOME: home, XDG_CACHE_HOME: home } });
  return checks.find(({ name }) => name === 'size');
}

describe('the size of the data folder', () => {
  it('is that of its parts, links not followed', () => {
    const home = temporaryFolder();
    const files = {
      'temporal.db': 1,
      'temporal.db-wal': 2,
      'temporal.db.before-1.29.0': 4,
      'artifacts/sha256/ab/cd': 8,
      'requests/a/report.md': 16,
      'worktrees/a/deep/er/file': 32,
      'logs/worker.log.1': 64,
      'run/server.json': 128,
      'tmp/half': 256,
      'key.tmp': 512,
      'baton.yaml': 1024,
    };
    for (const [name, bytes] of Object.entries(files)) sparse(join(home, name), bytes);
    const outside = temporaryFolder();
    sparse(join(outside, 'large'), GIB);
    symlinkSync(outside, join(home, 'requests', 'link'));
    const { bytes, whole, parts } = sizeOfHome(home);
    expect(parts).toMatchObject({
      database: 7,
      artifacts: 8,
      worktrees: 32,
      logs: 64,
      run: 128,
      temporary: 768,
      other: 1024,
    });
    // The link itself is as long as the path in it.
    expect(parts.requests).toBe(16 + outside.length);
    expect([bytes, whole]).toEqual([2047 + outside.length, true]);
    expect(partOf(home, 'constructor')).toBe('other');
  });

  it('is a warning of the doctor from 5 GiB on, which names the parts and what to do', async () => {
    const home = temporaryFolder();
    expect(LIMITS.homeWarnBytes).toBe(5 * GIB);
    sparse(join(home, 'artifacts', 'sha256', 'ab', 'large'), 4 * GIB);
    sparse(join(home, 'temporal.db'), GIB - 1);
    expect(await sizeCheck(home)).toEqual({
      name: 'size',
      ok: true,
      detail: '5.0 GiB: database 1.0 GiB, artifacts 4.0 GiB',
    });
    sparse(join(home, 'temporal.db'), GIB);
    expect(await sizeCheck(home)).toMatchObject({
      ok: 'warning',
      detail: '5.0 GiB: database 1.0 GiB, artifacts 4.0 GiB',
      fix: expect.stringContaining('baton gc') as string,
    });
  }, 30_000);

  it('is shown with a unit', () => {
    const shown = [0, 1023, 1024, 1536, 1024 ** 2 - 1, 5 * GIB, 3 * 1024 * GIB].map(formatBytes);
    expect(shown).toEqual(['0 bytes', '1023 bytes', '1.0 KiB', '1.5 KiB', '1.0 MiB', '5.0 GiB', '3.0 TiB']);
  });
});

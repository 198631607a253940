import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Check, diagnose } from '../../src/local/doctor.js';
import { ensurePair, stopPair } from '../../src/local/pair.js';
import { compileLocalRoom, fixture } from './helpers/compiled.js';
import { temporaryFolder } from './helpers/folders.js';

let room: ReturnType<typeof compileLocalRoom>;
beforeAll(() => void (room = compileLocalRoom()));
afterAll(() => room.remove());

const byName = (checks: Check[]): Record<string, Check> =>
  Object.fromEntries(checks.map((check) => [check.name, check]));

describe('the doctor', () => {
  it('starts and creates nothing', async () => {
    const home = join(temporaryFolder(), 'home');
    const env = { ...process.env, TEMPORAL_ADDRESS: undefined, TEMPORAL_CONFIG_FILE: join(home, 'none') };
    const { checks } = await diagnose({ home, env });
    expect(existsSync(home)).toBe(false);
    const found = byName(checks);
    expect(found['node']?.ok).toBe(true);
    expect(found['server']).toMatchObject({ ok: 'warning', fix: expect.stringContaining('baton up') as string });
    expect(found['data folder']).toMatchObject({ ok: true, detail: expect.stringContaining('first run') as string });
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining([
        'git',
        'temporal',
        'agents',
        'containment',
        'size',
        'disk',
        'baton.yaml',
        'settings',
        'supervisor',
        'worker',
      ]),
    );
  });

  it('says what is missing on a bare machine, and shows no secret', async () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'baton.yaml'), 'nope: 1\n');
    const env = {
      PATH: '/nowhere',
      HOME: home,
      XDG_CACHE_HOME: home,
      TEMPORAL_API_KEY: 'hunter2',
      TEMPORAL_ADDRESS: '127.0.0.1:9',
    };
    const { checks } = await diagnose({ home, env });
    const found = byName(checks);
    for (const name of ['git', 'temporal', 'agents'])
      expect(found[name]).toMatchObject({ ok: 'warning', fix: expect.any(String) as string });
    expect(found['baton.yaml']).toMatchObject({
      ok: false,
      detail: expect.stringContaining('baton.yaml:1:1') as string,
    });
    expect(found['server']).toMatchObject({ ok: false, fix: expect.stringContaining('TEMPORAL_ADDRESS') as string });
    expect(found['settings']?.detail).toContain('TEMPORAL_ADDRESS=127.0.0.1:9');
    expect(JSON.stringify(checks)).not.toContain('hunter2');
  }, 30_000);

  it('says which other command lines of agents there are', async () => {
    const [home, programs] = [join(temporaryFolder(), 'home'), temporaryFolder()];
    writeFileSync(join(programs, 'codex'), '#!/bin/sh\n', { mode: 0o755 });
    const env = { PATH: programs, HOME: home, XDG_CACHE_HOME: home, TEMPORAL_ADDRESS: '127.0.0.1:9' };
    const { detail } = byName((await diagnose({ home, env })).checks)['agents'] ?? { detail: '' };
    expect(detail).toContain(`claude is not on PATH; Codex at ${join(programs, 'codex')}`);
  }, 30_000);

  it('shows the pair that runs, what it registered, and that no real worker polls', async () => {
    const home = join(temporaryFolder(), 'home');
    mkdirSync(home, { mode: 0o700 });
    onTestFinished(async () => {
      await stopPair({ home });
    });
    for (const name of ['TEMPORAL_ADDRESS', 'TEMPORAL_CONFIG_FILE', 'TEMPORAL_PROFILE']) vi.stubEnv(name, undefined);
    await ensurePair({
      home,
      supervisorCommand: [process.execPath, fixture('supervise.mjs'), room.folder, fixture('fake-worker.mjs')],
    });
    const found = byName((await diagnose({ home })).checks);
    expect(found['server']).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/^1\.\d+\.\d+ at 127\.0\.0\.1:\d+/) as string,
    });
    expect(found['supervisor']).toMatchObject({ ok: true });
    expect(found['worker']).toMatchObject({ ok: true, detail: expect.stringContaining('Baton 0.1.0') as string });
    expect(found['search attributes']).toMatchObject({ ok: true });
    expect(found['polling workers']).toMatchObject({
      ok: 'warning',
      detail: expect.stringContaining('baton: 0') as string,
    });
    vi.unstubAllEnvs();
  }, 90_000);
});
